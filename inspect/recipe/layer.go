package recipe

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// layerBuild is a layer in the making: tar entries whose large contents are
// runs of zeros that are never held.
type layerBuild struct {
	pieces    []piece
	size      int64
	mediaType string // "" for the one that fits the compression
	stored    string // none, gzip, zstd
	lie       string // what the configuration or the manifest says wrongly
	missing   bool
	comment   string
}

// piece is a run of bytes, or of zeros.
type piece struct {
	at    int64
	data  []byte
	zeros int64
}

func (l *layerBuild) add(data []byte) {
	l.pieces = append(l.pieces, piece{at: l.size, data: data})
	l.size += int64(len(data))
}

func (l *layerBuild) addZeros(n int64) {
	if n > 0 {
		l.pieces = append(l.pieces, piece{at: l.size, zeros: n})
		l.size += n
	}
}

// ReadAt reads the uncompressed archive.
func (l *layerBuild) ReadAt(p []byte, off int64) (int, error) {
	if off >= l.size {
		return 0, io.EOF
	}
	n := 0
	i := l.find(off)
	for n < len(p) && i < len(l.pieces) {
		x := l.pieces[i]
		within := off + int64(n) - x.at
		if x.data != nil {
			n += copy(p[n:], x.data[within:])
		} else {
			run := min(int64(len(p)-n), x.zeros-within)
			clear(p[n : n+int(run)])
			n += int(run)
		}
		i++
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (l *layerBuild) find(off int64) int {
	low, high := 0, len(l.pieces)
	for low+1 < high {
		middle := (low + high) / 2
		if l.pieces[middle].at <= off {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// layer makes the layer of an instruction, nil where it has no entries.
func (r *Recipe) layer(b *build, l line) (*layerBuild, error) {
	layer := &layerBuild{stored: "gzip"}
	wrote := false
	for _, entry := range l.entries {
		done, err := r.layerOption(layer, entry)
		if err != nil {
			return nil, err
		}
		if done {
			continue
		}
		wrote = true
		if err := r.entry(b, layer, entry); err != nil {
			return nil, err
		}
	}
	if !wrote && l.keyword != "COPY" && l.keyword != "ADD" && l.keyword != "RUN" {
		return nil, nil
	}
	layer.addZeros(1024)
	return layer, nil
}

// layerOption reads a line that says something of the layer as a whole.
func (r *Recipe) layerOption(layer *layerBuild, e entryLine) (bool, error) {
	value := ""
	if len(e.words) > 1 {
		value = strings.TrimPrefix(e.words[1], `"`)
	}
	switch e.words[0] {
	case "as":
		layer.mediaType = value
	case "stored":
		if value != "none" && value != "gzip" && value != "zstd" {
			return false, r.errorAt(e.number, 1, "stored none, gzip or zstd, not %q", value)
		}
		layer.stored = value
	case "lie":
		if value != "diff-id" && value != "digest" && value != "count" {
			return false, r.errorAt(e.number, 1, "lie diff-id, digest or count, not %q", value)
		}
		layer.lie = value
	case "missing":
		layer.missing = true
	case "layer-annotation":
		layer.comment = value
	default:
		return false, nil
	}
	return true, nil
}

// entry writes one entry, and the directories above it that are not there yet.
func (r *Recipe) entry(b *build, layer *layerBuild, e entryLine) error {
	words := slices.Clone(e.words) // a recipe can be built more than once
	bare := words[0] == "bare"
	if bare {
		words = words[1:]
	}
	if len(words) < 2 {
		return r.errorAt(e.number, 1, "an entry is written MODE PATH [CONTENT], link PATH -> TARGET, hardlink PATH -> TARGET, gone PATH, opaque PATH, fifo PATH or device PATH")
	}
	header := &tar.Header{Format: tar.FormatPAX, Typeflag: tar.TypeReg}
	content := words[2:]
	switch words[0] {
	case "link", "hardlink":
		if len(words) != 4 || words[2] != "->" {
			return r.errorAt(e.number, 1, "%s is written %s PATH -> TARGET", words[0], words[0])
		}
		header.Typeflag, header.Mode = tar.TypeSymlink, 0o777
		header.Linkname = strings.TrimPrefix(words[3], `"`)
		if words[0] == "hardlink" {
			header.Typeflag, header.Mode = tar.TypeLink, 0o644
			header.Linkname = strings.TrimPrefix(header.Linkname, "/")
		}
		content = nil
	case "gone":
		b.remove(path.Clean(words[1]))
		dir, base := path.Split(words[1])
		words[1] = dir + ".wh." + base
		bare = true
	case "opaque":
		words[1] = path.Join(words[1], ".wh..wh..opq")
	case "fifo":
		header.Typeflag, header.Mode = tar.TypeFifo, 0o644
	case "device":
		header.Typeflag, header.Mode = tar.TypeChar, 0o644
		header.Devmajor, header.Devminor = 1, 3
	default:
		mode, err := strconv.ParseInt(words[0], 8, 32)
		if err != nil {
			return r.errorAt(e.number, 1, "%q is no mode in octal digits, nor link, hardlink, gone, opaque, fifo, device, bare, as, stored, lie or missing", words[0])
		}
		header.Mode = mode
		if uid, gid, ok := owner(words[1]); ok {
			header.Uid, header.Gid = uid, gid
			words = append([]string{words[0]}, words[2:]...)
			if len(words) < 2 {
				return r.errorAt(e.number, 1, "there is no path behind the owner")
			}
			content = words[2:]
		}
	}
	name, raw := strings.CutPrefix(words[1], `"`)
	if raw {
		// A name in quotes is written as it is.
		header.Name = name
	} else {
		if !path.IsAbs(name) {
			return r.errorAt(e.number, 1, "the path %q must be absolute (or in quotes, to be written as it is)", name)
		}
		header.Name = strings.TrimPrefix(name, "/")
		if !bare {
			r.parents(b, layer, path.Dir(path.Clean(name)), e.number)
		}
	}
	if strings.HasSuffix(name, "/") {
		header.Typeflag = tar.TypeDir
	}
	clean := path.Clean("/" + header.Name)
	for dir := path.Dir(clean); !b.exists[dir]; dir = path.Dir(dir) {
		if _, ok := b.files[dir]; !ok || b.removed[dir] {
			b.files[dir] = e.number // a directory without an entry comes with what lies in it
			delete(b.removed, dir)
		}
	}
	b.exists[clean] = true
	b.files[clean] = e.number
	return r.write(layer, header, e.number, content)
}

// remove notes that a path and what lies below it are hidden. The lines that
// wrote them stay known, for findings on removed files.
func (b *build) remove(p string) {
	for name := range b.exists {
		if name == p || strings.HasPrefix(name, p+"/") {
			delete(b.exists, name)
			b.removed[name] = true
		}
	}
}

func owner(word string) (uid, gid int, ok bool) {
	u, g, found := strings.Cut(word, ":")
	if !found {
		return 0, 0, false
	}
	uid, err1 := strconv.Atoi(u)
	gid, err2 := strconv.Atoi(g)
	return uid, gid, err1 == nil && err2 == nil
}

// parents writes the directories above an entry, as builders do.
func (r *Recipe) parents(b *build, layer *layerBuild, dir string, number int) {
	if b.exists[dir] {
		return
	}
	r.parents(b, layer, path.Dir(dir), number)
	b.exists[dir] = true
	b.files[dir] = number
	header := &tar.Header{Format: tar.FormatPAX, Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: 0o755}
	_ = writeHeader(layer, header)
}

// write writes the header and the content: nothing, a size, @section, a text
// in quotes, or an ELF file.
func (r *Recipe) write(layer *layerBuild, header *tar.Header, number int, words []string) error {
	var data []byte
	var zeros int64
	switch {
	case len(words) == 0 || header.Typeflag != tar.TypeReg:
	case words[0] == "elf":
		made, err := r.parseELF(number, words[1:])
		if err != nil {
			return err
		}
		data = made
	case len(words) > 1:
		return r.errorAt(number, 1, "what is %q behind the content? It is a size, @NAME, a text in quotes, or elf …", strings.Join(words[1:], " "))
	default:
		var err error
		if data, zeros, err = r.content(number, words[0]); err != nil {
			return err
		}
	}
	header.Size = int64(len(data)) + zeros
	if err := writeHeader(layer, header); err != nil {
		return r.errorAt(number, 1, "no archive can hold this entry: %v", err)
	}
	layer.add(data)
	layer.addZeros(zeros)
	if rest := header.Size % 512; rest != 0 {
		layer.addZeros(512 - rest)
	}
	return nil
}

func writeHeader(layer *layerBuild, header *tar.Header) error {
	var out bytes.Buffer
	if err := tar.NewWriter(&out).WriteHeader(header); err != nil {
		return err
	}
	layer.add(out.Bytes())
	return nil
}

func (r *Recipe) content(number int, word string) ([]byte, int64, error) {
	if text, ok := strings.CutPrefix(word, `"`); ok {
		return []byte(text), 0, nil
	}
	if strings.HasPrefix(word, "@") {
		data, err := r.file(number, word)
		return data, 0, err
	}
	size, err := parseSize(word)
	if err != nil {
		return nil, 0, r.errorAt(number, 1, "%q is no content: a size such as 12, 4KiB or 3MiB, @NAME of a section, a text in quotes, or elf …", word)
	}
	return nil, size, nil
}

// file gives the content of a section, named "@NAME".
func (r *Recipe) file(number int, word string) ([]byte, error) {
	name := strings.TrimPrefix(word, "@")
	data, ok := r.files[name]
	if !ok {
		return nil, r.errorAt(number, 1, "there is no section \"-- %s --\" below", name)
	}
	return data, nil
}

func parseSize(word string) (int64, error) {
	factor := int64(1)
	for suffix, f := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if number, ok := strings.CutSuffix(word, suffix); ok {
			word, factor = number, f
		}
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("no size")
	}
	return n * factor, nil
}

// hashLimit is the size in bytes above which a layer is neither compressed
// nor hashed: its digest and diff ID are made up, and it can only be read by
// seeking, as an uncompressed layer on disk is.
const hashLimit = 256 << 20

// diffID hashes the uncompressed archive.
func (l *layerBuild) diffID() string {
	h := sha256.New()
	if l.size > hashLimit {
		for _, p := range l.pieces {
			h.Write(p.data)
			fmt.Fprint(h, p.zeros)
		}
	} else {
		_, _ = io.Copy(h, io.NewSectionReader(l, 0, l.size)) // memory does not fail
	}
	return hex.EncodeToString(h.Sum(nil))
}

// blob compresses the archive as it is to be stored.
func (l *layerBuild) blob() ([]byte, error) {
	var out bytes.Buffer
	var w io.WriteCloser
	switch l.stored {
	case "zstd":
		z, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		w = z
	case "gzip":
		w = gzip.NewWriter(&out)
	default:
		w = nopCloser{&out}
	}
	if _, err := io.Copy(w, io.NewSectionReader(l, 0, l.size)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
