package client

import (
	"fmt"
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

// source decides on a file that an interpreter reads.
func (f *finder) source(s *boot.Step) {
	interpreter := ""
	if s.Position > 0 {
		interpreter = path.Base(f.chain.Steps[s.Position-1].Resolved)
	}
	switch {
	case strings.HasPrefix(s.Resolved, "/var/runtime/"):
		f.found(Client{Language: interpreter, Name: "aws-managed-runtime", Path: s.Resolved, Evidence: []string{"AWS's own start file"}},
			s.Path+" is AWS's own start of the runtime")
	case interpreter == "node" || interpreter == "nodejs":
		f.nodeFile(s)
	case pythonName.MatchString(interpreter):
		f.out.Program = "python"
		f.pythonFile(s)
	case strings.HasPrefix(interpreter, "ruby"):
		f.out.Program = "ruby"
		f.rubyFile(s)
	case strings.HasPrefix(interpreter, "php"):
		f.out.Program = "php"
		f.sourceMarks(s, "php")
	default:
		f.sourceMarks(s, interpreter)
	}
}

// sourceMarks decides by the file itself: one that asks for the next
// invocation is a client; of any other it is not known what it loads.
func (f *finder) sourceMarks(s *boot.Step, language string) bool {
	node, ok := f.file(s.Resolved)
	if !ok {
		f.decide(Unknown, s.Path+" cannot be read")
		return false
	}
	marks, ok := f.markers(node)
	if !ok {
		f.decide(Unknown, s.Path+" could not be read")
		return false
	}
	if speaks(marks) {
		f.found(Client{Language: language, Name: "custom", Path: s.Resolved, Evidence: []string{"it holds the address of the next invocation"}},
			s.Path+" asks for the next invocation itself")
		return true
	}
	f.decide(Unknown, "what "+s.Path+" loads was not followed")
	return false
}

// pythonFile decides on a script: one that imports the client starts it; one
// whose imports are all of Python's own library and known frameworks cannot
// hide a client.
func (f *finder) pythonFile(s *boot.Step) {
	if f.sourceMarks(s, "python") {
		return
	}
	node, _ := f.file(s.Resolved)
	marks, ok := f.markers(node)
	if !ok {
		return
	}
	if marks.Has(probe.MarkPython) {
		for _, c := range f.installed {
			if c.Name == "awslambdaric" {
				f.found(c, s.Path+" imports awslambdaric")
				return
			}
		}
		f.decide(Unknown, s.Path+" names awslambdaric, which was not found")
		return
	}
	text, ok := f.text(s.Resolved)
	if !ok {
		return
	}
	modules, plain := pythonImports(text)
	if !plain || strings.Contains(text, "subprocess") || strings.Contains(text, "os.exec") || strings.Contains(text, "os.system") {
		return
	}
	for _, module := range modules {
		if !harmless[module] {
			f.decide(Unknown, fmt.Sprintf("%s imports %s, which was not followed", s.Path, module))
			return
		}
	}
	f.decide(No, s.Path+" was read whole, and nothing in it speaks the Runtime API")
}

// pythonImports lists the top modules that a script imports. plain is false
// where it imports in ways that a list cannot show.
func pythonImports(text string) (modules []string, plain bool) {
	for _, dynamic := range []string{"__import__", "importlib", "runpy", "exec(", "eval(", "from ."} {
		if strings.Contains(text, dynamic) {
			return nil, false
		}
	}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "import "); ok {
			for _, name := range strings.Split(rest, ",") {
				modules = append(modules, topModule(name))
			}
		} else if rest, ok := strings.CutPrefix(line, "from "); ok && strings.Contains(rest, " import ") {
			modules = append(modules, topModule(rest))
		}
	}
	return modules, true
}

func topModule(name string) string {
	name = strings.TrimSpace(name)
	if i := strings.IndexAny(name, " .;#"); i >= 0 {
		name = name[:i]
	}
	return name
}

// harmless are modules that are known to speak no Runtime API: of Python's own
// library, and web frameworks that only serve.
var harmless = set("abc", "argparse", "ast", "asyncio", "base64", "bisect", "calendar", "collections", "concurrent", "configparser",
	"contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "errno", "functools", "glob", "gzip", "hashlib", "heapq",
	"hmac", "html", "http", "inspect", "io", "ipaddress", "itertools", "json", "logging", "math", "mimetypes", "operator", "os", "pathlib",
	"pprint", "queue", "random", "re", "secrets", "shutil", "signal", "socket", "socketserver", "sqlite3", "ssl", "statistics", "string",
	"struct", "sys", "tempfile", "textwrap", "threading", "time", "traceback", "types", "typing", "unittest", "urllib", "uuid", "warnings",
	"weakref", "wsgiref", "xml", "zipfile", "zlib", "zoneinfo", "__future__",
	"flask", "bottle", "fastapi", "starlette", "uvicorn", "tornado", "aiohttp", "waitress", "gunicorn", "cherrypy", "falcon")

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out
}
