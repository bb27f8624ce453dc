package inflate

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"
	"testing/iotest"
)

// file puts a member together from its parts; nil parts are left out.
func file(flags byte, optional []byte, headerCRC bool, plain []byte) []byte {
	b := []byte{0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3}
	b = append(b, optional...)
	if headerCRC {
		b = binary.LittleEndian.AppendUint16(b, uint16(crc32.ChecksumIEEE(b)))
	}
	b = append(b, deflated(plain, 6)...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(plain))
	return binary.LittleEndian.AppendUint32(b, uint32(len(plain)))
}

func TestFiles(t *testing.T) {
	hello := []byte("hello, hello, hello")
	plain := file(0, nil, false, hello)
	empty := file(0, nil, false, nil)
	damage := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 0x10
		return b
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	name := []byte("layer.tar\x00")
	extra := append([]byte{0x2c, 1}, make([]byte, 0x12c)...)
	allFlags := byte(flagExtra | flagName | flagComment | flagHeaderCRC)
	all := file(allFlags, join(extra, name, []byte("caf\xe9\x00")), true, hello)

	tests := []struct {
		name string
		file []byte
		want string // of the error
		text string // of the output
	}{
		{"no byte", nil, "EOF", ""},
		{"one byte", []byte{0x1f}, "unexpected EOF", ""},
		{"plain", plain, "none", "hello, hello, hello"},
		{"empty member", empty, "none", ""},
		{"several members", join(plain, empty, empty, plain, all), "none", "hello, hello, hellohello, hello, hellohello, hello, hello"},
		{"name", file(flagName, name, false, hello), "none", string(hello)},
		{"longest name", file(flagName, append(bytes.Repeat([]byte{'n'}, 511), 0), false, hello), "none", string(hello)},
		{"name too long", file(flagName, append(bytes.Repeat([]byte{'n'}, 512), 0), false, hello), "header", ""},
		{"comment", file(flagComment, []byte("\x00"), false, hello), "none", string(hello)},
		{"extra, empty", file(flagExtra, []byte{0, 0}, false, hello), "none", string(hello)},
		{"extra, longest", file(flagExtra, append([]byte{0xff, 0xff}, make([]byte, 0xffff)...), false, hello), "none", string(hello)},
		{"everything", all, "none", string(hello)},
		{"reserved flags", file(0xe0, nil, false, hello), "none", string(hello)},
		{"header check sum", damage(file(flagHeaderCRC, nil, true, hello), 10), "header", ""},
		{"magic number", damage(plain, 0), "header", ""},
		{"magic number, second byte", damage(plain, 1), "header", ""},
		{"method", damage(plain, 2), "header", ""},
		{"check sum", damage(plain, -8), "check sum", string(hello)},
		{"length", damage(plain, -4), "check sum", string(hello)},
		{"second member's check sum", join(plain, damage(plain, -8)), "check sum", string(hello) + string(hello)},
		{"history of another member", join(plain, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0x03, 0x02}, make([]byte, 40)), "corrupt", string(hello)},
		{"one zero behind", join(plain, []byte{0}), "unexpected EOF", string(hello)},
		{"zeros behind", join(plain, make([]byte, 512)), "header", string(hello)},
		{"garbage behind", join(plain, []byte("garbage, more than a header long")), "header", string(hello)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := readAll(openGzip, bytes.NewReader(test.file), 512)
			if class(err) != test.want || string(got) != test.text {
				t.Errorf("got %q and %v, want %q and %s", got, err, test.text, test.want)
			}
			for cut := 0; cut < len(test.file); cut += 1 + cut/64 {
				checkGzip(t, test.file[:cut], 0, 512)
				checkGzip(t, test.file[:cut], 1, 1)
			}
			checkGzip(t, test.file, 5, 3)
		})
	}
}

