// Package link finds the shared libraries that a program is loaded with, as
// the loaders of glibc and musl do: where each is looked for, which one is
// taken, and whether it defines the versions that are needed of it.
//
// It refuses to know which libraries a program opens by itself while it runs,
// and it never guesses: what it could not read is told as unknown.
package link

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// Files is the merged file system with a way to ask about a file's bytes.
type Files interface {
	Stat(p string) (rootfs.Node, error)
	Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool)
}

// Program is what is loaded: a program with its loader, or a native module
// together with the program that opens it.
type Program struct {
	// Path is where it lies, after all links.
	Path string
	ELF  probe.ELFFile
	// Loader is the loader's path as it is written in the program.
	Loader string
	// Env is the environment that the program is started with.
	Env map[string]string
	// EnvUnknown is true where LD_LIBRARY_PATH is known at run time only.
	EnvUnknown bool
	// Cwd is the directory in which it is started.
	Cwd string
	// Loaded are the names of libraries that are there already when a native
	// module is opened, whatever the search would find.
	Loaded []string
}

// The problems of a library.
const (
	Missing      = "missing"
	NotReadable  = "not-readable"
	Architecture = "wrong-architecture"
	Damaged      = "bad-elf"
	NoVersion    = "version-missing"
)

// Library is a library that is needed by name.
type Library struct {
	// Name is the name that is asked for.
	Name string
	// Path is where it was found, "" where it was not.
	Path string
	// Layer is the layer that holds it, -1 where it was not found.
	Layer int
	// NeededBy is the path of the program or library that asks for it first.
	NeededBy string
	// Problem is "" for none.
	Problem string
	// Detail is the version that is missing, the path or the reason.
	Detail string
}

// Closure is everything that a program is loaded with.
type Closure struct {
	Libraries []Library
	// Pending is true where bytes have to be read before more can be said.
	Pending bool
	// Unknown says why something could not be found out, "" for nothing.
	Unknown string
}

// Problem is the first library with a problem: the loader stops there.
func (c *Closure) Problem() *Library {
	for i := range c.Libraries {
		if c.Libraries[i].Problem != "" && c.Libraries[i].Problem != NoVersion {
			return &c.Libraries[i]
		}
	}
	// Versions are looked at when everything has been loaded.
	for i := range c.Libraries {
		if c.Libraries[i].Problem != "" {
			return &c.Libraries[i]
		}
	}
	return nil
}

// maxLibraries is how many libraries are followed; Chromium has about 120.
const maxLibraries = 1000

// object is something that has been loaded.
type object struct {
	path   string // after all links
	found  string // as it was found
	elf    probe.ELFFile
	parent *object
}

type linker struct {
	files   Files
	program Program
	musl    bool
	main    *object
	objects []*object
	// byName finds what has been loaded under a name.
	byName  map[string]*object
	closure *Closure
	caches  *searchCaches
}

// Resolve finds what a program is loaded with, breadth first as the loaders
// do.
func Resolve(files Files, program Program) *Closure {
	l := &linker{
		files: files, program: program, musl: strings.HasPrefix(path.Base(program.Loader), "ld-musl-"),
		byName: make(map[string]*object), closure: &Closure{}, caches: &searchCaches{},
	}
	l.main = &object{path: program.Path, found: program.Path, elf: program.ELF}
	l.objects = []*object{l.main}
	l.addLoader()
	for i := 0; i < len(l.objects); i++ {
		for _, name := range l.objects[i].elf.Needed {
			l.need(l.objects[i], name)
		}
	}
	if !l.musl {
		l.checkVersions()
	}
	return l.closure
}

func (l *linker) unknown(format string, arguments ...any) {
	if l.closure.Unknown == "" {
		l.closure.Unknown = fmt.Sprintf(format, arguments...)
	}
}

// addLoader notes the loader, which is a library too.
func (l *linker) addLoader() {
	node, err := l.files.Stat(l.absolute(l.program.Loader))
	if err != nil {
		return // whoever starts the program tells of it
	}
	loader := &object{path: node.Path, found: l.program.Loader, parent: l.main}
	if file, ok := l.read(node); ok {
		loader.elf = file
		l.name(loader.elf.Soname, loader)
	}
	loader.elf.Needed = nil
	l.name(path.Base(l.program.Loader), loader)
	l.objects = append(l.objects, loader)
}

