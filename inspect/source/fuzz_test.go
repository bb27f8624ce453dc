package source

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// An archive of any bytes opens or is refused in one line, and every layer of
// one that opens can be read or says what is wrong.
func FuzzArchive(f *testing.F) {
	seed := &testing.T{}
	image := newFixture(seed, "arm64")
	f.Add(tarOf(seed, savedFiles(seed, image, "orders:1")...))
	f.Add(tarOf(seed, layoutFiles(indexJSON(seed, image.manifest), image.blobs)...))
	f.Fuzz(func(t *testing.T, content []byte) {
		opened, err := openArchive(context.Background(), "", bytes.NewReader(content), int64(len(content)), "", Options{})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("not fit for one line: %q", err)
			}
			return
		}
		for _, l := range opened.Layers {
			if l.Missing != "" {
				continue
			}
			reader, err := l.Blob(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, reader)
		}
	})
}
