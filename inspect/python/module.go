package python

import (
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// The kinds of files that a module is loaded from.
const (
	Source    = "source"
	Native    = "native"
	Bytecode  = "bytecode"
	Namespace = "namespace" // a directory without __init__
)

// Module is where an import leads.
type Module struct {
	// File is the file that defines the module: a package's __init__, or the
	// directory of a namespace. "" where it was not found.
	File string
	Kind string
	// Layer is the layer that holds the file, -1 without one.
	Layer int
	// Missing is the part of the name that was not found, such as "a.b" of
	// "a.b.c", and In the directories in which it was looked for.
	Missing string
	In      []string
	// Closed is the file or directory that Lambda's user cannot read; the
	// module lies behind it.
	Closed string
	// Node is the file.
	Node rootfs.Node
}

// Find follows an import of a dotted name.
func Find(files Files, search Search, name string) Module {
	f := &moduleFinder{files: files, suffixes: suffixes(search.Version)}
	dirs := search.Dirs
	var found Module
	parts := strings.Split(name, ".")
	for i, part := range parts {
		found = f.in(dirs, part)
		if found.File == "" || found.Closed != "" {
			found.Missing, found.In = strings.Join(parts[:i+1], "."), dirs
			return found
		}
		if i == len(parts)-1 {
			return found
		}
		switch {
		case found.Kind == Namespace:
			dirs = found.In
		case strings.HasPrefix(path.Base(found.File), "__init__."):
			dirs = []string{path.Dir(found.File)}
		default:
			// A module that is no package has nothing below it.
			return Module{Layer: -1, Missing: strings.Join(parts[:i+2], "."), In: []string{found.File}}
		}
	}
	return found
}

// suffixes are the endings of modules in the interpreter's order; see
// importlib.machinery. Native ones of another version or system are passed.
func suffixes(version string) []struct{ ending, kind string } {
	var out []struct{ ending, kind string }
	add := func(ending, kind string) { out = append(out, struct{ ending, kind string }{ending, kind}) }
	tag := "cpython-" + strings.ReplaceAll(version, ".", "")
	for _, machine := range []string{"x86_64", "aarch64"} {
		for _, libc := range []string{"gnu", "musl"} {
			add("."+tag+"-"+machine+"-linux-"+libc+".so", Native)
		}
	}
	add(".abi3.so", Native)
	add(".so", Native)
	add(".py", Source)
	add(".pyc", Bytecode)
	return out
}

type moduleFinder struct {
	files    Files
	suffixes []struct{ ending, kind string }
}

// in looks for one part of a name in directories: a package, else a file; a
// plain directory only where none of them has either.
func (f *moduleFinder) in(dirs []string, part string) Module {
	out := Module{Layer: -1}
	if part == "" {
		return out
	}
	var portions []string
	for _, dir := range dirs {
		closed := f.closed(dir)
		for _, stem := range []string{path.Join(dir, part, "__init__"), path.Join(dir, part)} {
			for _, suffix := range f.suffixes {
				node, err := f.files.Stat(stem + suffix.ending)
				if err != nil || node.IsDir() {
					continue
				}
				if closed == "" {
					closed = f.unreadable(node)
				}
				if closed != "" && out.Closed != "" {
					continue
				}
				found := Module{File: stem + suffix.ending, Kind: suffix.kind, Layer: node.Layer, Closed: closed, Node: node}
				if closed == "" || closed == node.Path {
					return found
				}
				out = found // an interpreter passes a directory that it cannot list
			}
		}
		if node, err := f.files.Stat(path.Join(dir, part)); err == nil && node.IsDir() {
			portions = append(portions, node.Path)
		}
	}
	if out.File == "" && len(portions) > 0 {
		return Module{File: portions[0], Kind: Namespace, Layer: -1, In: portions}
	}
	return out
}

// closed is the directory that Lambda's user cannot list or enter.
func (f *moduleFinder) closed(dir string) string {
	if blocked := sandbox.Blocked(f.files, path.Join(dir, "x")); blocked != "" {
		return blocked
	}
	if node, err := f.files.Stat(dir); err == nil && !sandbox.May(node.Entry, sandbox.Read) {
		return node.Path
	}
	return ""
}

func (f *moduleFinder) unreadable(node rootfs.Node) string {
	if blocked := sandbox.Blocked(f.files, node.Path); blocked != "" {
		return blocked
	}
	if !sandbox.May(node.Entry, sandbox.Read) {
		return node.Path
	}
	return ""
}
