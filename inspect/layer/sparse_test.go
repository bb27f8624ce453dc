package layer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// TestSparseFiles reads what GNU tar makes of a file with holes, in all of its
// sparse formats: its size is that of the file, and what stands behind it in
// the archive is found by seeking too.
func TestSparseFiles(t *testing.T) {
	gnutar, err := exec.LookPath("tar")
	if err != nil {
		t.Skip("no tar on this machine")
	}
	dir := t.TempDir()
	holes, err := os.Create(filepath.Join(dir, "holes"))
	if err != nil {
		t.Fatal(err)
	}
	const size = 3 << 20
	for _, at := range []int64{0, 1 << 20, 2<<20 + 512} {
		if _, err := holes.WriteAt([]byte("data"), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := holes.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if err := holes.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "after"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, format := range [][]string{{"--format=gnu"}, {"--format=posix", "--sparse-version=0.0"}, {"--format=posix", "--sparse-version=0.1"}, {"--format=posix", "--sparse-version=1.0"}} {
		t.Run(fmt.Sprint(format), func(t *testing.T) {
			archive := filepath.Join(dir, "out.tar")
			args := append(append([]string{"--sparse", "-C", dir, "-cf", archive}, format...), "holes", "after")
			if out, err := exec.Command(gnutar, args...).CombinedOutput(); err != nil {
				t.Skipf("this tar makes no sparse archives: %v: %s", err, out)
			}
			data, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > size/2 {
				t.Skip("this file system has no holes")
			}
			streamed, _, err := Read(context.Background(), bytes.NewReader(data), nil, DefaultBounds())
			if err != nil {
				t.Fatal(err)
			}
			walked, _, err := Walk(context.Background(), bytes.NewReader(data), int64(len(data)), nil, DefaultBounds())
			if err != nil {
				t.Fatal(err)
			}
			if len(streamed.Entries) != 2 || streamed.Entries[0].Size != size || string(streamed.Entries[1].Head) != "#!/bin/sh\n" {
				t.Errorf("entries %+v", streamed.Entries)
			}
			if !reflect.DeepEqual(streamed.Entries, walked.Entries) {
				t.Errorf("streamed %+v\nwalked %+v", streamed.Entries, walked.Entries)
			}
			want := map[int][]Question{0: {sizeQuestion()}, 1: {sizeQuestion()}}
			_, answers, err := Read(context.Background(), bytes.NewReader(data), func(i int, _ *Entry) []Question { return want[i] }, DefaultBounds())
			if err != nil {
				t.Fatal(err)
			}
			sought, err := AnswerAt(context.Background(), bytes.NewReader(data), int64(len(data)), walked, want)
			if err != nil || !reflect.DeepEqual(answers, sought) {
				t.Errorf("answers %v, sought %v, %v", answers, sought, err)
			}
		})
	}
}
