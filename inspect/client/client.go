// Package client finds what speaks the Runtime API: Runtime Interface Clients,
// linked or installed, the Web Adapter and the emulator, and AWS's base images,
// and tells whether the program at the end of the boot chain is one of them.
//
// It refuses to guess: "no" is said only of a program that was read whole and
// of a kind that cannot hide a client; everything else is "unknown".
package client

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// The answers to whether something is started.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown"
)

// Client is a program or library that speaks the Runtime API.
type Client struct {
	Kind     string
	Language string
	Name     string
	Version  string
	Path     string
	Started  string
	Evidence []string
}

// Result is what speaks the Runtime API in an image.
type Result struct {
	Clients []Client
	Started string
	Reason  string
	Program string
}

// AdapterPath is where the Lambda Web Adapter is installed; see its
// documentation, "Docker images".
const AdapterPath = "/opt/extensions/lambda-adapter"

// finder looks for clients.
type finder struct {
	files boot.Files
	chain *boot.Chain
	out   *Result
	// installed are the packages of clients that lie anywhere in the image.
	installed []Client
}

// Find says what speaks the Runtime API.
func Find(chain *boot.Chain, files boot.Files) *Result {
	f := &finder{files: files, chain: chain, out: &Result{Started: Unknown}}
	f.findInstalled()
	switch {
	case f.adapter():
	case chain.End == "none":
		f.decide(No, "nothing is executed")
	case chain.End == "broken":
		f.decide(Unknown, "the boot chain is broken before the program")
	case chain.End != "program":
		f.decide(Unknown, chain.Reason)
	case chain.Emulator == "started":
		f.emulator()
	default:
		f.program(&chain.Steps[len(chain.Steps)-1])
	}
	f.merge()
	return f.out
}

func (f *finder) decide(started, reason string) {
	f.out.Started, f.out.Reason = started, reason
}

// found adds a client that the chain starts, and decides.
func (f *finder) found(c Client, reason string) {
	c.Started = Yes
	if c.Kind == "" {
		c.Kind = "client"
	}
	f.out.Clients = append(f.out.Clients, c)
	f.decide(Yes, reason)
}

// merge adds the clients that lie in the image and are not among those that
// are started.
func (f *finder) merge() {
	for _, c := range f.installed {
		known := slices.ContainsFunc(f.out.Clients, func(o Client) bool { return o.Name == c.Name && o.Path == c.Path })
		if known {
			continue
		}
		c.Started = No
		if f.out.Started == Unknown {
			c.Started = Unknown
		}
		f.out.Clients = append(f.out.Clients, c)
	}
}

// adapter looks for the Web Adapter, which speaks the Runtime API for any
// server.
func (f *finder) adapter() bool {
	node, err := f.files.Stat(AdapterPath)
	if err != nil || node.IsDir() || !sandbox.May(node.Entry, sandbox.Execute) {
		return false
	}
	f.out.Program = "server"
	f.found(Client{Kind: "adapter", Name: "aws-lambda-web-adapter", Path: node.Path, Evidence: []string{"it is " + AdapterPath}},
		"the Web Adapter speaks the Runtime API for the program")
	return true
}

func (f *finder) emulator() {
	for _, s := range f.chain.Steps {
		if strings.Contains(path.Base(s.Path), "aws-lambda-rie") {
			f.out.Clients = append(f.out.Clients, Client{Kind: "emulator", Name: "aws-lambda-rie", Path: s.Path, Started: Yes, Evidence: []string{"its name"}})
		}
	}
	f.decide(Unknown, "the emulator is started in front of the program")
}

