// Package handler finds the handler that a Runtime Interface Client is told to
// call: the text, the file that it leads to, and the name in it, by the rules
// of each language and client version.
//
// It refuses to guess: a name that may come into being while the program runs
// is undecided, never missing.
package handler

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/client"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// The problems of a handler.
const (
	NotSet     = "not-set"
	Malformed  = "malformed"
	NoFile     = "file-missing"
	NoName     = "name-missing"
	Unreadable = "not-readable"
)

// Target is one handler: the one that is set, or one that a wrapper calls.
type Target struct {
	// Value is the text, From where it is set: CMD, ENTRYPOINT, or the name of
	// a variable.
	Value, From string
	// File is where the handler was found, or looked for first.
	File string
	// Layer is the layer that holds the file, -1 without one.
	Layer int
	// Name is the function or class in the file, "" where there is none to
	// look for.
	Name string
	// Problem is "" for none.
	Problem string
	// Detail says more: what is malformed, what is missing, what is closed.
	Detail string
	// Undecided says why the file or the name could not be judged.
	Undecided string
}

// Result is what is known of the handler.
type Result struct {
	// Needed is yes, no or unknown: whether what is started takes a handler.
	Needed string
	// Reason says why that is so.
	Reason string
	// Language is python, nodejs, ruby, java or dotnet.
	Language string
	// Targets are the handler that is set, and those behind it that wrappers
	// call, in this order.
	Targets []Target
}

// Input is what the handler is looked for with.
type Input struct {
	Chain   *boot.Chain
	Runtime *client.Result
	Base    client.Base
}

// finder looks for the handler.
type finder struct {
	Input
	files boot.Files
	out   *Result
	// client is the client that is started.
	client client.Client
}

// Find finds the handler.
func Find(in Input, files boot.Files) *Result {
	f := &finder{Input: in, files: files, out: &Result{Needed: client.Unknown}}
	at := slices.IndexFunc(in.Runtime.Clients, func(c client.Client) bool { return c.Started == client.Yes })
	switch {
	case in.Runtime.Started != client.Yes:
		f.out.Reason = in.Runtime.Reason
	case at < 0:
		f.out.Reason = "which client is started is not known"
	default:
		f.client = in.Runtime.Clients[at]
		f.decide()
	}
	return f.out
}

// language is the client's language by the words of AWS's runtimes.
func (f *finder) language() string {
	switch name := f.client.Language; {
	case strings.HasPrefix(name, "python"):
		return "python"
	case name == "node" || name == "nodejs":
		return "nodejs"
	case strings.HasPrefix(name, "ruby"):
		return "ruby"
	default:
		return name
	}
}

func (f *finder) decide() {
	language := f.language()
	find := map[string]func(*Target){"python": f.python, "nodejs": f.node, "ruby": f.ruby, "java": f.java}[language]
	if f.client.Kind == "adapter" || f.client.Name == "custom" || find == nil {
		f.out.Needed, f.out.Reason = "no", f.client.Name+" takes no handler that could be looked up"
		return
	}
	target, ok := f.set(language)
	if !ok {
		return
	}
	f.out.Needed, f.out.Language = "yes", language
	f.out.Reason = fmt.Sprintf("%s calls the handler named by %s", f.client.Name, target.From)
	for range maxWrappers {
		if target.Problem == "" && target.Undecided == "" {
			find(&target)
		}
		if target.Problem == NoFile {
			// What Lambda's own functions need is looked for; where nobody
			// could say what else is there, nothing is missing.
			f.besides(&target)
		}
		f.out.Targets = append(f.out.Targets, target)
		if target, ok = f.wrapped(target); !ok {
			return
		}
	}
}

// maxValue is how long a handler may be, in bytes; Lambda takes 128 in a
// function's configuration.
const maxValue = 1024

// maxWrappers is how many wrappers may stand before the handler.
const maxWrappers = 4

// besides leaves the file undecided where layers could not be followed.
func (f *finder) besides(t *Target) {
	if boot.Unknown(t.Value) {
		t.Problem, t.Undecided = "", "the handler's name is known at run time only"
	}
}

// set finds the text of the handler: an argument of the client, or _HANDLER.
func (f *finder) set(language string) (Target, bool) {
	t := Target{Layer: -1}
	last := f.Chain.Steps[len(f.Chain.Steps)-1]
	argument, known := f.argument(language, last)
	switch {
	case !known:
		f.out.Reason = "how " + last.Path + " is given its handler is not known"
		return t, false
	case argument == nil:
		t.From, t.Value = "_HANDLER", f.Chain.Env["_HANDLER"]
	default:
		t.From, t.Value = "CMD", *argument
	}
	switch {
	case boot.Unknown(t.Value):
		t.Undecided = "the handler's name is known at run time only"
	case len(t.Value) > maxValue:
		t.Undecided = fmt.Sprintf("the handler's name is longer than the %d bytes that are followed", maxValue)
	case t.Value == "":
		t.Problem = NotSet
	}
	return t, true
}

