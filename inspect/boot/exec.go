package boot

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/link"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// exec follows the start of a program: the search, the file, what kind of file
// it is and what it starts in turn.
func (f *follower) exec(argv []string, by string, from origin) {
	if len(f.chain.Steps) >= maxSteps {
		f.end("unknown", fmt.Sprintf("the chain has more than %d steps", maxSteps))
		return
	}
	if len(argv) == 0 || argv[0] == "" {
		s := f.step(Step{Argv: argv, Kind: KindUnknown, By: by, Why: from.why, From: from.from, Line: from.line, Layer: -1})
		f.breaks(s, NotFound, "the name of the program is empty")
		return
	}
	s := f.step(Step{
		Name: argv[0], Argv: argv, Kind: KindUnknown, By: by, Why: from.why, From: from.from, Line: from.line, Layer: -1,
	})
	node, ok := f.find(s, argv[0])
	if !ok {
		return
	}
	s.Resolved, s.Layer = node.Path, node.Layer
	if link, err := f.files.Lstat(s.Path); err == nil && link.Entry != nil && link.Entry.Type == layer.Symlink {
		s.Symlink = true
	}
	if !f.permitted(s, node) {
		return
	}
	f.load(s, node)
}

// find looks a program up as Lambda's init does: with a slash in its name from
// the working directory, else along PATH.
func (f *follower) find(s *Step, name string) (rootfs.Node, bool) {
	if strings.Contains(name, "/") {
		return f.statProgram(s, f.absolute(name))
	}
	search, ok := f.env["PATH"]
	if !ok {
		f.end("unknown", fmt.Sprintf("%s is looked for along PATH, and the image sets none", name))
		return rootfs.Node{}, false
	}
	var candidate string
	for _, dir := range strings.Split(search, ":") {
		if !strings.HasPrefix(dir, "/") {
			continue // a name found relative to the working directory is refused
		}
		p := path.Join(dir, name)
		node, err := f.files.Stat(p)
		if err != nil || node.IsDir() {
			continue
		}
		if f.blocked(p) == "" && f.blocked(node.Path) == "" && sandbox.May(node.Entry, sandbox.Execute) {
			s.Path = p
			return node, true
		}
		if candidate == "" {
			candidate = p
		}
	}
	if Unknown(search) {
		f.end("unknown", fmt.Sprintf("%s is looked for along PATH, which is known at run time only", name))
		return rootfs.Node{}, false
	}
	if candidate != "" {
		return f.statProgram(s, candidate)
	}
	f.breaks(s, NotFound, "PATH="+search)
	return rootfs.Node{}, false
}

func (f *follower) absolute(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name)
	}
	return path.Join(f.cwd, name)
}

func (f *follower) statProgram(s *Step, p string) (rootfs.Node, bool) {
	s.Path = p
	node, err := f.files.Stat(p)
	switch {
	case err == nil:
		return node, true
	case strings.HasPrefix(node.Path, "/tmp/") && f.afterScript(s):
		f.end("unknown", p+" lies in /tmp, which is empty when the function starts: what runs before may put it there")
	case errors.Is(err, rootfs.ErrDangling):
		s.Layer = f.linkLayer(p)
		f.breaks(s, DanglingSymlink, f.linkEnd(p))
	case errors.Is(err, rootfs.ErrLoop):
		s.Layer = f.linkLayer(p)
		f.breaks(s, SymlinkLoop, node.Path)
	default:
		f.breaks(s, NotFound, node.Path)
	}
	return node, false
}

// afterScript tells whether a shell runs before a step, which may write files.
func (f *follower) afterScript(s *Step) bool {
	for _, before := range f.chain.Steps[:s.Position] {
		if before.Kind == KindScript || isShell(path.Base(before.Path)) {
			return true
		}
	}
	return false
}

// linkLayer is the layer that holds a symbolic link.
func (f *follower) linkLayer(p string) int {
	if link, err := f.files.Lstat(p); err == nil {
		return link.Layer
	}
	return -1
}

