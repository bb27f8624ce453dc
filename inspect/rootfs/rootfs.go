// Package rootfs lays layers over each other, bottom up, into the file system
// that a function sees: whiteouts, opaque directories, replaced types, hard
// links and symbolic links as a container engine applies them.
//
// It works on the indexes of package layer alone. It refuses to know what is
// in a file, who may read it, and what should be there.
package rootfs

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// FS is a merged root file system.
type FS struct {
	layers []*layer.Index
	root   *inode
	hidden []Hidden
	// orphans are entries whose directory had no entry when they came.
	orphans []Ref
	// byName finds the last entry of a name in a layer, for hard links; made
	// for layers that have some.
	byName map[int]map[string]int
}

// inode is a name in the tree. A directory that only exists because something
// lies below it has no entry.
type inode struct {
	ref      Ref
	children map[string]*inode
}

// Ref names an entry: the layer from the bottom and the position in it.
type Ref struct {
	Layer int
	Entry int
}

var none = Ref{-1, -1}

// Hidden is a regular file that lies in a layer and cannot be seen.
type Hidden struct {
	Ref
	Path string
	// By is the layer that hides it.
	By int
}

// Node is one visible file.
type Node struct {
	Ref
	// Path is the canonical path: no directory in it is a link.
	Path string
	// Entry is the entry that defines the file; nil for a directory that has
	// none and exists because something lies below it. For a hard link it is
	// the entry that holds the bytes.
	Entry *layer.Entry
}

// IsDir reports whether the node is a directory, with an entry or without.
func (n Node) IsDir() bool { return n.Entry == nil || n.Entry.Type == layer.Directory }

// The ways in which a path can fail to lead to a file.
var (
	ErrNotExist = errors.New("no such file or directory")
	ErrDangling = errors.New("the symbolic link leads nowhere")
	ErrLoop     = errors.New("too many levels of symbolic links")
	ErrNotDir   = errors.New("not a directory")
)

// maxLinks is how many symbolic links the kernel follows in one path; see
// path_resolution(7).
const maxLinks = 40

// Merge lays the layers over each other. A nil index is a layer that could not
// be read and adds nothing.
func Merge(layers []*layer.Index) *FS {
	fs := &FS{layers: layers, root: &inode{ref: none}, byName: make(map[int]map[string]int)}
	for i, index := range layers {
		if index != nil {
			fs.apply(i, index)
		}
	}
	return fs
}

// apply lays one layer over what is there. Whiteouts hide lower layers only,
// wherever in the layer they stand (OCI image specification, layer.md), so
// they come first.
func (fs *FS) apply(n int, index *layer.Index) {
	for i := range index.Entries {
		hidden, opaque, ok := index.Entries[i].Whiteout()
		if !ok {
			continue
		}
		if opaque {
			if node := fs.find(hidden); node != nil {
				fs.clear(hidden, node, n)
			}
			continue
		}
		fs.remove(hidden, n)
	}
	for i := range index.Entries {
		entry := &index.Entries[i]
		if _, _, ok := entry.Whiteout(); !ok {
			fs.put(Ref{n, i}, entry)
		}
	}
}

// find gives the inode of a path, with the links in its directories followed.
func (fs *FS) find(p string) *inode {
	node, err := fs.walk(p, false)
	if err != nil {
		return nil
	}
	return node.inode
}

func (fs *FS) remove(p string, by int) {
	dir, base := path.Split(p)
	parent, err := fs.walk(dir, true)
	if err != nil || base == "" {
		return
	}
	node, ok := parent.inode.children[base]
	if !ok {
		return
	}
	fs.hide(path.Join(parent.path, base), node, by)
	delete(parent.inode.children, base)
}

// hide notes the regular files at and below an inode that goes away.
func (fs *FS) hide(p string, node *inode, by int) {
	if entry := fs.entry(node.ref); entry != nil && entry.Type == layer.File {
		fs.hidden = append(fs.hidden, Hidden{Ref: node.ref, Path: p, By: by})
	}
	fs.clear(p, node, by)
}

// clear takes away what lies below an inode.
func (fs *FS) clear(p string, node *inode, by int) {
	for _, name := range slices.Sorted(maps.Keys(node.children)) {
		fs.hide(path.Join(p, name), node.children[name], by)
	}
	node.children = nil
}

// put adds an entry. Links in the directories of its path are followed, as an
// engine does when it unpacks an entry below a link; directories that are
// missing are made.
func (fs *FS) put(ref Ref, entry *layer.Entry) {
	if entry.Path == "/" {
		fs.root.ref = ref
		return
	}
	dir, base := path.Split(entry.Path)
	at := fs.makeDir(dir)
	if at.inode != fs.root && at.inode.ref == none {
		fs.orphans = append(fs.orphans, ref)
	}
	if at.inode.children == nil {
		at.inode.children = make(map[string]*inode)
	}
	node, ok := at.inode.children[base]
	if !ok {
		at.inode.children[base] = &inode{ref: ref}
		return
	}
	p := path.Join(at.path, base)
	if entry.Type == layer.Directory && fs.isDir(node) {
		node.ref = ref
		return
	}
	fs.hide(p, node, ref.Layer)
	node.ref = ref
}

// makeDir finds a directory, and makes what is missing of it. Where a file or
// a broken link stands in the way, it gives way, as it does in an engine.
func (fs *FS) makeDir(dir string) place {
	if at, err := fs.walk(dir, true); err == nil && fs.isDir(at.inode) {
		return at
	}
	at := place{"/", fs.root}
	for _, name := range split(dir) {
		p := path.Join(at.path, name)
		next, err := fs.walk(p, true)
		if err != nil || !fs.isDir(next.inode) {
			if at.inode.children == nil {
				at.inode.children = make(map[string]*inode)
			}
			next = place{p, &inode{ref: none}}
			at.inode.children[name] = next.inode
		}
		at = next
	}
	return at
}