// program decides by the program at the end of the chain.
func (f *finder) program(last *boot.Step) {
	base := path.Base(last.Resolved)
	switch {
	case last.Kind == boot.KindSource:
		f.source(last)
	case last.Kind == boot.KindScript:
		f.script(last)
	case f.python(last, base), f.node(last, base), f.java(last, base), f.ruby(last, base):
	case f.shell(last, base):
	case servers[base] != "":
		f.out.Program = "server"
		f.decide(No, fmt.Sprintf("%s is %s and speaks no Runtime API", last.Path, servers[base]))
	case last.Kind == boot.KindELF:
		f.binary(last)
	default:
		f.decide(Unknown, "what "+last.Path+" does is not known")
	}
}

// servers are programs that are known to speak no Runtime API.
var servers = map[string]string{
	"nginx": "a web server", "httpd": "a web server", "apache2": "a web server", "caddy": "a web server",
	"lighttpd": "a web server", "php-fpm": "a FastCGI server", "redis-server": "a database", "postgres": "a database",
	"mysqld": "a database", "sleep": "a program that waits", "tail": "a program that reads files",
}

// shell decides on a shell that ended the chain: its script asks for the next
// invocation itself, or it is left alone.
func (f *finder) shell(last *boot.Step, base string) bool {
	switch base {
	case "sh", "bash", "dash", "ash", "busybox":
	default:
		return false
	}
	f.out.Program = "shell"
	for i := len(f.chain.Steps) - 1; i >= 0; i-- {
		s := &f.chain.Steps[i]
		if s.Kind == boot.KindScript && s.Position < last.Position {
			f.script(s)
			return true
		}
	}
	if f.polling(strings.Join(last.Argv, " ")) {
		f.found(Client{Language: "shell", Name: "custom", Path: last.Path, Evidence: []string{"the line asks for the next invocation"}}, "the shell asks for the next invocation")
		return true
	}
	f.decide(Unknown, "what the shell does is not known")
	return true
}

func (f *finder) polling(text string) bool { return boot.Polls(text) }

// script decides on a shell script at the end of the chain.
func (f *finder) script(s *boot.Step) {
	f.out.Program = "shell"
	text, ok := f.text(s.Resolved)
	switch {
	case !ok:
		f.decide(Unknown, s.Path+" cannot be read")
	case f.polling(text):
		f.found(Client{Language: "shell", Name: "custom", Path: s.Resolved, Evidence: []string{"it asks for the next invocation"}},
			s.Path+" asks for the next invocation itself")
	default:
		f.decide(Unknown, "what "+s.Path+" does is not known")
	}
}

// text reads a small text file; ok is false where it is none or is not read
// yet.
func (f *finder) text(p string) (string, bool) {
	node, err := f.files.Stat(p)
	if err != nil || node.IsDir() {
		return "", false
	}
	answer, ok := f.files.Ask(node, probe.Text())
	if !ok {
		return "", false
	}
	text, err := probe.Decode[probe.TextFile](answer)
	return text.Text, err == nil && !text.Binary && !text.Truncated
}

// markers asks for the markers in a file. ok is false where they are not known.
func (f *finder) markers(node rootfs.Node) (probe.MarkerSet, bool) {
	answer, ok := f.files.Ask(node, probe.Markers())
	if !ok {
		return probe.MarkerSet{}, false
	}
	set, err := probe.Decode[probe.MarkerSet](answer)
	return set, err == nil
}

// speaks reports whether a file's markers are those of a client: it names the
// variable that holds the API's address and asks for the next invocation, and
// is not the other side.
func speaks(m probe.MarkerSet) bool {
	if !m.Has(probe.MarkRuntimeAPI) || m.Has(probe.MarkInvoke) {
		return false
	}
	return m.Has(probe.MarkNextURL) || m.Has(probe.MarkInvocationNext) || m.Has(probe.MarkNext) ||
		m.Has(probe.MarkVersion) && m.Has(probe.MarkInvocation)
}

// file reports whether a path is a regular file.
func (f *finder) file(p string) (rootfs.Node, bool) {
	node, err := f.files.Stat(p)
	return node, err == nil && node.Entry != nil && node.Entry.Type == layer.File
}