func (l *linker) name(name string, o *object) {
	if name != "" && l.byName[name] == nil {
		l.byName[name] = o
	}
}

func (l *linker) absolute(p string) string {
	if strings.HasPrefix(p, "/") {
		return path.Clean(p)
	}
	return path.Join(l.program.Cwd, p)
}

// read asks for a library's header and table. ok is false where it is not
// known yet, or is no ELF file.
func (l *linker) read(node rootfs.Node) (probe.ELFFile, bool) {
	answer, ok := l.files.Ask(node, probe.ELF())
	if !ok {
		l.closure.Pending = true
		return probe.ELFFile{}, false
	}
	file, err := probe.Decode[probe.ELFFile](answer)
	return file, err == nil
}

// muslOwn are the beginnings of names that musl takes for itself; see
// reserved in its ldso/dynlink.c.
var muslOwn = []string{"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."}

// need loads a library that an object asks for.
func (l *linker) need(by *object, name string) {
	if name == "" || l.byName[name] != nil {
		return
	}
	if l.musl && slices.ContainsFunc(muslOwn, func(own string) bool { return strings.HasPrefix(name, "lib"+own) }) {
		return
	}
	if len(l.closure.Libraries) >= maxLibraries {
		l.unknown("%s needs more than the %d libraries that are followed", l.main.found, maxLibraries)
		return
	}
	library := Library{Name: name, Layer: -1, NeededBy: by.found}
	found := l.find(by, name)
	if found.problem == Missing && slices.Contains(l.program.Loaded, name) {
		found.problem, found.detail = "", ""
	}
	library.Path, library.Problem, library.Detail = found.path, found.problem, found.detail
	if found.node.Entry != nil {
		library.Layer = found.node.Layer
	}
	if found.pending {
		l.closure.Pending = true
		return
	}
	l.closure.Libraries = append(l.closure.Libraries, library)
	o := &object{path: found.node.Path, found: found.path, elf: found.elf, parent: by}
	l.byName[name] = o
	if library.Problem != "" || library.Path == "" {
		return
	}
	for _, other := range l.objects {
		if other.path == o.path {
			l.byName[name] = other // the same file by another name
			return
		}
	}
	l.name(o.elf.Soname, o)
	l.objects = append(l.objects, o)
}

// checkVersions sees that what was loaded defines what is needed of it. A
// library without versions satisfies every need, a weak need is no need; see
// elf/dl-version.c of glibc.
func (l *linker) checkVersions() {
	for _, o := range l.objects {
		for _, need := range o.elf.Requires {
			provider := l.byName[need.Library]
			if need.Weak || provider == nil || len(provider.elf.Defines) == 0 || slices.Contains(provider.elf.Defines, need.Version) {
				continue
			}
			l.lacks(provider, need, o)
		}
	}
}

// lacks notes the first version that a library lacks, and the last of its
// kind: GLIBC_2.38 says more than GLIBC_2.34.
func (l *linker) lacks(provider *object, need probe.VersionNeed, by *object) {
	for i := range l.closure.Libraries {
		library := &l.closure.Libraries[i]
		if library.Path != provider.found || library.Problem != "" && library.Problem != NoVersion {
			continue
		}
		if library.Problem == NoVersion && (library.NeededBy != by.found || !newer(need.Version, library.Detail)) {
			return
		}
		library.Problem, library.Detail, library.NeededBy = NoVersion, need.Version, by.found
		return
	}
}

// newer compares versions such as GLIBC_2.9 and GLIBC_2.38, number by number.
func newer(a, b string) bool {
	x, y := numbers(a), numbers(b)
	return slices.Compare(x, y) > 0
}

func numbers(version string) []int {
	var out []int
	_, text, _ := strings.Cut(version, "_")
	for _, part := range strings.Split(text, ".") {
		n := 0
		for _, c := range part {
			if c < '0' || c > '9' || n > 1<<20 {
				return nil
			}
			n = 10*n + int(c-'0')
		}
		out = append(out, n)
	}
	return out
}
