// Package layer reads one layer: its tar stream becomes an index of entries,
// and questions about single files become answers. Both are pure functions of
// the layer's bytes, so both can be cached under the layer's digest.
//
// It refuses to know other layers: what hides what, where links lead and what
// a running function would see is decided in package rootfs. Nothing is ever
// unpacked to disk.
package layer

import (
	"path"
	"strings"
)

// Version is the version of the index. A cached index of another version is
// worth nothing.
const Version = 1

// Type is the type of an entry.
type Type uint8

// The types of entries. A whiteout is an ordinary entry whose name begins with
// ".wh."; see Entry.Whiteout.
const (
	File Type = iota
	Directory
	Symlink
	Hardlink
	CharDevice
	BlockDevice
	FIFO
	Other
)

// String names the type as the facts document does.
func (t Type) String() string {
	return [...]string{"file", "directory", "symlink", "hardlink", "char-device", "block-device", "fifo", "other"}[t]
}

// Entry is one entry of the layer's archive, in the order of the archive.
// Duplicates are kept.
type Entry struct {
	// Path is the entry's name made absolute and clean: "x", "./x" and "/x"
	// are all "/x", and ".." cannot leave the root.
	Path string
	// RawName is the name in the archive where cleaning changed more than the
	// leading "./" or "/" and a trailing "/"; "" otherwise.
	RawName string
	// Link is the target of a symbolic link as it is written, or the clean
	// absolute path that a hard link names.
	Link string
	// Head is the beginning of a regular file: as much as is needed to know
	// what it is (see headSize).
	Head []byte
	// Size is the size of a regular file in bytes.
	Size int64
	// Offset is where the entry's header begins in the uncompressed archive.
	Offset int64
	UID    int
	GID    int
	// Mode are the permission bits with set-uid (0o4000), set-gid (0o2000)
	// and sticky (0o1000).
	Mode uint16
	Type Type
}

// Index is what one layer's archive holds.
type Index struct {
	Entries []Entry
	// Compression is what the stored bytes were: "none", "gzip" or "zstd".
	Compression string
	// Size is the length of the uncompressed archive in bytes.
	Size int64
	// DiffID is "sha256:" and the hash of the uncompressed archive; "" where
	// the archive was walked by seeking and so was not hashed.
	DiffID string
	// Duplicates is the number of entries whose path occurs more than once.
	Duplicates int
}

const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
)

// Whiteout tells what an entry hides in the layers below: the path, and
// whether it is the directory's whole content (an opaque directory) instead of
// the path itself. ok is false for entries that are no whiteouts.
// See the OCI image specification, layer.md, "Whiteouts".
func (e *Entry) Whiteout() (hidden string, opaque, ok bool) {
	dir, base := path.Split(e.Path)
	if !strings.HasPrefix(base, whiteoutPrefix) {
		return "", false, false
	}
	if base == opaqueName {
		return path.Clean(dir), true, true
	}
	return path.Join(dir, strings.TrimPrefix(base, whiteoutPrefix)), false, true
}

// cleanName makes the name of an entry absolute and clean, and tells whether
// that changed anything but the leading "./" or "/" and a trailing "/".
func cleanName(name string) (clean string, unclean bool) {
	clean = path.Clean("/" + name)
	plain := strings.TrimSuffix(name, "/")
	plain = strings.TrimPrefix(plain, ".")
	if strings.HasPrefix(name, "..") || (strings.HasPrefix(name, ".") && plain != "" && plain[0] != '/') {
		plain = strings.TrimSuffix(name, "/")
	}
	if !strings.HasPrefix(plain, "/") {
		plain = "/" + plain
	}
	return clean, plain != clean
}

// headSize is how many bytes of a file are kept, by its first bytes: a script's
// first line, an ELF header, an SQLite header, and four bytes of anything else.
func headSize(first []byte) int {
	switch {
	case len(first) >= 2 && first[0] == '#' && first[1] == '!':
		return 256
	case strings.HasPrefix(string(first), "\x7fELF"):
		return 64
	case strings.HasPrefix(string(first), "SQLite format 3\x00"):
		return 100
	default:
		return 4
	}
}

// headMax is the most that headSize can ask for.
const headMax = 256
