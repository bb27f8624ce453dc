package client

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/python"
)

var pythonName = regexp.MustCompile(`^python(?:3(?:\.\d+)?t?)?$`)

// python decides on an interpreter that was given a module: -m awslambdaric
// is AWS's client, a known server is none, and all else is not known.
func (f *finder) python(last *boot.Step, base string) bool {
	if !pythonName.MatchString(base) && !pythonName.MatchString(path.Base(last.Path)) {
		return false
	}
	f.out.Program = "python"
	module, ok := afterFlag(last.Argv, "-m")
	if !ok {
		f.decide(Unknown, "what "+last.Path+" runs is not known")
		return true
	}
	top, _, _ := strings.Cut(module, ".")
	switch {
	case top == "awslambdaric":
		f.pythonClient(last)
	case pythonServers[top]:
		f.out.Program = "server"
		f.decide(No, fmt.Sprintf("%s is a server and speaks no Runtime API", module))
	default:
		f.decide(Unknown, "what the module "+module+" does is not known")
	}
	return true
}

var pythonServers = map[string]bool{
	"http": true, "gunicorn": true, "uvicorn": true, "hypercorn": true, "daphne": true, "waitress": true, "flask": true,
	"streamlit": true, "celery": true, "jupyter": true,
}

// pythonClient looks for the client where the interpreter looks for modules.
func (f *finder) pythonClient(last *boot.Step) {
	search := f.pythonSearch(last)
	module := python.Find(f.files, search, "awslambdaric.__main__")
	elsewhere := ""
	for _, c := range f.installed {
		if c.Name != "awslambdaric" {
			continue
		}
		if module.File != "" && f.real(path.Dir(module.File)) == c.Path {
			f.found(c, last.Path+" imports awslambdaric")
			return
		}
		elsewhere = c.Path
	}
	switch {
	case module.File != "":
		f.decide(Unknown, fmt.Sprintf("what %s is, is not known", module.File))
	case search.Doubt != "" && (elsewhere != "" || strings.HasSuffix(search.Doubt, python.Archive)):
		f.decide(Unknown, fmt.Sprintf("whether %s finds awslambdaric is not known: %s", last.Path, search.Doubt))
	case elsewhere != "":
		f.decide(No, fmt.Sprintf("%s is to run awslambdaric and does not find it: it lies in %s, outside of the directories that this interpreter looks into",
			last.Path, path.Dir(elsewhere)))
	default:
		f.decide(No, last.Path+" is to run awslambdaric, which is not in the image")
	}
}

// pythonSearch is where the interpreter looks for the module behind -m.
func (f *finder) pythonSearch(last *boot.Step) python.Search {
	in := python.Interpreter{Path: last.Path, Resolved: last.Resolved, Env: f.chain.Env, First: f.chain.Cwd}
	for _, word := range last.Argv[1:] {
		if !strings.HasPrefix(word, "-") || word == "-m" {
			break
		}
		in.Flags = append(in.Flags, word)
	}
	search := python.Path(f.files, in)
	for _, name := range []string{"PYTHONPATH", "HOME"} {
		if boot.Unknown(f.chain.Env[name]) && search.Doubt == "" {
			search.Doubt = name + " is known at run time only"
		}
	}
	return search
}

// real follows the links of a directory's path, where there is one.
func (f *finder) real(dir string) string {
	if node, err := f.files.Stat(dir); err == nil {
		return node.Path
	}
	return path.Clean(dir)
}

func afterFlag(argv []string, flag string) (string, bool) {
	for i := 1; i < len(argv); i++ {
		switch {
		case argv[i] == flag && i+1 < len(argv):
			return argv[i+1], true
		case strings.HasPrefix(argv[i], flag) && len(argv[i]) > len(flag):
			return argv[i][len(flag):], true
		case !strings.HasPrefix(argv[i], "-"):
			return "", false
		}
	}
	return "", false
}