// TestSizes compares all levels, with and without flushes, over sizes around
// those of the buffers.
func TestSizes(t *testing.T) {
	rng := source(6)
	sizes := []int{0, 1, 2, 31, 32, 33, 1000, 65535, 65536, historySize, windowLimit - 1, windowLimit, windowLimit + 1, 2*windowLimit + 12345}
	for _, n := range sizes {
		for i, plain := range [][]byte{text(rng, n), mixed(rng, n), noise(rng, n), make([]byte, n)} {
			for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, gzip.BestSpeed, gzip.DefaultCompression, gzip.BestCompression} {
				var flushes []int
				if i%2 == 0 {
					flushes = []int{n / 3, n / 2, n / 2, n}
				}
				b := gzipped(plain, level, flushes...)
				got, err := readAll(openGzip, bytes.NewReader(b), 32<<10)
				if err != nil || !bytes.Equal(got, plain) {
					t.Errorf("data %d, %d bytes, level %d: %v", i, n, level, err)
				}
			}
		}
	}
}

// TestDamage compares what becomes of large files after random damage.
func TestDamage(t *testing.T) {
	rng := source(7)
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	plain := mixed(rng, 900_000)
	for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level += 2 {
		b := gzipped(plain, level, 300_000, 300_000)
		for range rounds / 6 {
			damaged := bytes.Clone(b)
			for range 1 + rng.IntN(3) {
				damaged[rng.IntN(len(damaged))] = byte(rng.Uint32())
			}
			checkGzip(t, damaged, 0, 32<<10)
			checkGzip(t, b[:rng.IntN(len(b))], 1000+rng.IntN(5000), 32<<10)
		}
	}
}

func TestReaders(t *testing.T) {
	plain := mixed(source(8), 400_000)
	b := append(gzipped(plain, 6, 100_000), gzipped(plain, 1)...)
	want := append(bytes.Clone(plain), plain...)
	for _, reader := range readers {
		t.Run(reader.name, func(t *testing.T) {
			got, err := readAll(openGzip, reader.wrap(bytes.NewReader(b)), 32<<10)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes and %v", len(got), err)
			}
		})
	}
	z, err := NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(z, want); err != nil {
		t.Error(err)
	}
}

// TestReadError finds a reader's error passed on as it is, behind all bytes
// that can be had without the missing ones, and not at all if none is missing.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	plain := text(source(9), 5000)
	b := gzipped(plain, 6)
	for cut := 1; cut <= len(b); cut += 1 + cut/10 {
		input := func() io.Reader { return io.MultiReader(bytes.NewReader(b[:cut]), iotest.ErrReader(broken)) }
		want, _ := readAll(openStdGzip, input(), 512)
		got, err := readAll(openGzip, input(), 512)
		if err != broken || !bytes.HasPrefix(got, want) {
			t.Errorf("cut at %d: %d bytes and %v, want %d", cut, len(got), err, len(want))
		}
	}
	_, err := NewReader(iotest.ErrReader(broken))
	if err != broken {
		t.Errorf("error %v without a byte", err)
	}
	together := &lastRead{b: b, err: broken}
	got, err := readAll(openGzip, together, 512)
	if err != broken || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes and %v with the error in the last read", len(got), err)
	}
}

// lastRead delivers everything and an error at once.
type lastRead struct {
	b   []byte
	err error
}

func (r *lastRead) Read(p []byte) (int, error) {
	n := copy(p, r.b)
	r.b = r.b[n:]
	if len(r.b) == 0 {
		return n, r.err
	}
	return n, nil
}

// lyingReader returns counts that no reader may return.
type lyingReader int

func (n lyingReader) Read(p []byte) (int, error) {
	if n > 0 {
		return len(p) + int(n), nil
	}
	return int(n), nil
}

func TestUselessReaders(t *testing.T) {
	if _, err := NewReader(lyingReader(0)); err != io.ErrNoProgress {
		t.Errorf("no progress: error %v", err)
	}
	for _, n := range []int{-1, 1} {
		if _, err := NewReader(lyingReader(n)); err != errReadCount {
			t.Errorf("impossible count: error %v", err)
		}
	}
	// A few empty reads between others do no harm.
	b := gzipped([]byte("hello"), 6)
	var parts []io.Reader
	for i := range b {
		parts = append(parts, &emptyReads{left: 50}, bytes.NewReader(b[i:i+1]))
	}
	got, err := readAll(openGzip, io.MultiReader(parts...), 512)
	if err != nil || string(got) != "hello" {
		t.Errorf("empty reads: %q and %v", got, err)
	}
}

type emptyReads struct{ left int }

func (r *emptyReads) Read([]byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	r.left--
	return 0, nil
}

