// Package python finds modules as a Python interpreter does: which directories
// it looks into, and which file an import leads to.
//
// It refuses to know what a module does. Where the search depends on what only
// a run can tell, it says so instead of "missing".
package python

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// Files is the merged file system with a way to ask about a file's bytes.
type Files interface {
	Stat(p string) (rootfs.Node, error)
	Under(dir string, f func(rootfs.Node) bool)
	Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool)
}

// Interpreter is an interpreter as it is started.
type Interpreter struct {
	// Path is the path at which it was found, Resolved the one after all links.
	Path, Resolved string
	// Flags are its arguments in front of -m, -c or the script.
	Flags []string
	Env   map[string]string
	// First is what stands first in sys.path: the working directory for -m,
	// the script's directory for a script.
	First string
}

// Search is where an interpreter looks for modules.
type Search struct {
	// Dirs are the directories in order, with all links followed.
	Dirs []string
	// Version is the interpreter's version, such as 3.12; "" where unknown.
	Version string
	// Doubt says why a module could be found elsewhere too, "" where it could
	// not.
	Doubt string
}

// Archive ends the doubt about a search that leads into an archive, where even
// a module that lies nowhere else may be.
const Archive = " is an archive of modules"

var versionIn = regexp.MustCompile(`python(3\.\d+)(t?)`)

// Path gives the directories in which an interpreter looks, as site and getpath
// of CPython put them together.
func Path(files Files, in Interpreter) Search {
	s := &searcher{files: files, in: in}
	isolated := s.has('I')
	if in.First != "" && !isolated && !s.has('P') && in.Env["PYTHONSAFEPATH"] == "" {
		s.add(in.First)
	}
	if !isolated && !s.has('E') {
		for _, dir := range strings.Split(in.Env["PYTHONPATH"], ":") {
			if dir != "" {
				s.add(dir)
			}
		}
		if in.Env["PYTHONHOME"] != "" {
			s.doubt("PYTHONHOME is set")
		}
	}
	s.library()
	return s.out
}

type searcher struct {
	files Files
	in    Interpreter
	out   Search
}

func (s *searcher) doubt(reason string) {
	if s.out.Doubt == "" {
		s.out.Doubt = reason
	}
}

// has reports whether a flag without a value is among the interpreter's.
func (s *searcher) has(flag byte) bool {
	return slices.ContainsFunc(s.in.Flags, func(word string) bool {
		return len(word) > 1 && word[0] == '-' && word[1] != '-' && strings.IndexByte(word[1:], flag) >= 0
	})
}

// add adds a directory that is there.
func (s *searcher) add(dir string) bool {
	node, err := s.files.Stat(dir)
	if err != nil {
		return false
	}
	if !node.IsDir() {
		s.doubt(dir + Archive)
		return false
	}
	if !slices.Contains(s.out.Dirs, node.Path) {
		s.out.Dirs = append(s.out.Dirs, node.Path)
	}
	return true
}

// library adds the interpreter's own directories: of its virtual environment,
// of its prefix, and those that Debian adds.
func (s *searcher) library() {
	prefix := path.Dir(path.Dir(s.in.Resolved))
	lib := s.libraryName(prefix)
	if lib == "" {
		s.doubt("which version of Python " + s.in.Path + " is, is not known")
		return
	}
	base := s.add(path.Join(prefix, "lib", lib))
	base = s.add(path.Join(prefix, "lib64", lib)) || base
	if !base {
		s.doubt("where the library of " + s.in.Path + " lies is not known")
	}
	s.add(path.Join(prefix, "lib", lib, "lib-dynload"))
	environment, system := s.virtual()
	if environment != "" {
		s.site(path.Join(environment, "lib", lib, "site-packages"))
		s.site(path.Join(environment, "lib64", lib, "site-packages"))
	}
	if !s.has('s') && !s.has('I') && s.in.Env["PYTHONNOUSERSITE"] == "" && s.in.Env["HOME"] != "" {
		s.site(path.Join(s.in.Env["HOME"], ".local/lib", lib, "site-packages"))
	}
	if environment != "" && !system {
		return
	}
	s.site(path.Join(prefix, "lib", lib, "site-packages"))
	s.site(path.Join(prefix, "lib64", lib, "site-packages"))
	s.site(path.Join(prefix, "lib", lib, "dist-packages"))
	if prefix == "/usr" {
		s.site(path.Join("/usr/local/lib", lib, "dist-packages"))
		s.site(path.Join("/usr/local/lib", lib, "site-packages"))
		s.site(path.Join("/usr/local/lib64", lib, "site-packages"))
		s.site("/usr/lib/python3/dist-packages")
	}
}

