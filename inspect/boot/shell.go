package boot

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// shell follows a shell's own arguments: a line behind -c, or a script.
func (f *follower) shell(s *Step, arguments []string) {
	for len(arguments) > 0 && (strings.HasPrefix(arguments[0], "-") || strings.HasPrefix(arguments[0], "+")) && len(arguments[0]) > 1 {
		flag := arguments[0]
		arguments = arguments[1:]
		switch {
		case flag == "--":
		case flag == "-o" || flag == "+o" || flag == "-O":
			if len(arguments) > 0 {
				arguments = arguments[1:]
			}
		case !strings.HasPrefix(flag, "--") && strings.Contains(flag, "c"):
			if len(arguments) == 0 {
				f.end("unknown", s.Path+" -c without a line")
				return
			}
			f.commandLine(s, arguments[0], arguments[1:])
			return
		}
	}
	if len(arguments) == 0 {
		f.end("program", "")
		return
	}
	name := arguments[0]
	script := f.step(Step{Name: name, Argv: arguments, Kind: KindScript, By: ByShell, Why: "read by " + s.Path, Layer: -1})
	node, ok := f.statProgram(script, f.absolute(name))
	if !ok {
		return
	}
	script.Resolved, script.Layer = node.Path, node.Layer
	if f.permitted(script, node) {
		f.load(script, node)
	}
}

// commandLine follows the line behind -c. The words behind it are $0, $1 …:
// whoever writes ENTRYPOINT in shell form loses CMD here.
func (f *follower) commandLine(s *Step, line string, words []string) {
	parameters := []string{}
	if len(words) > 1 {
		parameters = words[1:]
	}
	f.interpretShell(s, []byte(line), "sh -c", parameters)
}

// script reads a shell script and follows what it starts.
func (f *follower) script(s *Step, node rootfs.Node, parameters []string) {
	answer, ok := f.files.Ask(node, probe.Text())
	if !ok {
		f.chain.Pending = true
		return
	}
	text, err := probe.Decode[probe.TextFile](answer)
	switch {
	case err != nil:
		f.end("unknown", fmt.Sprintf("%s cannot be read: %v", s.Path, err))
	case text.Binary:
		f.end("unknown", s.Path+" is no text")
	case text.Truncated:
		f.end("unknown", s.Path+" is too long to be read")
	case isBaseScript(text.Text):
		f.baseScript(s, parameters)
	default:
		f.interpretShell(s, []byte(text.Text), s.Path, parameters)
	}
}

// isBaseScript recognises AWS's entry script by what it does: it refuses all
// but one argument, exports it as _HANDLER, and starts /var/runtime/bootstrap,
// under the emulator where AWS_LAMBDA_RUNTIME_API is not set.
func isBaseScript(text string) bool {
	for _, part := range []string{"entrypoint requires the handler name to be the first argument", "_HANDLER", "/var/runtime/bootstrap", "AWS_LAMBDA_RUNTIME_API"} {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// baseScript goes on with what AWS's entry script starts. That it wants one
// argument is a matter of the rules.
func (f *follower) baseScript(s *Step, parameters []string) {
	for i := range f.chain.Steps {
		if f.chain.Steps[i].Path == s.Path && f.chain.Steps[i].Kind == KindScript {
			f.chain.Steps[i].Kind = KindBaseScript
		}
	}
	f.chain.Emulator = "guarded"
	if len(parameters) > 0 {
		f.setEnv("_HANDLER", parameters[0], true)
	}
	f.exec([]string{"/var/runtime/bootstrap"}, ByKernel, origin{why: "started by " + s.Path, from: s.Path})
}

// shellRun is a shell script that is being followed.
type shellRun struct {
	*follower
	step       *Step
	name       string
	parameters []string
	variables  map[string]value
	// unknown says why what comes next is not known to happen.
	unknown string
	// last is the last program that was seen in the foreground.
	last *call
	done bool
	// polls is true where the script itself speaks the Runtime API.
	polls bool
	depth int
}

// call is a program that the script starts.
type call struct {
	argv []value
	line int
	exec bool
}

// value is a word after expansion: a text, or not known.
type value struct {
	text  string
	known bool
}

// interpretShell follows a script to the program that it ends in: what it
// execs, else the last program in the foreground.
func (f *follower) interpretShell(s *Step, text []byte, name string, parameters []string) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(text), name)
	if err != nil {
		f.end("unknown", fmt.Sprintf("%s cannot be parsed: %v", name, err))
		return
	}
	run := &shellRun{follower: f, step: s, name: name, parameters: parameters, variables: map[string]value{}}
	run.statements(file.Stmts)
	run.finish(text)
}

func (r *shellRun) finish(text []byte) {
	switch {
	case r.done:
	case r.polls || Polls(string(text)):
		r.end("program", "")
	case r.unknown != "":
		r.end("unknown", r.unknown)
	case r.last != nil:
		r.start(r.last)
	default:
		r.end("program", "")
	}
}

// Polls reports whether a script asks the Runtime API for the next invocation:
// it holds the address whole, or the pieces that it is put together of.
func Polls(script string) bool {
	return strings.Contains(script, "runtime/invocation/next") ||
		strings.Contains(script, "AWS_LAMBDA_RUNTIME_API") && strings.Contains(script, "runtime/invocation") && strings.Contains(script, "/next")
}

// start goes on with a program that the script starts.
func (r *shellRun) start(c *call) {
	r.done = true
	if r.unknown != "" {
		r.end("unknown", r.unknown)
		return
	}
	var argv []string
	for i, word := range c.argv {
		if !word.known {
			if i == 0 {
				r.end("unknown", fmt.Sprintf("%s, line %d: what is started is known at run time only", r.name, c.line))
				return
			}
			word.text = unknownWord
		}
		argv = append(argv, word.text)
	}
	verb := "started"
	if c.exec {
		verb = "exec"
	}
	from := origin{why: fmt.Sprintf("%s in %s, line %d", verb, r.name, c.line), from: r.step.Path, line: c.line}
	if r.name == "sh -c" {
		from = origin{why: "started by sh -c"}
	}
	if len(argv) > 0 && strings.Contains(path.Base(argv[0]), "aws-lambda-rie") {
		r.chain.Emulator = "started"
	}
	r.exec(argv, ByKernel, from)
}

// unknownWord stands in an argument list for a word that is known at run time
// only.
const unknownWord = "<known at run time only>"

// Unknown reports whether an argument is known at run time only.
func Unknown(argument string) bool { return strings.Contains(argument, unknownWord) }
