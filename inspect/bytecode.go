package inspect

import (
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// UncompiledSources are Python sources without bytecode beside them.
type UncompiledSources struct {
	// Directory is where they lie: a directory of the function, or one into which packages are installed.
	Directory string `json:"directory"`
	// Path is the first of them.
	Path string `json:"path"`
	// Layer is the index of the layer that holds the first of them.
	Layer int `json:"layer"`
	// Count is how many sources have no bytecode.
	Count int `json:"count"`
	// Bytes is the sum of their sizes.
	Bytes int64 `json:"bytes"`
	// Compiled is how many sources of the directory have bytecode.
	Compiled int `json:"compiled"`
}

// uncompiled looks for Python sources that have to be compiled at each cold
// start: in the function's directories, and where pip installs packages. What
// AWS's base images bring in /var/lang is theirs.
func uncompiled(chain *boot.Chain, env map[string]string, files boot.Files) []UncompiledSources {
	roots := functionDirs(chain, env, files)
	for _, lib := range []string{"/usr/lib", "/usr/local/lib"} {
		files.Under(lib, func(n rootfs.Node) bool {
			base := path.Base(n.Path)
			if n.IsDir() && (base == "site-packages" || base == "dist-packages") {
				roots = append(roots, n.Path)
				return false
			}
			return n.IsDir() && strings.Count(n.Path, "/") <= 4 && (path.Dir(n.Path) == lib && strings.HasPrefix(base, "python"))
		})
	}
	out := []UncompiledSources{}
	seen := make(map[string]bool)
	for _, root := range roots {
		node, err := files.Stat(root)
		if err != nil || seen[node.Path] {
			continue
		}
		seen[node.Path] = true
		if record := uncompiledIn(node.Path, files); record.Count > 0 {
			out = append(out, record)
		}
	}
	slices.SortFunc(out, func(a, b UncompiledSources) int { return strings.Compare(a.Directory, b.Directory) })
	return out
}

func uncompiledIn(root string, files boot.Files) UncompiledSources {
	var sources []rootfs.Node
	compiled := make(map[string]bool)
	files.Under(root, func(n rootfs.Node) bool {
		switch {
		case n.Entry == nil || n.Entry.Type != layer.File:
		case strings.HasSuffix(n.Path, ".py") && n.Entry.Size > 0:
			sources = append(sources, n)
		case strings.HasSuffix(n.Path, ".pyc"):
			compiled[sourceOf(n.Path)] = true
		}
		return true
	})
	record := UncompiledSources{Directory: root, Layer: -1}
	for _, n := range sources {
		if compiled[n.Path] {
			record.Compiled++
			continue
		}
		if record.Count == 0 {
			record.Path, record.Layer = n.Path, n.Layer
		}
		record.Count++
		record.Bytes += n.Entry.Size
	}
	return record
}

// sourceOf gives the source of a bytecode file, whatever version of Python it
// is for: __pycache__/a.cpython-312.opt-1.pyc belongs to a.py (PEP 3147).
func sourceOf(bytecode string) string {
	dir, base := path.Split(bytecode)
	stem, _, _ := strings.Cut(base, ".")
	return path.Join(path.Dir(path.Clean(dir)), stem+".py")
}
