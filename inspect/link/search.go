package link

import (
	"bytes"
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// found is the outcome of a search.
type found struct {
	path    string
	node    rootfs.Node
	elf     probe.ELFFile
	problem string
	detail  string
	pending bool
}

// searchCaches hold what was read of the loader's own files.
type searchCaches struct {
	defaults []string
	cached   map[string][]string
	// trouble says why the loader's cache could not be read.
	trouble string
	read    bool
}

// find looks for a library in the loader's order. The worst that was met on
// the way is told where nothing is found: a library of another architecture
// says more than "missing".
func (l *linker) find(by *object, name string) found {
	if strings.Contains(name, "/") {
		return l.try(l.expand(name, by)[0])
	}
	worst := found{problem: Missing, detail: name}
	for _, p := range l.candidates(by, name) {
		f := l.try(p)
		if f.problem == "" || f.pending || f.problem == Damaged {
			return f
		}
		if f.problem != Missing && worst.problem == Missing {
			worst = f
		}
	}
	if l.closure.Pending {
		return found{pending: true} // the loader's own files have not been read
	}
	if l.caches.trouble != "" {
		l.unknown("%s was not found, and %s", name, l.caches.trouble)
		return found{}
	}
	return worst
}

// try looks at one path.
func (l *linker) try(p string) found {
	node, err := l.files.Stat(p)
	if err != nil || node.IsDir() || node.Entry.Type != layer.File {
		return found{problem: Missing, detail: p}
	}
	f := found{path: p, node: node}
	if !sandbox.May(node.Entry, sandbox.Read) {
		f.problem, f.detail = NotReadable, p
		return f
	}
	if blocked := sandbox.Blocked(l.files, p); blocked != "" {
		f.problem, f.detail = NotReadable, blocked
		return f
	}
	answer, ok := l.files.Ask(node, probe.ELF())
	if !ok {
		f.pending = true
		return f
	}
	file, err := probe.Decode[probe.ELFFile](answer)
	switch {
	case err != nil && bytes.HasPrefix(node.Entry.Head, []byte("\x7fELF")):
		// It may be damaged, or beyond what is read of an ELF file.
		l.unknown("%s cannot be read: %v", p, err)
	case err != nil:
		f.problem, f.detail = Damaged, err.Error()
	case file.Architecture != l.program.ELF.Architecture || file.Class != l.program.ELF.Class:
		f.problem, f.detail = Architecture, file.Architecture
	default:
		f.elf = file
	}
	return f
}

// candidates are the paths at which the loader looks for a name, in order;
// see ld.so(8), and for musl path_open in its ldso/dynlink.c.
func (l *linker) candidates(by *object, name string) []string {
	var out []string
	add := func(o *object, dirs []string) {
		for _, dir := range dirs {
			for _, expanded := range l.expand(dir, o) {
				out = append(out, path.Join(expanded, name))
			}
		}
	}
	environment := splitPath(l.program.Env["LD_LIBRARY_PATH"])
	if l.program.EnvUnknown {
		l.caches.trouble = "LD_LIBRARY_PATH is known at run time only"
	}
	if l.musl {
		add(l.main, environment)
		for o := by; o != nil; o = o.parent {
			add(o, o.elf.RunPath)
			add(o, o.elf.RPath)
		}
		add(l.main, l.muslDirs())
		return out
	}
	if len(by.elf.RunPath) == 0 {
		for o := by; o != nil; o = o.parent {
			if len(o.elf.RunPath) == 0 {
				add(o, o.elf.RPath)
			}
		}
		if len(l.main.elf.RunPath) == 0 {
			add(l.main, l.main.elf.RPath)
		}
	}
	add(l.main, environment)
	add(by, by.elf.RunPath)
	l.readLoaderFiles()
	out = append(out, l.caches.cached[name]...)
	for _, dir := range l.caches.defaults {
		out = append(out, path.Join(dir, name))
		for _, level := range []string{"x86-64-v3", "x86-64-v2"} {
			out = append(out, path.Join(dir, "glibc-hwcaps", level, name))
		}
	}
	return out
}

// splitPath splits a list of directories. An empty one is the working
// directory.
func splitPath(text string) []string {
	if text == "" {
		return nil
	}
	dirs := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == ';' })
	if strings.Contains(":"+text+":", "::") {
		dirs = append(dirs, ".")
	}
	return dirs
}

