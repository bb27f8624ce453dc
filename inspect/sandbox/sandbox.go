// Package sandbox knows the world in which Lambda starts an image: whose rights
// the function has and which way into a directory is closed to it.
//
// It refuses to know what the function does there.
package sandbox

import (
	"path"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// UID and GID are Lambda's user as AWS's emulator sets it up. AWS documents no
// more than "a default least-privileged user", so what counts is mostly the
// rights of others.
const (
	UID = 993
	GID = 990
)

// Right is a right on a file.
type Right uint16

// The rights, as in a mode's last digit.
const (
	Read    Right = 4
	Write   Right = 2
	Execute Right = 1 // to enter, for a directory
)

// May reports whether Lambda's user has a right on an entry by its mode. A
// directory without an entry of its own is open, as engines make it.
func May(e *layer.Entry, right Right) bool {
	if e == nil || e.Type == layer.Symlink {
		return true
	}
	mode := Right(e.Mode)
	switch {
	case e.UID == UID:
		mode >>= 6
	case e.GID == GID:
		mode >>= 3
	}
	return mode&right == right
}

// Files is what is needed of a file system.
type Files interface {
	Stat(p string) (rootfs.Node, error)
}

// Blocked is the topmost directory above a path that Lambda's user cannot
// enter; "" where the way is open.
func Blocked(files Files, p string) string {
	first := ""
	for dir := path.Dir(path.Clean(p)); ; dir = path.Dir(dir) {
		if n, err := files.Stat(dir); err == nil && n.IsDir() && !May(n.Entry, Execute) {
			first = n.Path
		}
		if dir == "/" {
			return first
		}
	}
}