// linkEnd is the path that a chain of symbolic links ends at, where there is
// nothing.
func (f *follower) linkEnd(p string) string {
	for range maxSteps {
		link, err := f.files.Lstat(p)
		if err != nil || link.Entry == nil || link.Entry.Type != layer.Symlink {
			break
		}
		p = path.Join(path.Dir(link.Path), link.Entry.Link)
		if strings.HasPrefix(link.Entry.Link, "/") {
			p = path.Clean(link.Entry.Link)
		}
	}
	return p
}

// blocked is the first directory above a path that Lambda's user cannot enter.
func (f *follower) blocked(p string) string { return sandbox.Blocked(f.files, p) }

// permitted checks what kind of file it is and what Lambda's user may do.
func (f *follower) permitted(s *Step, node rootfs.Node) bool {
	if node.IsDir() || node.Entry.Type != layer.File {
		kind := "directory"
		if node.Entry != nil {
			kind = node.Entry.Type.String()
		}
		f.breaks(s, NotAFile, kind)
		return false
	}
	blocked := f.blocked(s.Path)
	if blocked == "" {
		blocked = f.blocked(node.Path)
	}
	switch {
	case blocked != "":
		f.breaks(s, NotReachable, blocked)
	case s.By == ByKernel && !sandbox.May(node.Entry, sandbox.Execute):
		f.breaks(s, NotExecutable, fmt.Sprintf("%04o", node.Entry.Mode))
	case s.By != ByKernel && !sandbox.May(node.Entry, sandbox.Read):
		f.breaks(s, NotReadable, fmt.Sprintf("%04o", node.Entry.Mode))
	default:
		return true
	}
	return false
}

// load decides by the first bytes what a file is, as the kernel does.
func (f *follower) load(s *Step, node rootfs.Node) {
	head := node.Entry.Head
	switch {
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		if s.By != ByKernel {
			f.end("unknown", s.Path+" is a program where a script is expected")
			return
		}
		f.elf(s, node)
	case bytes.HasPrefix(head, []byte("#!")) && s.By == ByKernel:
		f.shebang(s, node)
	case s.By == ByKernel:
		f.breaks(s, NoShebang, describeHead(head))
	default:
		s.Kind = KindScript
		f.script(s, node, s.Argv[1:])
	}
}

func describeHead(head []byte) string {
	if len(head) == 0 {
		return "it is empty"
	}
	return fmt.Sprintf("it begins with %q", head[:min(len(head), 4)])
}

// maxShebang is how much of the first line the kernel reads (BINPRM_BUF_SIZE).
const maxShebang = 256

// shebang follows the first line of a script to its interpreter.
func (f *follower) shebang(s *Step, node rootfs.Node) {
	s.Kind = KindScript
	head := node.Entry.Head
	line, _, complete := bytes.Cut(head[2:], []byte("\n"))
	if !complete && node.Entry.Size >= maxShebang {
		f.end("unknown", fmt.Sprintf("the first line of %s is longer than %d bytes", s.Path, maxShebang))
		return
	}
	if bytes.HasSuffix(line, []byte("\r")) {
		s.Interpreter = strings.TrimSpace(string(line))
		f.breaks(s, CRLF, s.Interpreter)
		return
	}
	interpreter, argument, _ := strings.Cut(strings.Trim(string(line), " \t"), " ")
	argument = strings.Trim(argument, " \t")
	s.Interpreter = interpreter
	if interpreter == "" {
		f.breaks(s, NoShebang, "there is nothing behind #!")
		return
	}
	if problem := f.interpreterProblem(interpreter); problem != "" {
		f.breaks(s, InterpreterMissing, problem)
		return
	}
	if !sandbox.May(node.Entry, sandbox.Read) {
		f.breaks(s, NotReadable, fmt.Sprintf("%04o", node.Entry.Mode))
		return
	}
	f.interpret(s, node, interpreter, argument)
}