// expand writes $ORIGIN, $LIB and $PLATFORM out. $ORIGIN is the directory of
// the object as it was found, or after links; both are tried.
func (l *linker) expand(dir string, o *object) []string {
	if dir == "" {
		dir = "."
	}
	if !strings.Contains(dir, "$") {
		return []string{l.absolute(dir)}
	}
	var out []string
	for _, origin := range []string{path.Dir(o.found), path.Dir(o.path)} {
		for _, lib := range append([]string{"lib64", "lib"}, triplets[l.program.ELF.Architecture]...) {
			text := strings.NewReplacer(
				"${ORIGIN}", origin, "$ORIGIN", origin,
				"${LIB}", lib, "$LIB", lib,
				"${PLATFORM}", platforms[l.program.ELF.Architecture], "$PLATFORM", platforms[l.program.ELF.Architecture],
			).Replace(dir)
			out = append(out, l.absolute(text))
		}
	}
	return out
}

// triplets are Debian's directories for an architecture, below lib.
var triplets = map[string][]string{
	"amd64": {"lib/x86_64-linux-gnu"}, "arm64": {"lib/aarch64-linux-gnu"}, "386": {"lib/i386-linux-gnu", "lib32"},
	"arm": {"lib/arm-linux-gnueabihf"}, "riscv64": {"lib/riscv64-linux-gnu"},
}

var platforms = map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "v7l"}

// readLoaderFiles reads glibc's cache and the directories that are compiled
// into its loader. Where these cannot be told, all that are in use count.
func (l *linker) readLoaderFiles() {
	if l.caches.read {
		return
	}
	l.caches.read, l.caches.cached = true, map[string][]string{}
	if node, err := l.files.Stat("/etc/ld.so.cache"); err == nil && !node.IsDir() {
		answer, ok := l.files.Ask(node, probe.LdSoCache())
		if !ok {
			l.closure.Pending = true
			return
		}
		cache, err := probe.Decode[probe.LoaderCache](answer)
		if err != nil {
			l.caches.trouble = "/etc/ld.so.cache could not be read: " + err.Error()
		}
		for _, e := range cache.Entries {
			l.caches.cached[e.Name] = append(l.caches.cached[e.Name], e.Path)
		}
	}
	if node, err := l.files.Stat(l.absolute(l.program.Loader)); err == nil {
		answer, ok := l.files.Ask(node, probe.LdSoDirs())
		if !ok {
			l.closure.Pending = true
			return
		}
		// Without an answer the usual directories count.
		dirs, _ := probe.Decode[probe.LoaderDirs](answer)
		l.caches.defaults = dirs.Dirs
	}
	if len(l.caches.defaults) == 0 {
		for _, lib := range append([]string{"lib64", "lib"}, triplets[l.program.ELF.Architecture]...) {
			l.caches.defaults = append(l.caches.defaults, "/"+lib, "/usr/"+lib)
		}
	}
}

// muslDirs are the directories of musl's loader: those in its file, else the
// ones compiled into it.
func (l *linker) muslDirs() []string {
	name := strings.TrimSuffix(path.Base(l.program.Loader), ".so.1")
	node, err := l.files.Stat(path.Join("/etc", name+".path"))
	if err != nil || node.IsDir() {
		return []string{"/lib", "/usr/local/lib", "/usr/lib"}
	}
	answer, ok := l.files.Ask(node, probe.Text())
	if !ok {
		l.closure.Pending = true
		return nil
	}
	text, err := probe.Decode[probe.TextFile](answer)
	if err != nil || text.Binary || text.Truncated {
		l.caches.trouble = node.Path + " is no text"
		return nil
	}
	return strings.FieldsFunc(text.Text, func(r rune) bool { return r == ':' || r == '\n' })
}
