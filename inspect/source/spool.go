package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// maxSpooled bounds a temporary file. Lambda takes images of 10 GB at most, an
// archive may hold several.
const maxSpooled = 64 << 30

// maxZstdWindow bounds the memory that a zstd stream may ask for.
const maxZstdWindow = 128 << 20

// spooled is an archive that was copied to a temporary file of ours.
type spooled struct {
	file *os.File
	size int64
	// name is what Close has to remove; "" where the file has no name any more.
	name string
}

func (s *spooled) Close() error {
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}

// spool copies what r yields, decompressed where its first bytes are those of
// gzip or zstd, to one temporary file. total is the number of bytes that r is
// expected to yield, -1 where unknown; what names r in progress reports.
func spool(ctx context.Context, r io.Reader, what string, total int64, opts Options) (*spooled, error) {
	file, err := os.CreateTemp(opts.TempDir, "lambdalint-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	s := &spooled{file: file, name: file.Name()}
	// Where an open file can lose its name nothing is left behind, however
	// this process ends.
	if os.Remove(s.name) == nil {
		s.name = ""
	}
	metered := &meter{r: r, ctx: ctx, what: what, total: total, progress: opts.Progress}
	s.size, err = copyPlain(ctx, file, metered)
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// copyPlain returns when ctx is done even where the reader is stuck: a pipe
// cannot be interrupted. The copying ends with the next byte then.
func copyPlain(ctx context.Context, w io.Writer, r io.Reader) (int64, error) {
	type result struct {
		n   int64
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := decompressTo(w, r)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return got.n, got.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func decompressTo(w io.Writer, r io.Reader) (int64, error) {
	buffered := bufio.NewReaderSize(r, 1<<20)
	first, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, streamError("none", err)
	}
	var plain io.Reader = buffered
	compression := layer.Compression(first)
	switch compression {
	case "gzip":
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return 0, streamError(compression, err)
		}
		plain = z
	case "zstd":
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return 0, streamError(compression, err)
		}
		defer z.Close()
		plain = z
	}
	to := &errorWriter{w: w}
	n, err := io.Copy(to, io.LimitReader(plain, maxSpooled+1))
	switch {
	case to.err != nil:
		return 0, spoolError(to.err)
	case err != nil:
		return 0, streamError(compression, err)
	case n > maxSpooled:
		return 0, fmt.Errorf("the archive has more than %d bytes, the most that are copied", int64(maxSpooled))
	}
	return n, nil
}

// errorWriter remembers its error, so that it is told from the reader's.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(p []byte) (int, error) {
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}

func spoolError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("copying the archive to a temporary file: %w: point TMPDIR to a larger disk", err)
	}
	return fmt.Errorf("copying the archive to a temporary file: %w", err)
}

func streamError(compression string, err error) error {
	var read *readError
	switch {
	case errors.As(err, &read) && errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the bytes broke off before their end: try again: %w", read.err)
	case errors.As(err, &read):
		return read.err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the %s stream is cut off: copy or save the archive again", compression)
	case compression == "none":
		return err
	}
	return fmt.Errorf("the %s stream is damaged: %w: copy or save the archive again", compression, err)
}

// readError marks an error as one of the source, not of the decompressor.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// meter reports how much has been read, stops when ctx is done, and marks the
// errors of its reader.
type meter struct {
	r        io.Reader
	ctx      context.Context
	what     string
	n, total int64
	told     int64
	progress func(string, int64, int64)
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, &readError{err}
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	if m.progress != nil && (m.n-m.told >= 1<<20 || err != nil) {
		m.told = m.n
		m.progress(m.what, m.n, m.total)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = &readError{err}
	}
	return n, err
}
