package layer

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/lambdalint/lambdalint/inspect/inflate"
)

// Compression tells from a blob's first bytes how it is compressed: "none",
// "gzip" or "zstd". The media type may lie; the bytes do not.
func Compression(first []byte) string {
	switch {
	case bytes.HasPrefix(first, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(first, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	// A zstd stream may begin with skippable frames, as eStargz's sibling
	// zstd:chunked writes them.
	case len(first) >= 4 && first[0]&0xf0 == 0x50 && bytes.Equal(first[1:4], []byte{0x2a, 0x4d, 0x18}):
		return "zstd"
	default:
		return "none"
	}
}

// Read reads a layer from its stored bytes, whole: it inflates, hashes, indexes
// and answers in one pass. The last byte is always read, so that a reader that
// verifies a digest has its say.
func Read(ctx context.Context, stored io.Reader, ask Ask, bounds Bounds) (*Index, Answers, error) {
	counted := &countingReader{r: stored}
	buffered := bufio.NewReaderSize(counted, 1<<16)
	first, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("reading the first bytes: %w", err)
	}
	compression := Compression(first)
	plain, closePlain, err := decompress(buffered, compression)
	if err != nil {
		return nil, nil, err
	}
	defer closePlain()

	pipe := readAhead(ctx, &boundedReader{r: plain, stored: counted, bounds: bounds})
	defer pipe.stop()
	walker := newWalker(pipe, pipe.offset, ask, bounds)
	defer func() { _ = walker.hold.close() }()
	if err := walker.walk(ctx); err != nil {
		return nil, nil, err
	}
	// The rest of the archive is padding. It is part of the diff ID.
	if _, err := io.Copy(io.Discard, pipe); err != nil {
		return nil, nil, fmt.Errorf("reading the end of the archive: %w", err)
	}
	// A verifying reader reports a wrong digest instead of the end, even
	// behind the end of the compressed stream.
	if _, err := io.Copy(io.Discard, buffered); err != nil {
		return nil, nil, fmt.Errorf("reading the end of the blob: %w", err)
	}
	index := walker.index
	index.Compression = compression
	index.Size, index.DiffID = pipe.total, pipe.diffID()
	return index, walker.answers, nil
}

// Walk indexes an uncompressed layer by seeking over the contents of its
// files. Nothing is hashed, so the index has no diff ID.
func Walk(ctx context.Context, at io.ReaderAt, size int64, ask Ask, bounds Bounds) (*Index, Answers, error) {
	if size > bounds.Size {
		return nil, nil, &BoundError{"bytes", bounds.Size}
	}
	section := io.NewSectionReader(at, 0, size)
	offset := func() int64 {
		n, _ := section.Seek(0, io.SeekCurrent) // a section reader cannot fail at this
		return n
	}
	walker := newWalker(section, offset, ask, bounds)
	defer func() { _ = walker.hold.close() }()
	if err := walker.walk(ctx); err != nil {
		return nil, nil, err
	}
	walker.index.Compression = "none"
	walker.index.Size = size
	return walker.index, walker.answers, nil
}

// AnswerAt puts questions to single entries of an uncompressed layer that has
// been indexed by Walk.
func AnswerAt(ctx context.Context, at io.ReaderAt, size int64, index *Index, wanted map[int][]Question) (Answers, error) {
	answers := make(Answers)
	hold := &holder{}
	defer func() { _ = hold.close() }()
	for position, questions := range wanted {
		entry := &index.Entries[position]
		section := io.NewSectionReader(at, entry.Offset, size-entry.Offset)
		reader := tar.NewReader(section)
		header, err := reader.Next()
		if err != nil {
			return nil, fmt.Errorf("reading %s again: %w", entry.Path, err)
		}
		put := func(name string, a Answer) { answers.put(position, name, a) }
		if !isSparse(header) {
			// The content lies there in one piece: what asks for parts of it
			// need not have it read and held as a whole.
			start, _ := section.Seek(0, io.SeekCurrent) // a section reader cannot fail at this
			content := io.NewSectionReader(section, start, entry.Size)
			var scans []Question
			for _, q := range questions {
				if q.Scan != nil {
					scans = append(scans, q)
					continue
				}
				put(q.Name, safely(q.Name, func() ([]byte, error) { return q.Ask(content, entry.Size) }))
			}
			questions = scans
		}
		if err := answerAll(ctx, questions, reader, entry.Size, hold, put); err != nil {
			return nil, fmt.Errorf("reading %s again: %w", entry.Path, err)
		}
	}
	return answers, nil
}

func decompress(r io.Reader, compression string) (io.Reader, func(), error) {
	switch compression {
	case "gzip":
		z, err := gunzip(r)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the gzip header: %w", err)
		}
		return z, func() {}, nil
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("reading the zstd header: %w", err)
		}
		return z, z.Close, nil
	default:
		return r, func() {}, nil
	}
}

// gunzip reads gzip with the decoder of this project. LAMBDALINT_INFLATE=std
// goes back to the standard library's, so that a doubt can be settled.
func gunzip(r io.Reader) (io.Reader, error) {
	if os.Getenv("LAMBDALINT_INFLATE") == "std" {
		return gzip.NewReader(r)
	}
	return inflate.NewReader(r)
}

