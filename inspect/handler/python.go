package handler

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/client"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/python"
)

// pythonBuiltIn are modules inside every build of CPython's interpreter; the
// client refuses a handler in one (Runtime.BuiltInModuleConflict).
var pythonBuiltIn = []string{
	"sys", "builtins", "time", "itertools", "gc", "errno", "marshal", "atexit", "faulthandler", "posix", "pwd",
	"_abc", "_ast", "_codecs", "_collections", "_functools", "_imp", "_io", "_locale", "_operator", "_signal", "_sre", "_stat",
	"_string", "_symtable", "_thread", "_tracemalloc", "_warnings", "_weakref",
}

// pythonLoaded are modules of Python's library that the client has imported
// before it looks for the handler: a file of that name is never read.
var pythonLoaded = []string{
	"abc", "argparse", "ast", "base64", "codecs", "collections", "contextlib", "copy", "datetime", "decimal", "email", "encodings",
	"enum", "functools", "http", "importlib", "inspect", "io", "json", "keyword", "linecache", "logging", "math", "numbers", "operator",
	"os", "re", "reprlib", "select", "site", "socket", "ssl", "stat", "string", "struct", "tempfile", "threading", "token", "tokenize",
	"traceback", "types", "typing", "urllib", "warnings", "weakref", "awslambdaric", "simplejson", "runtime_client",
}

// python follows awslambdaric: what stands before the last dot is a module,
// slashes count as dots; see _get_handler in its bootstrap.py.
func (f *finder) python(t *Target) {
	at := strings.LastIndex(t.Value, ".")
	if at < 0 {
		t.Problem, t.Detail = Malformed, "there is no dot between the module and the function"
		return
	}
	module, name := t.Value[:at], t.Value[at+1:]
	dotted := strings.ReplaceAll(module, "/", ".")
	first, _, _ := strings.Cut(dotted, ".")
	switch {
	case module == "":
		t.Problem, t.Detail = Malformed, "there is no module in front of the dot"
	case name == "":
		t.Problem, t.Detail = Malformed, "there is no function behind the dot"
	case strings.HasPrefix(dotted, "."):
		t.Problem, t.Detail = Malformed, "the module begins with a slash or a dot, which Python takes for a relative import"
	case strings.Contains(dotted, "..") || strings.HasSuffix(dotted, "."):
		t.Problem, t.Detail = Malformed, "a part of the module's name is empty"
	case slices.Contains(pythonBuiltIn, first):
		t.Problem, t.Detail = Malformed, "the module "+first+" is built into Python"
	case slices.Contains(pythonLoaded, first) && first != "awslambdaric":
		t.Undecided = fmt.Sprintf("Python has a module %s of its own, which may be taken instead", first)
	default:
		t.Name = name
		f.pythonModule(t, dotted)
	}
}

func (f *finder) pythonModule(t *Target, dotted string) {
	search := f.pythonSearch()
	module := python.Find(f.files, search, dotted)
	switch {
	case module.Closed != "":
		t.File, t.Layer = module.File, module.Layer
		t.Problem, t.Detail = Unreadable, module.Closed
	case module.File == "" && search.Doubt != "":
		t.Undecided = fmt.Sprintf("the module %s was not found, and %s", module.Missing, search.Doubt)
	case module.File == "":
		if len(module.In) > 0 {
			t.File = path.Join(module.In[0], lastPart(module.Missing)+".py")
		}
		t.Problem, t.Detail = NoFile, fmt.Sprintf("Python finds no module %s in %s", module.Missing, places(module.In))
	case module.Kind == python.Namespace:
		t.Problem, t.Detail = NoName, module.File+" is a directory without an __init__.py"
	default:
		t.File, t.Layer = module.File, module.Layer
		f.pythonName(t, module)
	}
}

// places names directories for people: the first, and how many more.
func places(dirs []string) string {
	switch len(dirs) {
	case 0:
		return "the image"
	case 1:
		return dirs[0]
	default:
		return fmt.Sprintf("%s or %d more directories", dirs[0], len(dirs)-1)
	}
}

func lastPart(dotted string) string { return dotted[strings.LastIndex(dotted, ".")+1:] }

// pythonName looks for the function in the module.
func (f *finder) pythonName(t *Target, module python.Module) {
	if module.Kind != python.Source {
		t.Undecided = "what " + module.File + " defines cannot be read"
		return
	}
	answer, ok := f.files.Ask(module.Node, probe.PythonModule())
	if !ok {
		t.Undecided = module.File + " has not been read"
		return
	}
	source, err := probe.Decode[probe.PythonFile](answer)
	switch {
	case err != nil:
		t.Undecided = fmt.Sprintf("%s cannot be read as Python: %v", module.File, err)
	case source.Has(t.Name):
		if slices.Contains(source.Deleted, t.Name) {
			t.Undecided = fmt.Sprintf("%s deletes %s again", module.File, t.Name)
		}
	case source.Dynamic():
		t.Undecided = fmt.Sprintf("%s may get %s from elsewhere", module.File, t.Name)
	case strings.HasPrefix(path.Base(module.File), "__init__."):
		// A module of the package's becomes a name of it once it is imported.
		t.Undecided = fmt.Sprintf("%s may be a module of the package %s", t.Name, module.File)
		if sub := python.Find(f.files, python.Search{Dirs: []string{path.Dir(module.File)}}, t.Name); sub.File == "" {
			t.Undecided = ""
			t.Problem, t.Detail = NoName, fmt.Sprintf("%s defines no %s", module.File, t.Name)
		}
	default:
		t.Problem, t.Detail = NoName, fmt.Sprintf("%s defines no %s", module.File, t.Name)
	}
}

// pythonSearch is where the client's interpreter looks.
func (f *finder) pythonSearch() python.Search {
	return PythonSearch(f.Chain, f.client, f.files)
}

// PythonSearch is where the interpreter that runs a client looks for modules.
// AWS's own start puts the task root first, and /opt/python behind it.
func PythonSearch(chain *boot.Chain, c client.Client, files boot.Files) python.Search {
	interpreter := Interpreter(chain)
	in := python.Interpreter{Path: interpreter.Path, Resolved: interpreter.Resolved, Env: chain.Env, First: chain.Cwd}
	for _, word := range interpreter.Argv[1:] {
		if !strings.HasPrefix(word, "-") || word == "-m" {
			break
		}
		in.Flags = append(in.Flags, word)
	}
	if c.Name == managed {
		in.First = taskRoot
	}
	search := python.Path(files, in)
	for _, name := range []string{"PYTHONPATH", "HOME"} {
		if boot.Unknown(chain.Env[name]) && search.Doubt == "" {
			search.Doubt = name + " is known at run time only"
		}
	}
	if c.Name != managed {
		return search
	}
	for _, dir := range []string{"/opt/python/lib/python" + search.Version + "/site-packages", "/opt/python", "/var/runtime"} {
		if node, err := files.Stat(dir); err == nil && node.IsDir() {
			search.Dirs = append(search.Dirs, node.Path)
		}
	}
	return search
}

// Interpreter is the step of the program that runs at the end of the chain:
// the last one, or the one that reads it.
func Interpreter(chain *boot.Chain) boot.Step {
	last := chain.Steps[len(chain.Steps)-1]
	if last.Kind == boot.KindSource && last.Position > 0 {
		return chain.Steps[last.Position-1]
	}
	return last
}
