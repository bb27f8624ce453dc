package inspect

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// assemble states everything that the layers tell. It is called again when
// more bytes have been read, and states everything anew.
func assemble(doc *Image, v *view, request Request, globs, contents *selector) error {
	doc.Complete = true
	doc.Unusual, doc.Files, doc.Removed = []UnusualEntry{}, []File{}, []RemovedFile{}
	for i := range doc.Layers {
		index := v.reader.indexes[i]
		if index == nil {
			doc.Complete = false
			continue
		}
		l := &doc.Layers[i]
		l.Compression, l.Size, l.DiffID, l.Entries = index.Compression, index.Size, index.DiffID, len(index.Entries)
	}
	doc.Unusual = unusual(v)
	doc.SetID = setID(v)
	doc.Size = size(doc, v)
	chain := bootFacts(doc, v)
	files(doc, v, globs, contents)
	removed(doc, v, globs, contents)
	doc.Selection.Usages = usages(v, request.Usage())
	runtimeFacts(doc, v, chain)
	doc.Unreadable = unreadable(chain, doc.Runtime.Native, doc.Handler.Targets, bootInput(doc).Env, v.atRunTime())
	doc.ForeignModules = foreignModules(chain, doc.Platform.Architecture, bootInput(doc).Env, v.atRunTime())
	doc.Uncompiled = uncompiled(chain, bootInput(doc).Env, v.atRunTime())
	doc.Extensions = extensions(doc, v)
	doc.Lifecycle = lifecycleFacts(doc.Runtime.Base.Runtime, v)
	return nil
}

func size(doc *Image, v *view) Size {
	out := Size{Known: doc.Complete, TopShadowed: []ShadowedFile{}}
	for _, l := range doc.Layers {
		out.LayersSum += max(0, l.Size)
	}
	// A file with several names takes its bytes once.
	counted := make(map[rootfs.Ref]bool)
	v.All(func(n rootfs.Node) bool {
		out.Files++
		if n.Entry != nil && n.Entry.Type == layer.File && !counted[n.Ref] {
			counted[n.Ref] = true
			out.Flattened += n.Entry.Size
		}
		return true
	})
	for _, h := range v.Hidden() {
		if counted[h.Ref] {
			continue // another name still shows the bytes
		}
		entry := v.HiddenEntry(h)
		out.Shadowed += entry.Size
		out.TopShadowed = append(out.TopShadowed, ShadowedFile{Path: h.Path, Size: entry.Size, Layer: h.Layer, By: h.By})
	}
	slices.SortStableFunc(out.TopShadowed, func(a, b ShadowedFile) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Layer, b.Layer))
	})
	out.TopShadowed = out.TopShadowed[:min(10, len(out.TopShadowed))]
	return out
}

// setID lists the regular files that run with other rights than their caller's.
func setID(v *view) []SetIDFile {
	out := []SetIDFile{}
	v.All(func(n rootfs.Node) bool {
		if e := n.Entry; e != nil && e.Type == layer.File && e.Mode&0o6000 != 0 {
			out = append(out, SetIDFile{Path: n.Path, ModeText: fmt.Sprintf("%04o", e.Mode), UID: e.UID, GID: e.GID, Layer: n.Layer})
		}
		return true
	})
	return out
}

func usages(v *view, directories []string) []Usage {
	out := []Usage{}
	for _, dir := range directories {
		usage := Usage{Directory: dir, TopLayer: -1}
		byLayer := make(map[int]int64)
		v.Under(dir, func(n rootfs.Node) bool {
			if n.IsDir() {
				return true
			}
			usage.Files++
			if n.Entry.Type == layer.File {
				usage.Bytes += n.Entry.Size
				byLayer[n.Layer] += n.Entry.Size
			}
			return true
		})
		for l, bytes := range byLayer {
			if usage.TopLayer < 0 || bytes > byLayer[usage.TopLayer] || bytes == byLayer[usage.TopLayer] && l < usage.TopLayer {
				usage.TopLayer = l
			}
		}
		out = append(out, usage)
	}
	return out
}