// interpreterProblem says why the kernel cannot start an interpreter.
func (f *follower) interpreterProblem(interpreter string) string {
	p := f.absolute(interpreter)
	node, err := f.files.Stat(p)
	switch {
	case err != nil:
		return interpreter + " does not exist"
	case node.IsDir() || node.Entry.Type != layer.File:
		return interpreter + " is no file"
	case !sandbox.May(node.Entry, sandbox.Execute) || f.blocked(p) != "" || f.blocked(node.Path) != "":
		return interpreter + " may not be executed by Lambda's user"
	default:
		return ""
	}
}

// interpret goes on with the interpreter, which gets the script's path in
// front of the script's arguments.
func (f *follower) interpret(s *Step, node rootfs.Node, interpreter, argument string) {
	why := origin{why: "#! of " + s.Path, from: s.Path, line: 1}
	if isShell(path.Base(interpreter)) {
		script := *s
		f.exec([]string{interpreter}, ByKernel, why)
		if f.chain.End != "program" {
			return
		}
		f.chain.End = ""
		f.script(&script, node, script.Argv[1:])
		return
	}
	argv := []string{interpreter}
	if argument != "" {
		argv = append(argv, argument)
	}
	f.exec(append(append(argv, s.Path), s.Argv[1:]...), ByKernel, why)
}

// elf checks a program's header and goes on with what it starts.
func (f *follower) elf(s *Step, node rootfs.Node) {
	s.Kind = KindELF
	answer, ok := f.files.Ask(node, probe.ELF())
	if !ok {
		f.chain.Pending = true
		return
	}
	file, err := probe.Decode[probe.ELFFile](answer)
	if err != nil {
		f.breaks(s, BadELF, err.Error())
		return
	}
	s.Architecture, s.Loader, s.Libc = file.Architecture, file.Interpreter, libc(file.Interpreter)
	switch {
	case f.in.Architecture != "" && file.Architecture != f.in.Architecture && !(f.in.Architecture == "amd64" && file.Architecture == "386"):
		f.breaks(s, WrongArchitecture, file.Architecture)
	case file.Interpreter != "" && f.loaderProblem(file.Interpreter) != "":
		f.breaks(s, LoaderMissing, f.loaderProblem(file.Interpreter))
	case file.Interpreter != "" && !f.link(s, node, file):
	default:
		f.started(s)
	}
}

// libraryProblems are the problems of a step for those of its libraries.
var libraryProblems = map[string]string{
	link.Missing: LibraryMissing, link.NotReadable: LibraryNotReadable, link.Architecture: LibraryArchitecture,
	link.Damaged: LibraryDamaged, link.NoVersion: LibraryVersion,
}

// link finds the libraries that a program is loaded with. The loader gives up
// at the first that is missing.
func (f *follower) link(s *Step, node rootfs.Node, file probe.ELFFile) bool {
	closure := link.Resolve(f.files, link.Program{
		Path: node.Path, ELF: file, Loader: file.Interpreter, Cwd: f.cwd,
		Env: f.env, EnvUnknown: Unknown(f.env["LD_LIBRARY_PATH"]),
	})
	if closure.Pending {
		f.chain.Pending = true
		return false
	}
	s.Libraries, s.LibrariesUnknown = closure.Libraries, closure.Unknown
	problem := closure.Problem()
	if problem == nil {
		return true
	}
	f.breaks(s, libraryProblems[problem.Problem], problem.Name)
	return false
}

func (f *follower) loaderProblem(loader string) string {
	node, err := f.files.Stat(f.absolute(loader))
	switch {
	case err != nil:
		return loader + " does not exist"
	case node.IsDir() || !sandbox.May(node.Entry, sandbox.Execute):
		return loader + " may not be executed by Lambda's user"
	default:
		return ""
	}
}

// libc tells the C library by the loader's name.
func libc(loader string) string {
	switch base := path.Base(loader); {
	case strings.HasPrefix(base, "ld-musl-"):
		return "musl"
	case strings.HasPrefix(base, "ld-linux"):
		return "glibc"
	default:
		return ""
	}
}
