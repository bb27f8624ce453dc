package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

func archive(t *testing.T, headers ...*tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.Copy(w, io.LimitReader(rand.NewChaCha8([32]byte{}), h.Size)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func file(name string, size int64) *tar.Header {
	return &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: size}
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstandard(t *testing.T, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

func TestPathsAreOne(t *testing.T) {
	for name, want := range map[string]struct {
		path    string
		unclean bool
	}{
		"x": {"/x", false}, "./x": {"/x", false}, "/x": {"/x", false}, "x/": {"/x", false},
		"./": {"/", false}, "/": {"/", false}, ".": {"/", false}, ".x": {"/.x", false}, "./.x": {"/.x", false},
		"..x": {"/..x", false}, "../x": {"/x", true}, "a/../x": {"/x", true}, "a//x": {"/a/x", true}, "a/./x": {"/a/x", true},
	} {
		if got, unclean := cleanName(name); got != want.path || unclean != want.unclean {
			t.Errorf("cleanName(%q) = %q, %v; want %q, %v", name, got, unclean, want.path, want.unclean)
		}
	}
}

// However a layer is stored and in whatever pieces it arrives, its index is
// the same, and so is what seeking finds.
func TestIndexIsOneHoweverTheBytesCome(t *testing.T) {
	long := strings.Repeat("long/", 60) + "name"
	data := archive(t,
		&tar.Header{Name: "./etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		file("etc/passwd", 700_000), file(long, 3), file("ü-"+long, 0),
		&tar.Header{Name: "bin", Typeflag: tar.TypeSymlink, Linkname: "usr/bin"},
		&tar.Header{Name: "hard", Typeflag: tar.TypeLink, Linkname: "./etc/passwd"},
		file("etc/passwd", 12),
	)
	want, _, err := Read(context.Background(), bytes.NewReader(data), nil, DefaultBounds())
	if err != nil {
		t.Fatal(err)
	}
	if want.DiffID != fmt.Sprintf("sha256:%x", sha256.Sum256(data)) || want.Size != int64(len(data)) || want.Duplicates != 1 {
		t.Errorf("diff ID %s, size %d, duplicates %d", want.DiffID, want.Size, want.Duplicates)
	}
	for name, stored := range map[string]io.Reader{
		"gzip": bytes.NewReader(zipped(t, data)), "zstd": bytes.NewReader(zstandard(t, data)),
		"one byte at a time": iotest.OneByteReader(bytes.NewReader(zipped(t, data))),
		"halves":             iotest.HalfReader(bytes.NewReader(data)),
	} {
		got, _, err := Read(context.Background(), stored, nil, DefaultBounds())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got.Entries, want.Entries) || got.DiffID != want.DiffID {
			t.Errorf("%s: another index", name)
		}
	}
	walked, _, err := Walk(context.Background(), bytes.NewReader(data), int64(len(data)), nil, DefaultBounds())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(walked.Entries, want.Entries) || walked.DiffID != "" {
		t.Errorf("seeking finds another index:\n%+v\n%+v", walked.Entries, want.Entries)
	}
}

// sizeQuestion answers with the length and the hash of the file.
func sizeQuestion() Question {
	return Question{Name: "sum/1", Ask: func(at io.ReaderAt, size int64) ([]byte, error) {
		h := sha256.New()
		n, err := io.Copy(h, io.NewSectionReader(at, 0, size))
		return fmt.Appendf(nil, `"%d %x"`, n, h.Sum(nil)), err
	}}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }
func (c *counter) Answer() ([]byte, error)     { return fmt.Appendf(nil, "%d", c.n), nil }

func TestAnswersAreTheSameStreamedAndSought(t *testing.T) {
	const large = HoldLimit + 12345 // held in a file
	data := archive(t, file("small", 5), file("large", large), file("after", 1000))
	count := Question{Name: "count/1", Scan: func(int64) Scanner { return &counter{} }}
	questions := []Question{sizeQuestion(), count}
	ask := func(int, *Entry) []Question { return questions }
	index, streamed, err := Read(context.Background(), bytes.NewReader(zipped(t, data)), ask, DefaultBounds())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(streamed[1]["count/1"].JSON); got != fmt.Sprint(large) {
		t.Errorf("the scanner saw %s bytes of %d", got, large)
	}
	walked, _, err := Walk(context.Background(), bytes.NewReader(data), int64(len(data)), nil, DefaultBounds())
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[int][]Question{0: questions, 1: questions, 2: questions}
	sought, err := AnswerAt(context.Background(), bytes.NewReader(data), int64(len(data)), walked, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Entries) != 3 || !reflect.DeepEqual(streamed, sought) {
		t.Errorf("streamed %v\nsought %v", streamed, sought)
	}
}

func TestPanicIsAnAnswer(t *testing.T) {
	q := Question{Name: "bad/1", Ask: func(io.ReaderAt, int64) ([]byte, error) { panic("no") }}
	if a := AnswerBytes(q, []byte("x")); !strings.Contains(a.Failed, "panicked") {
		t.Errorf("answer %+v", a)
	}
}

func TestBoundsAreNamed(t *testing.T) {
	data := archive(t, file("a", 1), file("b", 1), file("c", 1<<20))
	zeros := zipped(t, make([]byte, 64<<20))
	for name, c := range map[string]struct {
		stored []byte
		bounds func(*Bounds)
		want   string
	}{
		"entries":   {data, func(b *Bounds) { b.Entries = 2 }, "entries"},
		"bytes":     {data, func(b *Bounds) { b.Size = 4096 }, "bytes"},
		"names":     {archive(t, file(strings.Repeat("n", 300), 1)), func(b *Bounds) { b.NameLength = 200 }, "bytes in a name"},
		"expansion": {zeros, func(b *Bounds) { b.RatioFrom, b.Ratio = 1<<20, 100 }, "to 1 in expansion"},
	} {
		bounds := DefaultBounds()
		c.bounds(&bounds)
		_, _, err := Read(context.Background(), bytes.NewReader(c.stored), nil, bounds)
		var bound *BoundError
		if !errors.As(err, &bound) || bound.Bound != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrokenStreamsAreErrors(t *testing.T) {
	data := archive(t, file("a", 100_000), file("b", 100_000))
	z := zipped(t, data)
	for name, stored := range map[string]io.Reader{
		"truncated gzip":           bytes.NewReader(z[:len(z)/2]),
		"gzip without its trailer": bytes.NewReader(z[:len(z)-4]),
		"truncated tar":            bytes.NewReader(data[:150_000]),
		"garbage":                  strings.NewReader(strings.Repeat("garbage ", 200)),
		"failing reader":           io.MultiReader(bytes.NewReader(z[:1000]), iotest.ErrReader(errors.New("connection reset"))),
		"failing at the end":       io.MultiReader(bytes.NewReader(z), iotest.ErrReader(errors.New("the digest lies"))),
	} {
		if _, _, err := Read(context.Background(), stored, nil, DefaultBounds()); err == nil {
			t.Errorf("%s is read without an error", name)
		}
	}
}

func TestContextEndsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Read(ctx, bytes.NewReader(archive(t, file("a", 1))), nil, DefaultBounds()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	var t testing.T
	f.Add(archive(&t, file("a", 10), &tar.Header{Name: "b", Typeflag: tar.TypeSymlink, Linkname: "a"}))
	f.Add(zipped(&t, archive(&t, file("../x", 600))))
	bounds := Bounds{Entries: 1000, NameLength: 4096, Size: 1 << 20, Ratio: 2000, RatioFrom: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, _, err := Read(context.Background(), bytes.NewReader(data), nil, bounds)
		pieces, _, err2 := Read(context.Background(), iotest.OneByteReader(bytes.NewReader(data)), nil, bounds)
		if (err == nil) != (err2 == nil) || err == nil && !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("read at once: %v, %v; in pieces: %v, %v", whole, err, pieces, err2)
		}
	})
}