// files lists the visible files that match, and those that the boot chain
// starts, each with what Lambda's user may
// do with it.
func files(doc *Image, v *view, globs, contents *selector) {
	doc.Index.ByPath = make(map[string]int)
	steps := make(map[string]bool)
	for _, step := range doc.Boot.Steps {
		steps[step.Resolved] = true
	}
	v.All(func(n rootfs.Node) bool {
		if steps[n.Path] || globs.match(n.Path) {
			file := fileFacts(v, n)
			if contents.match(n.Path) {
				file.Content, file.ContentOmitted = text(v, n)
			}
			doc.Files = append(doc.Files, file)
		}
		return true
	})
	slices.SortFunc(doc.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	for i := range doc.Files {
		doc.Index.ByPath[doc.Files[i].Path] = i
	}
}

func fileFacts(v *view, n rootfs.Node) File {
	out := File{Path: n.Path, Type: "directory", Layer: n.Layer, Mode: 0o755, ModeText: "0755", Readable: true, Executable: true}
	if n.Entry != nil {
		e := n.Entry
		out.Type, out.Mode, out.ModeText = e.Type.String(), int(e.Mode), fmt.Sprintf("%04o", e.Mode)
		out.UID, out.GID, out.Size, out.Target = e.UID, e.GID, e.Size, ""
		if e.Type == layer.Symlink {
			out.Target = e.Link
		}
		out.Readable, out.Executable = sandbox.May(e, sandbox.Read), sandbox.May(e, sandbox.Execute)
	}
	if end, err := v.Stat(n.Path); err == nil {
		out.Resolved = end.Path
	}
	out.Blocked = sandbox.Blocked(v, n.Path)
	out.Reachable = out.Blocked == ""
	return out
}

func removed(doc *Image, v *view, globs, contents *selector) {
	for _, h := range v.Hidden() {
		if !globs.match(h.Path) {
			continue
		}
		entry := v.HiddenEntry(h)
		out := RemovedFile{Path: h.Path, Size: entry.Size, Layer: h.Layer}
		if contents.match(h.Path) {
			out.Content, out.ContentOmitted = text(v, rootfs.Node{Ref: h.Ref, Path: h.Path, Entry: entry})
		}
		doc.Removed = append(doc.Removed, out)
	}
	slices.SortStableFunc(doc.Removed, func(a, b RemovedFile) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Layer, b.Layer)) })
}

// unusual lists entries that a strict unpacker refuses or trips over, folded
// by directory.
func unusual(v *view) []UnusualEntry {
	fold := &folder{list: []UnusualEntry{}, at: make(map[[3]string]int)}
	for _, ref := range v.Orphans() {
		entry := v.reader.indexes[ref.Layer].Entries[ref.Entry]
		if entry.RawName != "" {
			continue // its directory is not what the name says
		}
		fold.add(UnusualEntry{Kind: "missing-parent", Layer: ref.Layer, Path: entry.Path, Directory: path.Dir(entry.Path)})
	}
	for i, index := range v.reader.indexes {
		if index != nil {
			unusualIn(fold, i, index)
		}
	}
	slices.SortStableFunc(fold.list, func(a, b UnusualEntry) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Directory, b.Directory))
	})
	return fold.list
}

const (
	// maxName is what ext4 allows for one name, in bytes.
	maxName = 255
	// maxPath is PATH_MAX without its final zero byte.
	maxPath = 4095
)

func unusualIn(fold *folder, n int, index *layer.Index) {
	var seen map[string]bool
	for i := range index.Entries {
		e := &index.Entries[i]
		add := func(kind, detail string) {
			fold.add(UnusualEntry{Kind: kind, Layer: n, Path: e.Path, Directory: path.Dir(e.Path), Detail: detail})
		}
		if e.RawName != "" {
			add("unsafe-name", e.RawName)
		}
		if length := len(path.Base(e.Path)); length > maxName {
			add("long-name", fmt.Sprint(length))
		} else if len(e.Path) > maxPath {
			add("long-name", fmt.Sprint(len(e.Path)))
		}
		switch e.Type {
		case layer.CharDevice, layer.BlockDevice, layer.FIFO, layer.Other:
			add("special-file", e.Type.String())
		case layer.Hardlink:
			if seen == nil {
				seen = pathsBefore(index, i)
			}
			if !seen[e.Link] {
				add("missing-hardlink-target", e.Link)
			}
		}
		if seen != nil {
			seen[e.Path] = true
		}
	}
}

func pathsBefore(index *layer.Index, end int) map[string]bool {
	seen := make(map[string]bool, end)
	for i := range end {
		seen[index.Entries[i].Path] = true
	}
	return seen
}

// folder folds entries of one kind, layer and directory into one record.
type folder struct {
	list []UnusualEntry
	at   map[[3]string]int
}

func (f *folder) add(e UnusualEntry) {
	key := [3]string{e.Kind, fmt.Sprint(e.Layer), e.Directory}
	if i, ok := f.at[key]; ok {
		f.list[i].Count++
		return
	}
	e.Count = 1
	f.at[key] = len(f.list)
	f.list = append(f.list, e)
}
