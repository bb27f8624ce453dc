package probe

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

func wide(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		out.Write([]byte{b, 0})
	}
	return out.String()
}

// scanInPieces asks a Scan question of a stream.
func scanInPieces(t *testing.T, q layer.Question, r io.Reader) MarkerSet {
	t.Helper()
	s := q.Scan(-1)
	if _, err := io.Copy(struct{ io.Writer }{s}, r); err != nil {
		t.Fatal(err)
	}
	data, err := s.Answer()
	if err != nil {
		t.Fatal(err)
	}
	result, err := Decode[MarkerSet](layer.Answer{JSON: data})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// naive finds markers as simply as can be.
func naive(data []byte) MarkerSet {
	result := MarkerSet{Found: []string{}}
	for _, m := range markers() {
		narrow, broad := bytes.Contains(data, []byte(m.text)), bytes.Contains(data, []byte(wide(m.text)))
		if narrow || broad {
			result.Found = append(result.Found, m.name)
		}
		if broad {
			result.Wide = append(result.Wide, m.name)
		}
	}
	slices.Sort(result.Found)
	slices.Sort(result.Wide)
	return MarkerSet{slices.Compact(result.Found), slices.Compact(result.Wide)}
}

func same(a, b MarkerSet) bool {
	return slices.Equal(a.Found, b.Found) && slices.Equal(a.Wide, b.Wide)
}

func TestMarkersOfLanguages(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want []string
	}{
		"go":     {"AWS_LAMBDA_RUNTIME_API\x002018-06-01\x00http:///runtime/invocation/\x00next", []string{MarkRuntimeAPI, MarkVersion, MarkInvocation}},
		"c++":    {"http:///2018-06-01/runtime/invocation/next", []string{MarkNextURL, MarkVersion, MarkVersionRuntime, MarkInvocation, MarkInvocationNext, MarkNext}},
		".net":   {wide("/2018-06-01") + "\x00\x00" + wide("/runtime/invocation/next"), []string{MarkVersion, MarkInvocation, MarkInvocationNext, MarkNext}},
		"shell":  {"curl -si http://${AWS_LAMBDA_RUNTIME_API}/x | grep -i lambda-runtime-aws-request-id", []string{MarkRuntimeAPI, MarkRequestID}},
		"none":   {"2018-06-02/runtime/invocatio", []string{}},
		"tiny":   {"20", []string{}},
		"proxy":  {"/{api_version}/runtime/invocation/next 2020-01-01/extension", []string{MarkInvocation, MarkInvocationNext, MarkNext, MarkExtension}},
		"python": {"from awslambdaric import main", []string{MarkPython}},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustAsk[MarkerSet](t, Markers(), []byte(test.in))
			slices.Sort(test.want)
			if !slices.Equal(got.Found, test.want) {
				t.Errorf("got %v, want %v", got.Found, test.want)
			}
			if (name == ".net") != (len(got.Wide) > 0) {
				t.Errorf("wide: %v", got.Wide)
			}
			if name == "go" && (!got.Has(MarkVersion) || got.Has(MarkNext)) {
				t.Error("Has disagrees with Found")
			}
		})
	}
}

func TestMarkersAreFoundWhereverTheyLie(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i, m := range newMarkerSearch().patterns {
		for range 20 {
			data := make([]byte, markerBuffer*2+random.IntN(1000))
			at := markerBuffer - len(m.text) - 200 + random.IntN(400+len(m.text))
			if i%3 == 0 {
				at = random.IntN(len(data) - len(m.text))
			}
			copy(data[at:], m.text)
			got := scanInPieces(t, Markers(), bytes.NewReader(data))
			if !got.Has(m.name) || !same(got, naive(data)) {
				t.Fatalf("%s at %d: %+v", m.name, at, got)
			}
		}
	}
	data := []byte(strings.Repeat("x", 300) + "AWS_LAMBDA_RUNTIME_API")
	if got := scanInPieces(t, Markers(), iotest.OneByteReader(bytes.NewReader(data))); !got.Has(MarkRuntimeAPI) {
		t.Errorf("byte by byte: %+v", got)
	}
}

func FuzzMarkers(f *testing.F) {
	for _, m := range markers() {
		f.Add([]byte("x"+m.text+wide(m.text)), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		s := Markers().Scan(int64(len(data)))
		for part := range slices.Chunk(data, int(piece)+1) {
			_, _ = s.Write(part)
		}
		out, err := s.Answer()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode[MarkerSet](layer.Answer{JSON: out})
		if err != nil || !same(got, naive(data)) {
			t.Fatalf("%v, %v; want %v", got, err, naive(data))
		}
	})
}

// BenchmarkMarkers searches this test program, which is a Go program, and the
// sources of the package as an image's text files. Budget: 300 MB/s.
func BenchmarkMarkers(b *testing.B) {
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		b.Fatal(err)
	}
	source, err := os.ReadFile("elf.go")
	if err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"program": program, "source": bytes.Repeat(source, 1000)} {
		b.Run(name, func(b *testing.B) {
			q := Markers()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				s := q.Scan(int64(len(data)))
				_, _ = io.Copy(struct{ io.Writer }{s}, struct{ io.Reader }{bytes.NewReader(data)})
				if _, err := s.Answer(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