// argument is the client's argument that names the handler; nil where the
// client reads _HANDLER instead.
func (f *finder) argument(language string, last boot.Step) (value *string, known bool) {
	if f.client.Name == managed {
		return nil, true
	}
	var rest []string
	switch language {
	case "python":
		at := slices.Index(last.Argv, "awslambdaric")
		if at < 1 || last.Argv[at-1] != "-m" {
			return nil, false
		}
		rest = last.Argv[at+1:]
	case "nodejs":
		if major(f.client.Version) >= 4 {
			return nil, true
		}
		rest = last.Argv[1:]
		if path.Base(last.Resolved) == "npx-cli.js" {
			if rest, known = afterPackage(rest); !known {
				return nil, false
			}
		}
	case "ruby":
		if major(f.client.Version) >= 3 {
			return nil, true
		}
		rest = last.Argv[1:]
	case "java":
		at := slices.Index(last.Argv, javaMain)
		if at < 0 {
			return nil, false
		}
		rest = last.Argv[at+1:]
	}
	none := ""
	if len(rest) == 0 {
		return &none, true
	}
	return &rest[0], true
}

// managed is the client of AWS's base images, which reads _HANDLER.
const managed = "aws-managed-runtime"

// afterPackage gives the arguments behind npx's package. Flags in front of it
// may take values, so only the package itself tells where they end.
func afterPackage(words []string) ([]string, bool) {
	for i, word := range words {
		if word == "aws-lambda-ric" || strings.HasPrefix(word, "aws-lambda-ric@") {
			return words[i+1:], i == 0 || !takesValue(words[i-1])
		}
	}
	return nil, false
}

// takesValue reports whether a flag of npx's may take the next word.
func takesValue(word string) bool {
	return strings.HasPrefix(word, "-") && word != "-y" && word != "--yes" && word != "--no" && word != "--no-install" && word != "--"
}

// major is the first number of a version, 0 where there is none.
func major(version string) int {
	n := 0
	for _, c := range version {
		if c < '0' || c > '9' || n > 1<<20 {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// taskRoot is the directory of the function's code on AWS's base images.
// Lambda sets it, whatever the image says.
const taskRoot = "/var/task"

// readable reports whether Lambda's user can read a file, and notes where not.
func (f *finder) readable(t *Target, node rootfs.Node, p string) bool {
	for _, way := range []string{p, node.Path} {
		if blocked := sandbox.Blocked(f.files, way); blocked != "" {
			t.Problem, t.Detail = Unreadable, blocked
			return false
		}
	}
	if !sandbox.May(node.Entry, sandbox.Read) {
		t.Problem, t.Detail = Unreadable, node.Path
		return false
	}
	return true
}

// find notes a file that was found.
func (t *Target) found(p string, node rootfs.Node) {
	t.File, t.Layer = p, node.Layer
}

// wrappers are handlers of tools that call the function's own, named by a
// variable.
var wrappers = []struct{ suffix, variable string }{
	{"datadog_lambda.handler.handler", "DD_LAMBDA_HANDLER"},
	{"datadog-lambda-js/dist/handler.handler", "DD_LAMBDA_HANDLER"},
	{"datadog-lambda-js/handler.handler", "DD_LAMBDA_HANDLER"},
	{"newrelic_lambda_wrapper.handler", "NEW_RELIC_LAMBDA_HANDLER"},
	{"newrelic-lambda-wrapper.handler", "NEW_RELIC_LAMBDA_HANDLER"},
	{"newrelic-esm-lambda-wrapper/index.handler", "NEW_RELIC_LAMBDA_HANDLER"},
	{"lumigo-auto-instrument.handler", "LUMIGO_ORIGINAL_HANDLER"},
	{"lumigo_tracer._handler", "LUMIGO_ORIGINAL_HANDLER"},
}

// wrapped gives the handler that a wrapper calls.
func (f *finder) wrapped(t Target) (Target, bool) {
	for _, w := range wrappers {
		if !strings.HasSuffix(t.Value, w.suffix) {
			continue
		}
		next := Target{Value: f.Chain.Env[w.variable], From: w.variable, Layer: -1}
		switch {
		case len(next.Value) > maxValue:
			next.Undecided = fmt.Sprintf("the handler's name is longer than the %d bytes that are followed", maxValue)
		case next.Value == "":
			next.Undecided = w.variable + " is not set in the image; the function may set it"
		}
		return next, true
	}
	return Target{}, false
}
