package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// tarMagicOffset is where the header of a tar entry has its magic (POSIX
// ustar).
const tarMagicOffset = 257

// openPath opens PATH, PATH:REF or PATH@DIGEST. Without a kind the bytes tell
// what is there.
func openPath(ctx context.Context, kind Kind, s string, opts Options) (*Image, error) {
	path, ref := splitPath(s)
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError(err)
	}
	var image *Image
	switch {
	case info.IsDir() && (kind == "" || kind == OCIDir):
		image, err = openLayout(ctx, path, ref, opts)
	case info.IsDir():
		return nil, fmt.Errorf("this is a directory, no archive: an OCI layout is oci-dir:%s", printable(path))
	case kind == OCIDir:
		return nil, fmt.Errorf("this is a file, no directory: an archive is oci-archive:%s or docker-archive:%[1]s", printable(path))
	default:
		image, err = openFile(ctx, kind, path, ref, opts)
	}
	if err != nil {
		return nil, err
	}
	image.Reference = s
	return image, nil
}

// mayBeImage reports whether something at path begins like an image. A
// repository's directory or program is often named as the image made of it.
func mayBeImage(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if info.IsDir() {
		return exists(filepath.Join(path, layoutMark))
	}
	if !info.Mode().IsRegular() {
		return true // a pipe cannot be looked into
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	var header [512]byte
	n, err := io.ReadFull(file, header[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	return layer.Compression(header[:n]) != "none" || bytes.HasPrefix(header[tarMagicOffset:], []byte("ustar"))
}

// pathError says why a path cannot be opened; the caller names the path.
func pathError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return notFound("there is no such file or directory: check the path")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("no permission to read it: check the owner and mode of the file and of its directories")
	}
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		return inPath.Err
	}
	return err
}

// openFile opens an archive: a plain one where it lies, a compressed one or a
// pipe by way of a temporary file.
func openFile(ctx context.Context, kind Kind, path, ref string, opts Options) (*Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, pathError(err)
	}
	image, keep, err := readFile(ctx, kind, file, filepath.Base(path), ref, opts)
	if !keep || err != nil {
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		if image != nil {
			_ = image.Close()
		}
		return nil, err
	}
	if keep {
		image.OnClose(file.Close)
	}
	return image, nil
}

// readFile reports with keep whether the image reads from the file itself.
func readFile(ctx context.Context, kind Kind, file *os.File, what, ref string, opts Options) (image *Image, keep bool, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, false, pathError(err)
	}
	if !info.Mode().IsRegular() {
		image, err = spoolArchive(ctx, kind, file, what, -1, ref, opts)
		return image, false, err
	}
	var first [4]byte
	n, err := file.ReadAt(first[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, pathError(err)
	}
	if layer.Compression(first[:n]) != "none" {
		image, err = spoolArchive(ctx, kind, file, what, info.Size(), ref, opts)
		return image, false, err
	}
	image, err = openArchive(ctx, kind, file, info.Size(), ref, opts)
	return image, true, err
}

// openStdin opens an archive on standard input.
func openStdin(ctx context.Context, ref string, opts Options) (*Image, error) {
	if opts.Stdin == nil {
		return nil, errors.New("there is no standard input to read")
	}
	if file, isFile := opts.Stdin.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		return nil, errors.New("standard input is a terminal: pipe an archive into it, such as docker save NAME | lambdalint check -")
	}
	image, err := spoolArchive(ctx, "", opts.Stdin, "standard input", -1, ref, opts)
	if err != nil {
		return nil, err
	}
	image.Reference = "-"
	if ref != "" {
		image.Reference = "-:" + ref
	}
	return image, nil
}

// spoolArchive copies an archive to a temporary file and opens it there.
func spoolArchive(ctx context.Context, kind Kind, r io.Reader, what string, total int64, ref string, opts Options) (*Image, error) {
	copied, err := spool(ctx, r, what, total, opts)
	if err != nil {
		return nil, err
	}
	image, err := openArchive(ctx, kind, copied.file, copied.size, ref, opts)
	if err != nil {
		return nil, errors.Join(err, copied.Close())
	}
	image.OnClose(copied.Close)
	return image, nil
}
