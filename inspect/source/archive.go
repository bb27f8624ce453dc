package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Bounds of an archive of images: docker save writes three entries for a
// layer, an OCI archive one.
const (
	maxArchiveEntries = 100_000
	maxArchiveLinks   = 16
	maxArchiveName    = 4096
)

// The files that tell what an archive is.
const (
	dockerManifest = "manifest.json"
	dockerNames    = "repositories"
	layoutIndex    = "index.json"
	layoutMark     = "oci-layout"
)

// archive is an uncompressed tar archive of images, indexed once by seeking
// from header to header.
type archive struct {
	at      io.ReaderAt
	size    int64
	entries map[string]archiveEntry
}

type archiveEntry struct {
	offset, size int64
	// link is the entry that a symbolic or hard link leads to, "" for a file.
	link string
}

// openArchive opens an uncompressed archive. Without a kind what it holds
// tells its kind; manifest.json goes first, for an archive that is both.
func openArchive(ctx context.Context, kind Kind, at io.ReaderAt, size int64, ref string, opts Options) (*Image, error) {
	a, err := readArchive(ctx, at, size)
	if err != nil {
		return nil, err
	}
	isDocker, isLayout := a.has(dockerManifest), a.has(layoutIndex)
	switch {
	case !isDocker && !isLayout:
		return nil, a.noImage()
	case kind == DockerArchive && !isDocker:
		return nil, errors.New("the archive has no manifest.json, it is an OCI archive: write oci-archive:PATH")
	case kind == OCIArchive && !isLayout:
		return nil, errors.New("the archive has no index.json, it is one of docker save: write docker-archive:PATH")
	case kind == "" && isDocker:
		kind = DockerArchive
	case kind == "":
		kind = OCIArchive
	}
	if isDocker {
		return openDockerArchive(ctx, kind, a, ref, opts)
	}
	index, err := a.read(layoutIndex, maxManifest)
	if err != nil {
		return nil, err
	}
	return openTable(ctx, kind, index, ref, archiveBlobs{a}, opts)
}

// noImage says what an archive without an image probably is.
func (a *archive) noImage() error {
	if a.has("etc") || a.has("usr") || a.has("bin") {
		return errors.New("the archive is a file system, no image: use docker save, not docker export")
	}
	return errors.New("there is no image in this archive: it has neither manifest.json nor index.json; use docker save, or skopeo copy to oci-archive:FILE")
}

// readArchive indexes an archive.
func readArchive(ctx context.Context, at io.ReaderAt, size int64) (*archive, error) {
	if size == 0 {
		return nil, errors.New("it is empty: save the image again")
	}
	a := &archive{at: at, size: size, entries: make(map[string]archiveEntry)}
	section := io.NewSectionReader(at, 0, size)
	reader := tar.NewReader(section)
	for count := 0; ; count++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, archiveError(err, count)
		}
		if count >= maxArchiveEntries {
			return nil, fmt.Errorf("the archive has more than the %d entries that are read of an archive of images: use docker save, not docker export", maxArchiveEntries)
		}
		offset, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		if err := a.add(header, offset); err != nil {
			return nil, err
		}
	}
}

// add notes one entry. The last of several alike holds, as for tar itself.
func (a *archive) add(h *tar.Header, offset int64) error {
	if len(h.Name) > maxArchiveName || len(h.Linkname) > maxArchiveName {
		return fmt.Errorf("the archive has a name of more than %d bytes", maxArchiveName)
	}
	name := archiveName(h.Name)
	switch h.Typeflag {
	case tar.TypeReg:
		for key := range h.PAXRecords {
			if strings.HasPrefix(key, "GNU.sparse.") {
				return fmt.Errorf("%s is a sparse entry, which archives of images do not have: save the image again", printable(name))
			}
		}
		if offset+h.Size > a.size {
			return errCutOff
		}
		a.entries[name] = archiveEntry{offset: offset, size: h.Size}
	case tar.TypeSymlink:
		a.entries[name] = archiveEntry{link: archiveName(path.Join(path.Dir("/"+name), h.Linkname))}
	case tar.TypeLink:
		a.entries[name] = archiveEntry{link: archiveName(h.Linkname)}
	case tar.TypeDir:
		a.entries[name] = archiveEntry{size: -1}
	}
	return nil
}

// archiveName makes x, ./x and /x the same; nothing leads out of the archive.
func archiveName(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

var errCutOff = errors.New("the archive is cut off: copy or save it again")

func archiveError(err error, entries int) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errCutOff
	case entries == 0 && errors.Is(err, tar.ErrHeader):
		return errors.New("this is no tar archive, neither plain nor compressed by gzip or zstd: use docker save, or skopeo copy to oci-archive:FILE")
	case errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("the archive is damaged behind entry %d: copy or save it again", entries)
	}
	return fmt.Errorf("reading the archive: %w", err)
}

func (a *archive) has(name string) bool {
	_, found := a.entries[name]
	return found
}

// find follows links to a file.
func (a *archive) find(name string) (archiveEntry, error) {
	for range maxArchiveLinks {
		e, found := a.entries[name]
		switch {
		case !found:
			return archiveEntry{}, fs.ErrNotExist
		case e.link == "" && e.size < 0:
			return archiveEntry{}, errors.New("it is a directory")
		case e.link == "":
			return e, nil
		}
		name = e.link
	}
	return archiveEntry{}, fmt.Errorf("it is behind more than %d links", maxArchiveLinks)
}

// blob finds a file of the archive as a blob.
func (a *archive) blob(name string) (Blob, error) {
	e, err := a.find(name)
	if err != nil {
		return Blob{}, err
	}
	return sectionBlob(io.NewSectionReader(a.at, e.offset, e.size), e.size), nil
}

// read reads a small file of the archive whole.
func (a *archive) read(name string, limit int64) ([]byte, error) {
	e, err := a.find(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing in the archive: save the image again", printable(name))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable(name), err)
	}
	if e.size > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read of such a file", printable(name), e.size, limit)
	}
	content := make([]byte, e.size)
	if n, err := a.at.ReadAt(content, e.offset); n < len(content) {
		return nil, fmt.Errorf("reading %s: %w", printable(name), err)
	}
	return content, nil
}

// archiveBlobs are the blobs of an OCI layout in an archive.
type archiveBlobs struct{ archive *archive }

func (b archiveBlobs) Blob(_ context.Context, d v1.Descriptor) (Blob, error) {
	return b.archive.blob(blobPath(d.Digest))
}

// blobPath is where an OCI image layout keeps a blob (image-spec, image-layout.md).
func blobPath(digest v1.Hash) string { return path.Join("blobs", digest.Algorithm, digest.Hex) }
