// Package boot follows what Lambda will execute: from ENTRYPOINT, CMD, WORKDIR
// and ENV, step by step, to the program that runs in the end.
//
// It knows how a kernel, a shell and common wrappers start programs. It refuses
// to know whether the program at the end is the right one, and it never
// guesses: where a step cannot be decided the chain ends as unknown.
package boot

import (
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/link"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// Files is the merged file system with a way to ask about a file's bytes. Ask
// says ok false where the answer is not known yet; the chain is then followed
// again once it is.
type Files interface {
	Stat(p string) (rootfs.Node, error)
	Lstat(p string) (rootfs.Node, error)
	Under(dir string, f func(rootfs.Node) bool)
	Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool)
}

// Input is what the chain begins with, after the function's overrides.
type Input struct {
	Entrypoint, Command []string
	// WorkingDir is the directory as it is written, "" where none is set.
	WorkingDir string
	// WorkingDirFrom is image or function.
	WorkingDirFrom string
	// Env is the environment of the first program.
	Env map[string]string
	// Architecture is the image's, in Go's words.
	Architecture string
}

// The problems that stop a chain.
const (
	NotFound           = "not-found"
	DanglingSymlink    = "dangling-symlink"
	SymlinkLoop        = "symlink-loop"
	NotAFile           = "not-a-file"
	NotExecutable      = "not-executable"
	NotReachable       = "not-reachable"
	NotReadable        = "not-readable"
	CRLF               = "crlf"
	NoShebang          = "no-shebang"
	InterpreterMissing = "interpreter-missing"
	LoaderMissing      = "loader-missing"
	WrongArchitecture  = "wrong-architecture"
	BadELF             = "bad-elf"

	LibraryMissing      = "library-missing"
	LibraryNotReadable  = "library-not-readable"
	LibraryArchitecture = "library-architecture"
	LibraryDamaged      = "library-damaged"
	LibraryVersion      = "library-version"
)

// The kinds of steps.
const (
	KindELF        = "elf"
	KindScript     = "script"
	KindBaseScript = "base-entry-script"
	KindSource     = "interpreter-source"
	KindUnknown    = "unknown"
)

// Who starts a step.
const (
	ByKernel      = "kernel"
	ByShell       = "shell"
	ByInterpreter = "interpreter"
)

// Step is one link of the chain. The document of facts says what its fields
// mean.
type Step struct {
	Position     int
	Name         string
	Argv         []string
	Path         string
	Resolved     string
	Symlink      bool
	Kind         string
	By           string
	Why          string
	From         string
	Line         int
	Layer        int
	Interpreter  string
	Architecture string
	Loader       string
	Problem      string
	Detail       string
	Libc         string
	// Libraries are what the program is loaded with.
	Libraries        []link.Library
	LibrariesUnknown string
}

// Chain is what is executed.
type Chain struct {
	Argv       []string
	ShellForm  bool
	WorkingDir WorkingDir
	Steps      []Step
	// End is program, broken, unknown or none.
	End string
	// Reason says why the end is unknown.
	Reason string
	// Pending is true where bytes have to be read before the chain can be
	// followed further.
	Pending bool
	// Env is the environment of the last program, as far as it is known.
	Env map[string]string
	// Cwd is the directory in which the last program is started.
	Cwd string
	// Emulator says how an emulator takes part: "" for not at all, guarded
	// where it is started outside of Lambda only, or started.
	Emulator string
}

// WorkingDir is the directory in which the first program is started.
type WorkingDir struct {
	Path, From, Problem, Detail string
}

// maxSteps is how long a chain may be.
const maxSteps = 32

// follower is a chain in the making.
type follower struct {
	in    Input
	files Files
	chain *Chain
	env   map[string]string
	cwd   string
}

// Follow follows the chain.
func Follow(in Input, files Files) *Chain {
	f := &follower{in: in, files: files, env: in.Env, chain: &Chain{}}
	f.chain.Argv = append(append([]string{}, in.Entrypoint...), in.Command...)
	f.chain.ShellForm = ShellForm(in)
	f.chain.WorkingDir = f.workingDir()
	f.cwd = f.chain.WorkingDir.Path
	if len(f.chain.Argv) == 0 {
		f.chain.End = "none"
	} else {
		f.exec(f.chain.Argv, ByKernel, origin{why: f.firstWhy()})
	}
	if f.chain.Pending {
		f.end("unknown", "bytes have to be read first")
	}
	f.chain.Env, f.chain.Cwd = f.env, f.cwd
	return f.chain
}

// firstWhy names the instruction that the first word comes from.
func (f *follower) firstWhy() string {
	if len(f.in.Entrypoint) > 0 {
		return "ENTRYPOINT"
	}
	return "CMD"
}

// ShellForm reports whether what is started is a line for the shell, as a
// Dockerfile writes it without brackets.
func ShellForm(in Input) bool {
	words := in.Entrypoint
	if len(words) == 0 {
		words = in.Command
	}
	return len(words) >= 3 && isShell(path.Base(words[0])) && words[1] == "-c"
}

// origin says why a step is taken.
type origin struct {
	why  string
	from string
	line int
}

func (f *follower) end(kind, reason string) {
	if f.chain.End == "" {
		f.chain.End, f.chain.Reason = kind, reason
	}
}

// step adds a step and gives it for completion.
func (f *follower) step(s Step) *Step {
	s.Position = len(f.chain.Steps)
	f.chain.Steps = append(f.chain.Steps, s)
	return &f.chain.Steps[s.Position]
}

// breaks ends the chain at a step.
func (f *follower) breaks(s *Step, problem, detail string) {
	s.Problem, s.Detail = problem, detail
	f.end("broken", "")
}

func (f *follower) workingDir() WorkingDir {
	w := WorkingDir{Path: f.in.WorkingDir, From: f.in.WorkingDirFrom}
	if w.Path == "" {
		return WorkingDir{Path: "/", From: "default"}
	}
	if !strings.HasPrefix(w.Path, "/") {
		w.Problem, w.Detail = "relative", w.Path
		w.Path = path.Join("/", w.Path)
		return w
	}
	node, err := f.files.Stat(w.Path)
	switch {
	case err != nil:
		w.Problem, w.Detail = "missing", node.Path
	case !node.IsDir():
		w.Problem, w.Detail = "not-a-directory", node.Path
	default:
		if blocked := f.blocked(path.Join(node.Path, "x")); blocked != "" {
			w.Problem, w.Detail = "not-reachable", blocked
		}
	}
	return w
}