func TestReset(t *testing.T) {
	plain := mixed(source(10), 500_000)
	good := gzipped(plain, 6)
	var z Reader // the zero Reader is ready for Reset
	for _, input := range [][]byte{good, good[:len(good)/2], {0x1f}, nil, good, append(good[:len(good):len(good)], 0), good} {
		want, wantErr := readAll(openStdGzip, bytes.NewReader(input), 32<<10)
		err := z.Reset(bytes.NewReader(input))
		var got []byte
		if err == nil {
			got, err = io.ReadAll(&z)
		}
		if class(err) != class(wantErr) || !bytes.HasPrefix(got, want) {
			t.Errorf("%d bytes of input: %d bytes and %v, want %d and %v", len(input), len(got), err, len(want), wantErr)
		}
		if err != nil {
			if _, again := z.Read(make([]byte, 1)); again != err {
				t.Errorf("error %v after %v", again, err)
			}
		}
	}
	// In the middle of a file, and without reading it.
	for _, n := range []int64{0, 1, 100_000} {
		if err := z.Reset(bytes.NewReader(good)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, &z, n); err != nil {
			t.Fatal(err)
		}
	}
	allocs := testing.AllocsPerRun(3, func() {
		if err := z.Reset(bytes.NewReader(good)); err != nil {
			t.Error(err)
		}
		if _, err := z.WriteTo(io.Discard); err != nil {
			t.Error(err)
		}
	})
	if allocs > 1 { // the bytes.Reader
		t.Errorf("%v allocations for a file", allocs)
	}
}

func TestRead(t *testing.T) {
	plain := text(source(11), 700_000)
	z, err := NewReader(bytes.NewReader(gzipped(plain, 6)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := z.Read(nil); n != 0 || err != nil {
		t.Errorf("empty read: %d and %v", n, err)
	}
	// Reads of all sizes, and WriteTo for the rest.
	var got bytes.Buffer
	for n := range 500 {
		if _, err := io.CopyN(&got, z, int64(n)); err != nil {
			t.Fatal(err)
		}
	}
	before := int64(got.Len())
	n, err := z.WriteTo(&got)
	if err != nil || before+n != int64(len(plain)) || !bytes.Equal(got.Bytes(), plain) {
		t.Errorf("%d and %d bytes, %v", before, n, err)
	}
	if n, err := z.WriteTo(&got); n != 0 || err != nil {
		t.Errorf("WriteTo at the end: %d and %v", n, err)
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("Read at the end: %d and %v", n, err)
	}
}

// fullWriter takes a number of bytes, then returns the error.
type fullWriter struct {
	left int
	err  error
}

func (w *fullWriter) Write(p []byte) (int, error) {
	if n := min(w.left, len(p)); n < len(p) {
		w.left = 0
		return n, w.err
	}
	w.left -= len(p)
	return len(p), nil
}

type lyingWriter int

func (n lyingWriter) Write(p []byte) (int, error) { return int(n), nil }

func TestWriteTo(t *testing.T) {
	plain := text(source(12), 700_000)
	b := gzipped(plain, 6)
	full := errors.New("full")
	for _, limit := range []int{0, 1, 1000, 300_000, 600_000} {
		for _, test := range []struct{ give, want error }{{full, full}, {nil, io.ErrShortWrite}} {
			z, err := NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			n, err := z.WriteTo(&fullWriter{limit, test.give})
			if n != int64(limit) || err != test.want {
				t.Errorf("%d bytes and %v, want %d and %v", n, err, limit, test.want)
			}
			rest, err := io.ReadAll(z)
			if err != nil || !bytes.Equal(rest, plain[limit:]) {
				t.Errorf("limit %d: %d bytes more and %v", limit, len(rest), err)
			}
		}
	}
	for _, count := range []int{-1, 1 << 30} {
		z, err := NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := z.WriteTo(lyingWriter(count)); n != 0 || err != errWriteCount {
			t.Errorf("impossible count: %d and %v", n, err)
		}
	}
	z, err := NewReader(bytes.NewReader(b[:len(b)/2]))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	n, err := z.WriteTo(&got)
	if err != io.ErrUnexpectedEOF || n != int64(got.Len()) || !bytes.HasPrefix(plain, got.Bytes()) {
		t.Errorf("truncated: %d bytes and %v", n, err)
	}
}
