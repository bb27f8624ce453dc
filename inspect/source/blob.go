package source

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The most bytes that are read of a document. A registry such as ECR takes
// manifests of 4 MiB at most (PutImage, imageManifest); a configuration has no
// bound of its own, those met in practice stay far below a mebibyte.
const (
	maxManifest = 4 << 20
	maxConfig   = 8 << 20
)

// Blobs finds blobs by their descriptors: a layout on disk or in an archive, a
// registry, a recipe in memory.
type Blobs interface {
	// Blob finds the blob that the descriptor points to. The error wraps
	// fs.ErrNotExist where it is known not to be there.
	Blob(context.Context, v1.Descriptor) (Blob, error)
}

// Blob is a blob that has been found and not yet read.
type Blob struct {
	// Open starts reading the stored bytes.
	Open func(context.Context) (io.ReadCloser, error)
	// At gives random access to the stored bytes; nil where there is none.
	At io.ReaderAt
	// Size is the number of the stored bytes, -1 where unknown.
	Size int64
	// Verified is true where the reader from Open compares the digest itself.
	Verified bool
}

// sectionBlob makes a blob of something with random access.
func sectionBlob(at io.ReaderAt, size int64) Blob {
	open := func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(at, 0, size)), nil
	}
	return Blob{Open: open, At: at, Size: size}
}

// readBlob reads a document whole, with its digest verified.
func readBlob(ctx context.Context, blobs Blobs, d v1.Descriptor, limit int64) ([]byte, error) {
	if d.Size > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read of such a document", d.Digest, d.Size, limit)
	}
	blob, err := blobs.Blob(ctx, d)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the blob %s is missing: copy or push the image again", d.Digest)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Digest, err)
	}
	reader, err := openVerified(ctx, blob, d, d.Digest.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }()
	content, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s has more than the %d bytes that are read of such a document", d.Digest, limit)
	}
	return content, nil
}

// openVerified opens a blob so that reading it ends in an error instead of
// io.EOF where the bytes are not those of the descriptor. Errors begin with
// what.
func openVerified(ctx context.Context, blob Blob, d v1.Descriptor, what string) (io.ReadCloser, error) {
	inner, err := blob.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	reader := &verifyingReader{inner: inner, ctx: ctx, want: d, what: what}
	if blob.Verified {
		return reader, nil
	}
	reader.hash, err = v1.Hasher(d.Digest.Algorithm)
	if err != nil {
		_ = inner.Close()
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return reader, nil
}

// verifyingReader passes bytes through and compares their number and their
// digest at the end.
type verifyingReader struct {
	inner io.ReadCloser
	ctx   context.Context
	hash  hash.Hash // nil where inner verifies
	want  v1.Descriptor
	what  string
	n     int64
	err   error
}

func (r *verifyingReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if err := r.ctx.Err(); err != nil {
		r.err = fmt.Errorf("%s: %w", r.what, err)
		return 0, r.err
	}
	n, err := r.inner.Read(p)
	r.n += int64(n)
	if r.hash != nil {
		r.hash.Write(p[:n])
	}
	switch {
	case r.n > r.want.Size:
		r.err = fmt.Errorf("%s: there are more bytes than the %d that its descriptor states", r.what, r.want.Size)
	case errors.Is(err, io.EOF):
		r.err = r.end()
	case err != nil:
		r.err = fmt.Errorf("%s: after %d of %d bytes: %w", r.what, r.n, r.want.Size, err)
	}
	return n, r.err
}

// end compares what has been read with the descriptor.
func (r *verifyingReader) end() error {
	if r.n != r.want.Size {
		return fmt.Errorf("%s: the bytes end after %d of the %d that its descriptor states", r.what, r.n, r.want.Size)
	}
	if r.hash == nil {
		return io.EOF
	}
	if got := hex.EncodeToString(r.hash.Sum(nil)); got != r.want.Digest.Hex {
		return fmt.Errorf("%s: the bytes have the digest %s:%s, the manifest says %s: copy or push the image again",
			r.what, r.want.Digest.Algorithm, got, r.want.Digest)
	}
	return io.EOF
}

func (r *verifyingReader) Close() error { return r.inner.Close() }