func (fs *FS) isDir(n *inode) bool {
	entry := fs.entry(n.ref)
	return entry == nil || entry.Type == layer.Directory
}

func (fs *FS) entry(ref Ref) *layer.Entry {
	if ref == none {
		return nil
	}
	return &fs.layers[ref.Layer].Entries[ref.Entry]
}

// place is an inode with the canonical path that leads to it.
type place struct {
	path  string
	inode *inode
}

// walk resolves a path as the kernel does. On an error the place's path is
// where it failed.
func (fs *FS) walk(p string, follow bool) (place, error) {
	trail := []place{{"/", fs.root}}
	pending := split(p)
	links := 0
	for len(pending) > 0 {
		name := pending[0]
		pending = pending[1:]
		at := trail[len(trail)-1]
		if name == ".." {
			trail = trail[:max(1, len(trail)-1)]
			continue
		}
		next := place{path.Join(at.path, name), at.inode.children[name]}
		if next.inode == nil {
			return next, missing(links)
		}
		entry := fs.entry(next.inode.ref)
		switch {
		case entry == nil || entry.Type == layer.Directory:
		case entry.Type == layer.Symlink && (follow || len(pending) > 0):
			if links++; links > maxLinks {
				return next, ErrLoop
			}
			if strings.HasPrefix(entry.Link, "/") {
				trail = trail[:1]
			}
			pending = append(split(entry.Link), pending...)
			continue
		case len(pending) > 0:
			return next, ErrNotDir
		}
		trail = append(trail, next)
	}
	return trail[len(trail)-1], nil
}

func missing(links int) error {
	if links > 0 {
		return ErrDangling
	}
	return ErrNotExist
}

// Stat follows every symbolic link of p. On an error the node's path is where
// it failed.
func (fs *FS) Stat(p string) (Node, error) { return fs.stat(p, true) }

// Lstat follows the links in the directories of p, and not p itself.
func (fs *FS) Lstat(p string) (Node, error) { return fs.stat(p, false) }

func (fs *FS) stat(p string, follow bool) (Node, error) {
	at, err := fs.walk(p, follow)
	if err != nil {
		return Node{Ref: none, Path: at.path}, err
	}
	return fs.node(at), nil
}

func (fs *FS) node(at place) Node {
	n := Node{Ref: at.inode.ref, Path: at.path, Entry: fs.entry(at.inode.ref)}
	for range maxLinks {
		if n.Entry == nil || n.Entry.Type != layer.Hardlink {
			break
		}
		ref, ok := fs.linked(n.Ref, n.Entry.Link)
		if !ok {
			break
		}
		n.Ref, n.Entry = ref, fs.entry(ref)
	}
	return n
}

// linked finds what a hard link was made from: the entry of that name in its
// own layer, else the topmost one in the layers below.
func (fs *FS) linked(link Ref, name string) (Ref, bool) {
	for n := link.Layer; n >= 0; n-- {
		if i, ok := fs.names(n)[name]; ok && (Ref{n, i}) != link {
			return Ref{n, i}, true
		}
	}
	return none, false
}

func (fs *FS) names(n int) map[string]int {
	if fs.layers[n] == nil {
		return nil
	}
	if fs.byName[n] == nil {
		names := make(map[string]int)
		for i := range fs.layers[n].Entries {
			names[fs.layers[n].Entries[i].Path] = i
		}
		fs.byName[n] = names
	}
	return fs.byName[n]
}

// WithEmpty is the file system as it looks once an empty one is mounted over a
// directory of the root, such as /tmp. The directory is there then, whether or
// not a layer has it; where its name is something else, nothing is mounted.
func (fs *FS) WithEmpty(name string) *FS {
	name = strings.TrimPrefix(name, "/")
	if node, ok := fs.root.children[name]; ok && !fs.isDir(node) {
		return fs
	}
	covered := *fs
	covered.root = &inode{ref: fs.root.ref, children: maps.Clone(fs.root.children)}
	if covered.root.children == nil {
		covered.root.children = make(map[string]*inode)
	}
	covered.root.children[name] = &inode{ref: none}
	return &covered
}

// All calls f for every visible file in the order of a depth-first walk, names
// sorted, the root left out. f returns false to leave out what lies below.
func (fs *FS) All(f func(Node) bool) { fs.each(place{"/", fs.root}, f) }

// Under calls f for every visible file below a directory, as All does. Links
// in the directory's own path are followed.
func (fs *FS) Under(dir string, f func(Node) bool) {
	if at, err := fs.walk(dir, true); err == nil {
		fs.each(at, f)
	}
}

func (fs *FS) each(at place, f func(Node) bool) {
	for _, name := range slices.Sorted(maps.Keys(at.inode.children)) {
		child := place{path.Join(at.path, name), at.inode.children[name]}
		if f(fs.node(child)) {
			fs.each(child, f)
		}
	}
}

// Hidden lists the regular files that lie in a layer and cannot be seen, in
// the order in which they were hidden.
func (fs *FS) Hidden() []Hidden { return fs.hidden }

// Orphans are the entries whose directory had no entry of its own, neither in a
// lower layer nor before them in theirs, in the order of the layers. A symbolic
// link to a directory is a directory.
func (fs *FS) Orphans() []Ref { return fs.orphans }

// HiddenEntry is the entry of a hidden file.
func (fs *FS) HiddenEntry(h Hidden) *layer.Entry { return fs.entry(h.Ref) }

func split(p string) []string {
	var names []string
	for _, name := range strings.Split(p, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}
