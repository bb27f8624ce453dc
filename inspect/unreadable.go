package inspect

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/handler"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// UnreadableFiles are files that Lambda's user cannot read though the function
// likely needs them. All that lie below one directory are one record.
type UnreadableFiles struct {
	// Directory is the directory that they share: the task root, /opt or the working directory, or a directory in it.
	Directory string `json:"directory"`
	// Path is the first of them.
	Path string `json:"path"`
	// Kind is file, directory (it cannot be entered or listed), or symlink (what it leads to cannot be read).
	Kind string `json:"kind"`
	// At is the path whose mode keeps Lambda's user out: the first file itself, where its link leads, or a directory above.
	At string `json:"at"`
	// ModeText is the mode of that path as four octal digits.
	ModeText string `json:"mode_text"`
	// UID is the number of that path's owner.
	UID int `json:"uid"`
	// GID is the number of that path's group.
	GID int `json:"gid"`
	// Layer is the index of the layer that holds the first of them, -1 where none does.
	Layer int `json:"layer"`
	// Count is how many files there are, those in closed directories included.
	Count int `json:"count"`
}

// systemDirs hold much that is not for everybody and nothing of the function:
// one of them as the working directory is where a builder began.
var systemDirs = []string{"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/proc", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var"}

// unreadable lists what Lambda's user cannot read in the task root, in /opt and
// in the working directory. What already stops the boot chain or the
// handler is left out: it
// has one cause and is told there.
func unreadable(chain *boot.Chain, native NativeModule, targets []HandlerTarget, env map[string]string, files boot.Files) []UnreadableFiles {
	u := &unreadableWalk{files: files, at: make(map[string]int), told: make(map[string]bool), out: []UnreadableFiles{}}
	u.told[chain.WorkingDir.Detail] = chain.WorkingDir.Problem != ""
	for _, step := range chain.Steps {
		if step.Problem != "" {
			u.told[step.Path], u.told[step.Resolved], u.told[step.Detail] = true, true, true
		}
	}
	u.told[native.Path] = native.Problem != ""
	for _, target := range targets {
		if target.Problem == handler.Unreadable {
			u.told[target.File], u.told[target.Detail] = true, true
		}
	}
	for _, root := range functionDirs(chain, env, files) {
		u.walk(root)
	}
	slices.SortFunc(u.out, func(a, b UnreadableFiles) int { return cmp.Compare(a.Directory, b.Directory) })
	return u.out
}

// functionDirs are the directories that hold the function, none of them below
// another one.
func functionDirs(chain *boot.Chain, env map[string]string, files boot.Files) []string {
	candidates := []string{"/opt", cmp.Or(env["LAMBDA_TASK_ROOT"], "/var/task")}
	if chain.WorkingDir.Problem == "" {
		candidates = append(candidates, chain.WorkingDir.Path)
	}
	var roots []string
	for _, dir := range candidates {
		node, err := files.Stat(dir)
		if err == nil && node.IsDir() && !slices.Contains(systemDirs, node.Path) {
			roots = append(roots, node.Path)
		}
	}
	return slices.DeleteFunc(roots, func(dir string) bool {
		return slices.ContainsFunc(roots, func(other string) bool { return strings.HasPrefix(dir, other+"/") })
	})
}

type unreadableWalk struct {
	files boot.Files
	seen  []string
	told  map[string]bool
	at    map[string]int
	out   []UnreadableFiles
}

func (u *unreadableWalk) walk(root string) {
	if slices.Contains(u.seen, root) {
		return
	}
	u.seen = append(u.seen, root)
	node, err := u.files.Stat(root)
	if err != nil {
		return
	}
	if closed := sandbox.Blocked(u.files, path.Join(root, "x")); closed != "" {
		if u.told[closed] {
			return
		}
		if at, err := u.files.Stat(closed); err == nil {
			u.add(root, node, at, "directory", u.below(root))
		}
		return
	}
	u.files.Under(root, func(n rootfs.Node) bool { return u.file(root, n) })
}

// file looks at one file, and reports whether to look at what lies below it.
func (u *unreadableWalk) file(root string, n rootfs.Node) bool {
	if u.told[n.Path] || n.Entry == nil {
		return !u.told[n.Path]
	}
	switch n.Entry.Type {
	case layer.Directory:
		if sandbox.May(n.Entry, sandbox.Read|sandbox.Execute) {
			return true
		}
		u.add(root, n, n, "directory", u.below(n.Path))
		return false
	case layer.File:
		if !sandbox.May(n.Entry, sandbox.Read) {
			u.add(root, n, n, "file", 1)
		}
	case layer.Symlink:
		u.link(root, n)
	}
	return true
}

// link looks at where a symbolic link leads, where that is no place that is
// looked at anyhow.
func (u *unreadableWalk) link(root string, n rootfs.Node) {
	end, err := u.files.Stat(n.Path)
	if err != nil || u.told[end.Path] || strings.HasPrefix(end.Path+"/", root+"/") {
		return
	}
	if closed := sandbox.Blocked(u.files, end.Path); closed != "" {
		if at, err := u.files.Stat(closed); err == nil && !u.told[closed] {
			u.add(root, n, at, "symlink", 1)
		}
	} else if end.Entry != nil && !sandbox.May(end.Entry, sandbox.Read) {
		u.add(root, n, end, "symlink", 1)
	}
}

func (u *unreadableWalk) below(dir string) int {
	count := 0
	u.files.Under(dir, func(n rootfs.Node) bool {
		if !n.IsDir() {
			count++
		}
		return true
	})
	return count
}

// add folds a file into the record of its directory. An empty directory is no
// loss.
func (u *unreadableWalk) add(root string, n, at rootfs.Node, kind string, count int) {
	if count == 0 {
		return
	}
	dir := root
	if first, _, deeper := strings.Cut(strings.TrimPrefix(n.Path, root+"/"), "/"); n.Path != root && (deeper || kind == "directory") {
		dir = path.Join(root, first)
	}
	if i, ok := u.at[dir]; ok {
		u.out[i].Count += count
		return
	}
	u.at[dir] = len(u.out)
	record := UnreadableFiles{Directory: dir, Path: n.Path, Kind: kind, At: at.Path, Layer: n.Layer, Count: count}
	if at.Entry != nil {
		record.ModeText, record.UID, record.GID = fmt.Sprintf("%04o", at.Entry.Mode), at.Entry.UID, at.Entry.GID
	}
	u.out = append(u.out, record)
}
