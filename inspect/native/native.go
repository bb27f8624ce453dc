// Package native finds the native module that a Runtime Interface Client cannot
// do without, and sees whether the interpreter can load it: its place, its ABI
// tag, its C library, its architecture and its libraries.
//
// It refuses to know the native modules of the function itself.
package native

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/client"
	"github.com/lambdalint/lambdalint/inspect/handler"
	"github.com/lambdalint/lambdalint/inspect/link"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/python"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// The problems of a native module.
const (
	Missing      = "missing"
	ABI          = "abi"
	Libc         = "libc"
	Architecture = "wrong-architecture"
	Unreadable   = "not-readable"
	Damaged      = "bad-elf"
	Library      = "library"
)

// Module is the native module of a client.
type Module struct {
	// Path is where it lies, or where it should.
	Path string
	// Layer is the layer that holds it, -1 without one.
	Layer int
	// Problem is "" for none.
	Problem string
	// Detail says more.
	Detail string
	// Undecided says why it could not be judged.
	Undecided string
}

// Find looks at the native module of the client that is started; ok is false
// where it has none that could be looked at.
func Find(chain *boot.Chain, found *client.Result, files boot.Files) (m Module, ok bool) {
	if found.Started != client.Yes {
		return m, false
	}
	at := slices.IndexFunc(found.Clients, func(c client.Client) bool { return c.Started == client.Yes && c.Kind == "client" })
	if at < 0 {
		return m, false
	}
	f := &finder{chain: chain, client: found.Clients[at], files: files, module: Module{Layer: -1}}
	switch f.client.Name {
	case "awslambdaric":
		f.python()
	case "aws-lambda-ric":
		f.node()
	default:
		return m, false
	}
	return f.module, true
}

type finder struct {
	chain  *boot.Chain
	client client.Client
	files  boot.Files
	module Module
}

// python looks for runtime_client, which lies beside the package. The client
// takes its absence for granted until the first event is asked for.
func (f *finder) python() {
	search := handler.PythonSearch(f.chain, f.client, f.files)
	module := python.Find(f.files, search, "runtime_client")
	switch {
	case module.Closed != "":
		f.module.Path, f.module.Problem, f.module.Detail = module.File, Unreadable, module.Closed
	case module.File != "" && module.Kind == python.Native:
		f.module.Path = module.File
		f.check(module.Node)
	case module.File != "":
		f.module.Undecided = module.File + " stands in for the native module"
	case search.Version == "":
		f.module.Undecided = search.Doubt
	default:
		f.module.Path = path.Join(path.Dir(f.client.Path), "runtime_client.so")
		if other := f.otherABI(path.Dir(f.client.Path)); other != "" {
			f.module.Path, f.module.Problem = other, ABI
			f.module.Detail = "Python " + search.Version
			return
		}
		if search.Doubt != "" {
			f.module.Undecided = "the native module runtime_client was not found, and " + search.Doubt
			return
		}
		f.module.Problem = Missing
	}
}

// otherABI finds the module as it was built for another version of Python.
func (f *finder) otherABI(dir string) string {
	found := ""
	f.files.Under(dir, func(n rootfs.Node) bool {
		if base := path.Base(n.Path); strings.HasPrefix(base, "runtime_client.") && strings.HasSuffix(base, ".so") {
			found = n.Path
		}
		return false
	})
	return found
}

// node looks for rapid-client.node where the client's version has it.
func (f *finder) node() {
	places := []string{"rapid-client.node", "dist/rapid-client.node", "build/Release/rapid-client.node", "build/Release/runtime-client.node"}
	for _, place := range places {
		p := path.Join(f.client.Path, place)
		node, err := f.files.Stat(p)
		if err != nil || node.IsDir() {
			continue
		}
		f.module.Path = p
		f.check(node)
		return
	}
	if strings.HasPrefix(f.client.Version, "1.") || strings.HasPrefix(f.client.Version, "2.") || f.client.Version == "" {
		f.module.Undecided = "where this version of aws-lambda-ric has its native module is not known"
		return
	}
	f.module.Path, f.module.Problem = path.Join(f.client.Path, places[1]), Missing
	if !strings.HasPrefix(f.client.Version, "3.") {
		f.module.Path = path.Join(f.client.Path, places[0])
	}
}

// check sees whether the interpreter can load the module.
func (f *finder) check(node rootfs.Node) {
	m := &f.module
	m.Layer = node.Layer
	if blocked := sandbox.Blocked(f.files, node.Path); blocked != "" || !sandbox.May(node.Entry, sandbox.Read) {
		m.Problem, m.Detail = Unreadable, blocked
		return
	}
	answer, ok := f.files.Ask(node, probe.ELF())
	if !ok {
		m.Undecided = m.Path + " has not been read"
		return
	}
	file, err := probe.Decode[probe.ELFFile](answer)
	interpreter := handler.Interpreter(f.chain)
	switch {
	case err != nil:
		m.Problem, m.Detail = Damaged, err.Error()
	case file.Architecture != interpreter.Architecture:
		m.Problem, m.Detail = Architecture, file.Architecture
	case interpreter.Libc == "musl" && slices.Contains(file.Needed, "libc.so.6"):
		f.glibcOnMusl()
	default:
		f.link(node, file, interpreter)
	}
}

// glibcOnMusl: a module that was built for glibc. With gcompat it may work.
func (f *finder) glibcOnMusl() {
	for _, p := range []string{"/lib/libgcompat.so.0", "/usr/lib/libgcompat.so.0"} {
		if _, err := f.files.Stat(p); err == nil {
			f.module.Undecided = f.module.Path + " was built for glibc, and gcompat is there"
			return
		}
	}
	f.module.Problem, f.module.Detail = Libc, "it was built for glibc, and the interpreter runs on musl"
}

// link looks for the module's libraries, in the interpreter's own process.
func (f *finder) link(node rootfs.Node, file probe.ELFFile, interpreter boot.Step) {
	program := link.Program{Path: node.Path, ELF: file, Loader: interpreter.Loader, Env: f.chain.Env, Cwd: f.chain.Cwd,
		EnvUnknown: boot.Unknown(f.chain.Env["LD_LIBRARY_PATH"])}
	for _, l := range interpreter.Libraries {
		program.Loaded = append(program.Loaded, l.Name)
	}
	closure := link.Resolve(f.files, program)
	m := &f.module
	switch problem := closure.Problem(); {
	case interpreter.Loader == "":
		m.Undecided = interpreter.Path + " has no loader"
	case closure.Pending:
		m.Undecided = "the libraries of " + m.Path + " have not been read"
	case problem == nil:
		m.Undecided = closure.Unknown
	case problem.Problem == link.NoVersion:
		m.Problem, m.Detail = Library, fmt.Sprintf("%s does not define %s", problem.Path, problem.Detail)
	case problem.Problem == link.Missing:
		m.Problem, m.Detail = Library, fmt.Sprintf("it needs %s, which is not found", problem.Name)
	default:
		m.Problem, m.Detail = Library, fmt.Sprintf("it needs %s: %s (%s)", problem.Name, problem.Problem, problem.Detail)
	}
}
