package inflate

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// The fuzz targets compare with the standard library: the same bytes, an error
// or not, and which class of error. Steps and buffer sizes vary, so that
// buffers end at any place. One decoder serves all inputs of a target: that is
// faster, and what the last input left in the buffers must not matter.
//
// Run them with -fuzzminimizetime=10x: minimizing is not worth the time it
// takes here.

func reusedRaw() opener {
	z := new(rawReader)
	return func(r io.Reader) (io.Reader, error) {
		z.reset(r)
		return z, nil
	}
}

func reusedGzip() opener {
	z := new(Reader)
	return func(r io.Reader) (io.Reader, error) { return z, z.Reset(r) }
}

func seeds() [][]byte {
	rng := source(13)
	return [][]byte{
		nil,
		[]byte("a"),
		[]byte("abababababababababababababababababababab"),
		text(rng, 700),
		binaries(rng, 900),
		noise(rng, 100),
		make([]byte, 5000),
		deflated(text(rng, 900), 9),
	}
}

func FuzzDeflate(f *testing.F) {
	for i, plain := range seeds() {
		for level := -2; level <= 9; level += 3 {
			f.Add(deflated(plain, level, len(plain)/2), uint8(i), uint8(i*30))
		}
	}
	for seed := range uint64(6) {
		rng := source(seed)
		lit, dist := completeCode(rng, 286, 8), completeCode(rng, 30, 3)
		w := new(bitWriter)
		w.dynamic(true, lit, dist)
		c := newCoder(w, lit, dist)
		for i := range 100 {
			c.literal(i)
			c.match(3+i, 1+i)
		}
		c.end()
		f.Add(w.bytes(), uint8(0), uint8(0))
	}
	open := reusedRaw()
	f.Fuzz(func(t *testing.T, stream []byte, step, buffer uint8) {
		if err := disagreement(open, openStdRaw, stream, int(step), 1+int(buffer)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzGzip(f *testing.F) {
	for i, plain := range seeds() {
		b := gzipped(plain, 6)
		f.Add(b, uint8(i), uint8(i*30))
		f.Add(append(bytes.Clone(b), gzipped(plain, 1)...), uint8(i), uint8(i*30))
	}
	f.Add(file(flagExtra|flagName|flagComment|flagHeaderCRC, []byte("\x02\x00xyname\x00comment\x00"), true, []byte("text")), uint8(1), uint8(1))
	open := reusedGzip()
	f.Fuzz(func(t *testing.T, input []byte, step, buffer uint8) {
		if err := disagreement(open, openStdGzip, input, int(step), 1+int(buffer)); err != nil {
			t.Error(err)
		}
	})
}

// FuzzWritten damages what the standard library's compressor writes. Few of
// the inputs that the other targets try get past the first code.
func FuzzWritten(f *testing.F) {
	for i, plain := range seeds() {
		f.Add(plain, int8(i), uint16(0), uint64(0), uint16(0))
		f.Add(plain, int8(i), uint16(len(plain)/2), uint64(1)<<40|uint64(i), uint16(i))
	}
	open := reusedRaw()
	f.Fuzz(func(t *testing.T, plain []byte, level int8, flush uint16, damage uint64, cut uint16) {
		stream := deflated(plain, int(uint8(level)%12)-2, int(flush))
		var d [8]byte
		binary.LittleEndian.PutUint64(d[:], damage)
		at := int(binary.LittleEndian.Uint32(d[:]))
		for i, x := range d[4:] { // up to four bytes are changed, near each other
			stream[(at+i*int(d[4]))%len(stream)] ^= x
		}
		stream = stream[:len(stream)-int(cut)%len(stream)]
		if err := disagreement(open, openStdRaw, stream, int(d[0]), 1+int(d[1])*16); err != nil {
			t.Error(err)
		}
	})
}