// libraryName is the name of the library's directory, such as python3.12.
func (s *searcher) libraryName(prefix string) string {
	name := ""
	if m := versionIn.FindStringSubmatch(path.Base(s.in.Resolved)); m != nil {
		name, s.out.Version = m[0], m[1]
		return name
	}
	// A program called python: its library tells the version.
	s.files.Under(path.Join(prefix, "lib"), func(n rootfs.Node) bool {
		if m := versionIn.FindStringSubmatch(path.Base(n.Path)); m != nil && n.IsDir() && m[0] == path.Base(n.Path) {
			if _, err := s.files.Stat(path.Join(n.Path, "os.py")); err == nil {
				if name != "" {
					s.doubt("there are several versions of Python in " + prefix)
				}
				name, s.out.Version = m[0], m[1]
			}
		}
		return false
	})
	return name
}

// virtual finds the virtual environment of the interpreter, and whether it
// sees the system's packages too; see pyvenv.cfg in the library's venv.
func (s *searcher) virtual() (dir string, system bool) {
	for _, dir := range []string{path.Dir(s.in.Path), path.Dir(path.Dir(s.in.Path))} {
		text, ok := s.text(path.Join(dir, "pyvenv.cfg"))
		if !ok {
			continue
		}
		for _, line := range strings.Split(text, "\n") {
			name, value, _ := strings.Cut(line, "=")
			if strings.TrimSpace(strings.ToLower(name)) == "include-system-site-packages" {
				system = strings.EqualFold(strings.TrimSpace(value), "true")
			}
		}
		return dir, system
	}
	return "", false
}

// site adds a directory of packages and the directories that its .pth files
// name.
func (s *searcher) site(dir string) {
	if !s.add(dir) {
		return
	}
	if s.has('S') {
		return
	}
	var files []rootfs.Node
	s.files.Under(dir, func(n rootfs.Node) bool {
		if strings.HasSuffix(n.Path, ".pth") && !n.IsDir() {
			files = append(files, n)
		}
		return false
	})
	for _, n := range files {
		s.pth(dir, n.Path)
	}
}

// pth reads a .pth file: directories to add, one a line, and lines of code.
func (s *searcher) pth(dir, p string) {
	if path.Base(p) == "distutils-precedence.pth" {
		return // of setuptools: it changes where distutils is found
	}
	text, ok := s.text(p)
	if !ok {
		s.doubt(p + " could not be read")
		return
	}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r \t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t"):
			s.doubt(p + " runs code that may change where modules are found")
		case strings.HasPrefix(line, "/"):
			s.add(line)
		default:
			s.add(path.Join(dir, line))
		}
	}
}

// text reads a small text file.
func (s *searcher) text(p string) (string, bool) {
	node, err := s.files.Stat(p)
	if err != nil || node.IsDir() || !sandbox.May(node.Entry, sandbox.Read) {
		return "", false
	}
	answer, ok := s.files.Ask(node, probe.Text())
	if !ok {
		s.doubt(p + " has not been read")
		return "", false
	}
	text, err := probe.Decode[probe.TextFile](answer)
	return text.Text, err == nil && !text.Binary && !text.Truncated
}