// walker turns a tar stream into an index and answers.
type walker struct {
	tar     *tar.Reader
	offset  func() int64
	ask     Ask
	bounds  Bounds
	index   *Index
	answers Answers
	hold    *holder
	scratch [headMax]byte
	// next is where the next header begins, as far as it is known: the last
	// entry's end. Sparse files do not tell theirs, so they are read to it.
	next int64
}

func newWalker(r io.Reader, offset func() int64, ask Ask, bounds Bounds) *walker {
	return &walker{
		tar: tar.NewReader(r), offset: offset, ask: ask, bounds: bounds,
		index: &Index{}, answers: make(Answers), hold: &holder{},
	}
}

func (w *walker) walk(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := w.tar.Next()
		if errors.Is(err, io.EOF) {
			w.finish()
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return fmt.Errorf("reading the header of entry %d%s: %w", len(w.index.Entries), w.after(), err)
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			w.next = w.offset()
			continue
		}
		if err := w.entry(ctx, header); err != nil {
			return err
		}
	}
}

func (w *walker) after() string {
	if len(w.index.Entries) == 0 {
		return ""
	}
	return " (after " + w.index.Entries[len(w.index.Entries)-1].Path + ")"
}

func (w *walker) entry(ctx context.Context, h *tar.Header) error {
	if len(w.index.Entries) >= w.bounds.Entries {
		return &BoundError{"entries", int64(w.bounds.Entries)}
	}
	if len(h.Name) > w.bounds.NameLength || len(h.Linkname) > w.bounds.NameLength {
		return &BoundError{"bytes in a name", int64(w.bounds.NameLength)}
	}
	e := newEntry(h)
	e.Offset = w.next
	start := w.offset()
	position := len(w.index.Entries)
	w.index.Entries = append(w.index.Entries, e)
	if e.Type != File {
		w.next = start
		return nil
	}
	if err := w.content(ctx, position); err != nil {
		return fmt.Errorf("reading %s: %w", e.Path, err)
	}
	w.next = start + roundUp(e.Size)
	if isSparse(h) {
		if _, err := io.Copy(io.Discard, w.tar); err != nil {
			return fmt.Errorf("reading %s: %w", e.Path, err)
		}
		w.next = start + roundUp(w.offset()-start)
	}
	return nil
}

// content keeps the head of a file and puts the questions to it.
func (w *walker) content(ctx context.Context, position int) error {
	e := &w.index.Entries[position]
	if e.Size == 0 {
		return nil
	}
	head, err := w.head(e.Size)
	if err != nil {
		return err
	}
	e.Head = slices.Clone(head[:min(len(head), headSize(head))])
	if w.ask == nil {
		return nil
	}
	questions := w.ask(position, e)
	if len(questions) == 0 {
		return nil
	}
	whole := io.MultiReader(bytes.NewReader(head), w.tar)
	put := func(name string, a Answer) { w.answers.put(position, name, a) }
	return answerAll(ctx, questions, whole, e.Size, w.hold, put)
}

// head reads as many of the first bytes as the file's kind asks for.
func (w *walker) head(size int64) ([]byte, error) {
	first := w.scratch[:min(size, 16)]
	if _, err := io.ReadFull(w.tar, first); err != nil {
		return nil, err
	}
	head := w.scratch[:min(size, int64(max(headSize(first), len(first))))]
	if _, err := io.ReadFull(w.tar, head[len(first):]); err != nil {
		return nil, err
	}
	return head, nil
}

func (w *walker) finish() {
	seen := make(map[string]bool, len(w.index.Entries))
	for i := range w.index.Entries {
		p := w.index.Entries[i].Path
		if seen[p] {
			w.index.Duplicates++
		}
		seen[p] = true
	}
}

func roundUp(n int64) int64 { return (n + 511) &^ 511 }

func isSparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

func newEntry(h *tar.Header) Entry {
	clean, unclean := cleanName(h.Name)
	e := Entry{Path: clean, UID: h.Uid, GID: h.Gid, Mode: uint16(h.Mode & 0o7777), Type: entryType(h.Typeflag)}
	if unclean {
		e.RawName = h.Name
	}
	switch e.Type {
	case File:
		e.Size = h.Size
	case Symlink:
		e.Link = h.Linkname
	case Hardlink:
		e.Link = path.Clean("/" + h.Linkname)
	}
	return e
}

func entryType(flag byte) Type {
	switch flag {
	case tar.TypeReg, '\x00', tar.TypeCont, tar.TypeGNUSparse:
		return File
	case tar.TypeDir:
		return Directory
	case tar.TypeSymlink:
		return Symlink
	case tar.TypeLink:
		return Hardlink
	case tar.TypeChar:
		return CharDevice
	case tar.TypeBlock:
		return BlockDevice
	case tar.TypeFifo:
		return FIFO
	default:
		return Other
	}
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// boundedReader stops a layer that is too large or inflates out of proportion.
type boundedReader struct {
	r      io.Reader
	stored *countingReader
	bounds Bounds
	n      int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	if b.n > b.bounds.Size {
		return n, &BoundError{"bytes", b.bounds.Size}
	}
	if b.n > b.bounds.RatioFrom && b.n/b.bounds.Ratio > b.stored.n {
		return n, &BoundError{"to 1 in expansion", b.bounds.Ratio}
	}
	return n, err
}
