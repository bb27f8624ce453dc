package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The annotations by which an entry of index.json is named: the specification's
// own, which holds a tag or a whole reference, and containerd's whole reference.
const (
	refNameAnnotation   = "org.opencontainers.image.ref.name"
	imageNameAnnotation = "io.containerd.image.name"
)

// openLayout opens an OCI image layout in a directory.
func openLayout(ctx context.Context, dir, ref string, opts Options) (*Image, error) {
	if _, err := os.Stat(filepath.Join(dir, layoutMark)); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", layoutMark, pathError(err))
		}
		return nil, errors.New("this directory is no OCI layout, it has no file oci-layout: use skopeo copy to oci:DIR, or docker save to a file")
	}
	index, err := readSmallFile(filepath.Join(dir, layoutIndex), maxManifest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", layoutIndex, err)
	}
	blobs := &dirBlobs{dir: dir}
	image, err := openTable(ctx, OCIDir, index, ref, blobs, opts)
	if err != nil {
		return nil, errors.Join(err, blobs.Close())
	}
	image.OnClose(blobs.Close)
	return image, nil
}

func readSmallFile(path string, limit int64) ([]byte, error) {
	file, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it is missing in the layout: save the image again")
	}
	if err != nil {
		return nil, pathError(err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, pathError(err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("it has more than the %d bytes that are read of such a file", limit)
	}
	return content, nil
}

// openRegular refuses devices and pipes, which might never end.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	return os.Open(path)
}

// openTable opens the entry of an index.json that selector names. That file is
// a layout's table of contents; what its entry points to is the image, or the
// index, that a push would send.
func openTable(ctx context.Context, kind Kind, table []byte, selector string, blobs Blobs, opts Options) (*Image, error) {
	entries, err := readTable(table)
	if err != nil {
		return nil, err
	}
	chosen, err := selectEntry(entries, selector)
	if err != nil {
		return nil, err
	}
	return FromDescriptor(ctx, kind, chosen, blobs, opts)
}

func readTable(table []byte) ([]v1.Descriptor, error) {
	if !json.Valid(table) {
		return nil, errors.New("index.json is no valid JSON: save the image again")
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(table))
	if err != nil {
		return nil, fmt.Errorf("reading index.json: %w", quoted(err))
	}
	if len(index.Manifests) > maxChildren {
		return nil, fmt.Errorf("index.json has %d entries, more than the %d that are read", len(index.Manifests), maxChildren)
	}
	if len(index.Manifests) == 0 {
		return nil, errors.New("there is no image in this layout: index.json is empty")
	}
	return index.Manifests, nil
}

// selectEntry finds the entry that selector names, by digest, tag or whole
// reference; the only one where it is "". Entries of the same digest are one
// image under several names.
func selectEntry(entries []v1.Descriptor, selector string) (v1.Descriptor, error) {
	if selector == "" {
		images := distinct(entries, func(d v1.Descriptor) bool { return role(d) != RoleAttestation })
		if len(images) == 1 {
			return images[0], nil
		}
		if all := distinct(entries, func(v1.Descriptor) bool { return true }); len(all) == 1 {
			return all[0], nil
		}
		return v1.Descriptor{}, fmt.Errorf("there are several images: add :TAG or @DIGEST, one of %s", list(entryNames(entries)))
	}
	for _, matches := range []func(v1.Descriptor) bool{
		func(d v1.Descriptor) bool { return d.Digest.String() == selector },
		func(d v1.Descriptor) bool { return d.Annotations[refNameAnnotation] == selector },
		func(d v1.Descriptor) bool {
			return sameName(d.Annotations[imageNameAnnotation], selector) || sameName(d.Annotations[refNameAnnotation], selector)
		},
	} {
		switch found := distinct(entries, matches); len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return v1.Descriptor{}, fmt.Errorf("several images are named %s: add @DIGEST, one of %s", printable(selector), list(entryDigests(found)))
		}
	}
	return v1.Descriptor{}, notFound("no image here is named %s: there is %s", printable(selector), list(entryNames(entries)))
}

func distinct(entries []v1.Descriptor, keep func(v1.Descriptor) bool) []v1.Descriptor {
	var kept []v1.Descriptor
	seen := make(map[v1.Hash]bool)
	for _, d := range entries {
		if keep(d) && !seen[d.Digest] {
			kept = append(kept, d)
			seen[d.Digest] = true
		}
	}
	return kept
}

func entryNames(entries []v1.Descriptor) []string {
	names := make([]string, 0, len(entries))
	for _, d := range entries {
		switch {
		case d.Annotations[imageNameAnnotation] != "":
			names = append(names, d.Annotations[imageNameAnnotation])
		case d.Annotations[refNameAnnotation] != "":
			names = append(names, d.Annotations[refNameAnnotation])
		default:
			names = append(names, "@"+d.Digest.String())
		}
	}
	return names
}

func entryDigests(entries []v1.Descriptor) []string {
	digests := make([]string, 0, len(entries))
	for _, d := range entries {
		digests = append(digests, d.Digest.String())
	}
	return digests
}

// sameName reports whether two references name the same image, with Docker's
// defaults for what they leave out.
func sameName(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if a == b {
		return true
	}
	left, err := name.ParseReference(a, name.WeakValidation)
	if err != nil {
		return false
	}
	right, err := name.ParseReference(b, name.WeakValidation)
	return err == nil && left.Name() == right.Name()
}

// dirBlobs are the blobs of a layout in a directory. Their files are opened
// when they are read.
type dirBlobs struct {
	dir string

	mu   sync.Mutex
	open []*os.File
}

func (b *dirBlobs) Blob(_ context.Context, d v1.Descriptor) (Blob, error) {
	path := filepath.Join(b.dir, filepath.FromSlash(blobPath(d.Digest)))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Blob{}, fs.ErrNotExist
	}
	if err != nil {
		return Blob{}, pathError(err)
	}
	if !info.Mode().IsRegular() {
		return Blob{}, errors.New("it is no regular file")
	}
	open := func(context.Context) (io.ReadCloser, error) {
		file, err := openRegular(path)
		if err != nil {
			return nil, pathError(err)
		}
		return file, nil
	}
	return Blob{Open: open, At: &lazyFile{path: path, blobs: b}, Size: info.Size()}, nil
}

// Close closes the files that were opened for random access.
func (b *dirBlobs) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	for _, file := range b.open {
		err = errors.Join(err, file.Close())
	}
	b.open = nil
	return err
}

// lazyFile gives random access to a file that is opened at the first read.
type lazyFile struct {
	path  string
	blobs *dirBlobs

	mu   sync.Mutex
	file *os.File
}

func (l *lazyFile) ReadAt(p []byte, offset int64) (int, error) {
	file, err := l.opened()
	if err != nil {
		return 0, err
	}
	return file.ReadAt(p, offset)
}

func (l *lazyFile) opened() (*os.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		return l.file, nil
	}
	file, err := openRegular(l.path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", strings.TrimPrefix(l.path, l.blobs.dir), pathError(err))
	}
	l.file = file
	l.blobs.mu.Lock()
	l.blobs.open = append(l.blobs.open, file)
	l.blobs.mu.Unlock()
	return file, nil
}
