package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// The standard library is the oracle of these tests: what it accepts, refuses
// and delivers is right.

// rawReader reads one deflate stream with a decoder, without the gzip file
// around it.
type rawReader struct {
	d   decoder
	err error
}

func newRawReader(r io.Reader) *rawReader {
	z := new(rawReader)
	z.reset(r)
	return z
}

func (z *rawReader) reset(r io.Reader) {
	z.d.reset(r)
	z.d.begin()
	z.err = nil
}

func (z *rawReader) Read(p []byte) (int, error) {
	for len(z.d.win.pending()) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.d.win.slide()
		done, err := z.d.decode()
		if done {
			err = io.EOF
		}
		z.err = err
	}
	n := copy(p, z.d.win.pending())
	z.d.win.start += n
	return n, nil
}

// class is what a caller can tell about an error.
func class(err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &corrupt):
		return "corrupt"
	case errors.Is(err, gzip.ErrHeader):
		return "header"
	case errors.Is(err, gzip.ErrChecksum):
		return "check sum"
	default:
		return err.Error() // io.EOF, io.ErrUnexpectedEOF, a reader's own
	}
}

type opener func(io.Reader) (io.Reader, error)

func openGzip(r io.Reader) (io.Reader, error)    { return NewReader(r) }
func openStdGzip(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
func openRaw(r io.Reader) (io.Reader, error)     { return newRawReader(r), nil }
func openStdRaw(r io.Reader) (io.Reader, error)  { return flate.NewReader(r), nil }

// readAll opens and reads input to the end with a buffer of the given size.
func readAll(open opener, input io.Reader, buffer int) ([]byte, error) {
	r, err := open(input)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = io.CopyBuffer(&out, struct{ io.Reader }{r}, make([]byte, buffer))
	return out.Bytes(), err
}

// inSteps delivers b in reads of at most n bytes; everything at once if n is 0.
func inSteps(b []byte, n int) io.Reader {
	if n == 0 {
		return bytes.NewReader(b)
	}
	return &stepReader{bytes.NewReader(b), n}
}

type stepReader struct {
	r io.Reader
	n int
}

func (s *stepReader) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }

// disagreement compares both decoders on input, which is read in the given
// steps, and says how they differ.
func disagreement(ours, oracle opener, input []byte, step, buffer int) error {
	want, wantErr := readAll(oracle, bytes.NewReader(input), 32<<10)
	got, gotErr := readAll(ours, inSteps(input, step), buffer)
	if class(gotErr) != class(wantErr) {
		return fmt.Errorf("error %v, want %v", gotErr, wantErr)
	}
	// Where a stream breaks, the oracle may keep back bytes of the last block.
	if len(got) < len(want) || wantErr == nil && len(got) > len(want) {
		return fmt.Errorf("%d bytes, want %d (error %v)", len(got), len(want), wantErr)
	}
	if !bytes.Equal(got[:len(want)], want) {
		return errors.New("other bytes")
	}
	return nil
}

func checkGzip(t *testing.T, input []byte, step, buffer int) {
	t.Helper()
	if err := disagreement(openGzip, openStdGzip, input, step, buffer); err != nil {
		t.Errorf("gzip, %d bytes of input in steps of %d: %v", len(input), step, err)
	}
}

func checkRaw(t *testing.T, input []byte, step, buffer int) {
	t.Helper()
	if err := disagreement(openRaw, openStdRaw, input, step, buffer); err != nil {
		t.Errorf("deflate, %d bytes of input in steps of %d: %v", len(input), step, err)
	}
}

// gzipped compresses plain and flushes in the given places.
func gzipped(plain []byte, level int, flushes ...int) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	writeFlushing(w, plain, flushes)
	return b.Bytes()
}

// deflated is the same without the gzip file around it.
func deflated(plain []byte, level int, flushes ...int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		panic(err)
	}
	writeFlushing(w, plain, flushes)
	return b.Bytes()
}

func writeFlushing(w interface {
	io.WriteCloser
	Flush() error
}, plain []byte, flushes []int) {
	done := 0
	for _, at := range flushes {
		at = min(max(at, done), len(plain))
		_, err := w.Write(plain[done:at])
		if err = errors.Join(err, w.Flush()); err != nil {
			panic(err)
		}
		done = at
	}
	_, err := w.Write(plain[done:])
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
}

// Readers that a decoder must get along with.
var readers = []struct {
	name string
	wrap func(io.Reader) io.Reader
}{
	{"one byte", iotest.OneByteReader},
	{"half", iotest.HalfReader},
	{"data with error", iotest.DataErrReader},
	{"seven bytes", func(r io.Reader) io.Reader { return &stepReader{r, 7} }},
	{"thirty-one bytes", func(r io.Reader) io.Reader { return &stepReader{r, 31} }},
}
