package inflate

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generated data that compresses like the contents of images. The same
// arguments give the same bytes.

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// text is n bytes of lines of words, some words far more frequent than others.
func text(rng *rand.Rand, n int) []byte {
	words := make([]string, 4000)
	for i := range words {
		var w strings.Builder
		for range 2 + rng.IntN(9) {
			w.WriteByte("etaoinshrdlucmfwypvbgkqjxz_."[min(rng.IntN(28), rng.IntN(28))])
		}
		words[i] = w.String()
	}
	b := make([]byte, 0, n+16)
	for len(b) < n {
		b = append(b, words[int(float64(len(words))*rng.Float64()*rng.Float64()*rng.Float64())]...)
		b = append(b, "      \n,(="[rng.IntN(10)])
	}
	return b[:n]
}

// binaries is n bytes of short records in which few opcodes and registers, and
// some small and some large numbers, come again and again.
func binaries(rng *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+16)
	for len(b) < n {
		switch op := min(rng.IntN(48), rng.IntN(48)); {
		case op < 8:
			b = append(b, 0x48, 0x89, byte(op<<3))
		case op < 16:
			b = binary.LittleEndian.AppendUint32(append(b, 0xe8), uint32(rng.IntN(1<<18)))
		case op < 24:
			b = append(b, 0x0f, byte(op), byte(rng.IntN(256)), 0, 0, 0)
		case op < 26 && len(b) > 4096:
			at := rng.IntN(min(len(b), 20000)-512) + 1
			b = append(b, b[len(b)-at-8:][:8+rng.IntN(60)%at]...)
		default:
			b = append(b, byte(op*5), byte(rng.IntN(16)*8))
		}
	}
	return b[:n]
}

// mixed is text, binaries, zeros and noise by turns.
func mixed(rng *rand.Rand, n int) []byte {
	b := make([]byte, 0, n)
	for len(b) < n {
		size := min(1+rng.IntN(1+rng.IntN(200_000)), n-len(b))
		switch rng.IntN(8) {
		case 0, 1, 2:
			b = append(b, text(rng, size)...)
		case 3, 4, 5:
			b = append(b, binaries(rng, size)...)
		case 6:
			b = append(b, make([]byte, size/4)...)
		default:
			b = append(b, noise(rng, size/4)...)
		}
	}
	return b
}

func noise(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// archive is a tar archive of about n bytes with the contents in files.
func archive(contents func(*rand.Rand, int) []byte, n int) []byte {
	rng := source(uint64(n))
	data := contents(rng, n)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; len(data) > 0; i++ {
		size := min(len(data), 200+rng.IntN(1+rng.IntN(400_000)))
		header := &tar.Header{Name: fmt.Sprintf("usr/lib/d%02d/file%04d", i%17, i), Mode: 0o644, Size: int64(size)}
		if err := w.WriteHeader(header); err != nil {
			panic(err)
		}
		if _, err := w.Write(data[:size]); err != nil {
			panic(err)
		}
		data = data[size:]
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
