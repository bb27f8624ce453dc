package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/lambdalint/lambdalint/rules"
)

// anchor is where a consumer that thinks in files of a repository is told to
// look.
type anchor struct {
	// path is relative and unescaped, with slashes.
	path string
	line int
	end  int
	// repository is true where path is a file of the repository, false where
	// it is made up of the image's name and a path inside it.
	repository bool
}

// anchorOf finds the best place for a finding: its own line of the Dockerfile,
// else the top of the Dockerfile, else the file named for the purpose, else a
// path that names the image and the file in it.
func anchorOf(im *Image, l *rules.Location, o Options) anchor {
	if l != nil && l.Dockerfile != nil {
		if p, ok := inRepository(l.Dockerfile.Path); ok {
			line := max(l.Dockerfile.Line, 1)
			return anchor{p, line, max(l.Dockerfile.EndLine, line), true}
		}
	}
	for _, file := range []string{im.Dockerfile, o.Dockerfile, o.SARIFAnchor} {
		if p, ok := inRepository(file); ok {
			return anchor{p, 1, 1, true}
		}
	}
	a := anchor{path: path.Base("/" + im.Key), line: 1, end: 1}
	if a.path == "/" {
		a.path = "image"
	}
	if l != nil && l.Path != "" {
		if inside := path.Clean("/" + l.Path); inside != "/" {
			a.path += inside
		}
		a.line = max(l.Line, 1)
		a.end = a.line
	}
	return a
}

// inRepository reports whether a path names a file below the repository's root.
func inRepository(p string) (string, bool) {
	if p == "" || path.IsAbs(p) {
		return "", false
	}
	p = path.Clean(p)
	return p, p != "." && p != ".." && !strings.HasPrefix(p, "../")
}

// uri is the anchor as a relative URI reference. Colons are escaped too: one in
// the first segment would make it a scheme.
func (a anchor) uri() string {
	segments := strings.Split(a.path, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(printable(s)), ":", "%3A")
	}
	return strings.Join(segments, "/")
}

// lineHashes gives the hashes of lines of files in the repository.
type lineHashes struct {
	sources fs.FS
	files   map[string][]string
}

// maxSource is the size of the largest file whose lines are hashed.
const maxSource = 1 << 20

// of is GitHub's hash of the line at the anchor, "" where there is no such line.
func (h *lineHashes) of(a anchor) string {
	if !a.repository || h.sources == nil {
		return ""
	}
	hashes, ok := h.files[a.path]
	if !ok {
		if info, err := fs.Stat(h.sources, a.path); err == nil && info.Mode().IsRegular() && info.Size() <= maxSource {
			if text, err := fs.ReadFile(h.sources, a.path); err == nil {
				hashes = rollingHashes(string(text))
			}
		}
		h.files[a.path] = hashes
	}
	if a.line > len(hashes) {
		return ""
	}
	return hashes[a.line-1]
}

// rollingHashes computes for each line the fingerprint that GitHub's uploader
// computes (codeql-action, "primaryLocationLineHash"): a polynomial hash over
// the 100 UTF-16 units that follow the line's start, without spaces and tabs,
// with any line break read as a line feed, an end mark and then zeros after the
// text; behind a colon, how often that hash has come up so far.
func rollingHashes(text string) []string {
	const block = 100
	units, starts := hashedUnits(text)
	seen := map[uint64]int{}
	hashes := make([]string, len(starts))
	for i, start := range starts {
		var h uint64
		for n := range block {
			h *= 37
			if start+n < len(units) {
				h += uint64(units[start+n])
			}
		}
		seen[h]++
		hashes[i] = strconv.FormatUint(h, 16) + ":" + strconv.Itoa(seen[h])
	}
	return hashes
}

// hashedUnits gives the units that count, with the end mark, and where among
// them each line starts.
func hashedUnits(text string) (units []uint16, starts []int) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	starts = []int{0}
	for _, u := range utf16.Encode([]rune(text)) {
		switch u {
		case ' ', '\t':
			continue
		case '\r':
			u = '\n'
		}
		units = append(units, u)
		if u == '\n' {
			starts = append(starts, len(units))
		}
	}
	return append(units, 0xffff), starts
}

// stableHash names a finding by what it is about, over rebuilds.
func stableHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
