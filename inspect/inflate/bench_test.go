package inflate

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"math/rand/v2"
	"testing"

	klauspost "github.com/klauspost/compress/gzip"
)

// BenchmarkReader decompresses generated archives with this package and with
// the libraries. MB/s count decompressed bytes.
func BenchmarkReader(b *testing.B) {
	const size = 8 << 20
	inputs := []struct {
		name     string
		contents func(*rand.Rand, int) []byte
	}{{"text", text}, {"binary", binaries}, {"mixed", mixed}}
	decoders := []struct {
		name string
		open opener
	}{
		{"inflate", openGzip},
		{"klauspost", func(r io.Reader) (io.Reader, error) { return klauspost.NewReader(r) }},
		{"std", func(r io.Reader) (io.Reader, error) { return stdgzip.NewReader(r) }},
	}
	for _, input := range inputs {
		plain := archive(input.contents, size)
		compressed := gzipped(plain, stdgzip.DefaultCompression)
		for _, decoder := range decoders {
			b.Run(input.name+"/"+decoder.name, func(b *testing.B) {
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					r, err := decoder.open(bytes.NewReader(compressed))
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSmall opens and decompresses a small file, mostly set-up.
func BenchmarkSmall(b *testing.B) {
	compressed := gzipped(text(source(14), 2000), 6)
	var z Reader
	for b.Loop() {
		if err := z.Reset(bytes.NewReader(compressed)); err != nil {
			b.Fatal(err)
		}
		if _, err := z.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
