package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// TestHandmadeStreams compares what no compressor writes with the oracle, whole
// and cut behind every byte.
func TestHandmadeStreams(t *testing.T) {
	fixedLit, fixedDist := fixedLengths()
	fixed := func(f func(*coder)) []byte {
		w := new(bitWriter)
		w.block(true, 1)
		f(newCoder(w, fixedLit, fixedDist))
		return w.bytes()
	}
	dynamic := func(lit, dist []uint8, f func(*coder)) []byte {
		w := new(bitWriter)
		w.dynamic(true, lit, dist)
		f(newCoder(w, lit, dist))
		return w.bytes()
	}
	header := func(hlit, hdist, hclen int, precode []int, f func(*bitWriter)) []byte {
		w := new(bitWriter)
		w.block(true, 2)
		w.number(hlit, 5)
		w.number(hdist, 5)
		w.number(hclen, 4)
		for _, n := range precode {
			w.number(n, 3)
		}
		f(w)
		return w.bytes()
	}
	lengths := func(n int, set map[int]uint8) []uint8 {
		l := make([]uint8, n)
		for symbol, length := range set {
			l[symbol] = length
		}
		return l
	}
	nothing := func(*bitWriter) {}
	end := func(c *coder) { c.end() }
	// Two symbols in front of the precode's order, each with one bit.
	two := []int{1, 0, 1, 0}

	tests := []struct {
		name   string
		stream []byte
		want   string
	}{
		{"nothing", nil, "unexpected EOF"},
		{"reserved block type", []byte{7}, "corrupt"},
		{"stored, empty", []byte{1, 0, 0, 0xff, 0xff}, "none"},
		{"stored, one byte", []byte{1, 1, 0, 0xfe, 0xff, 'x'}, "none"},
		{"stored, padding not zero", []byte{0xf9, 1, 0, 0xfe, 0xff, 'x'}, "none"},
		{"stored, wrong complement", []byte{1, 1, 0, 0xfe, 0xfe, 'x'}, "corrupt"},
		{"stored, not final", []byte{0, 0, 0, 0xff, 0xff}, "unexpected EOF"},
		{"fixed, empty", fixed(end), "none"},
		{"fixed, no end", fixed(func(c *coder) { c.literal('x') }), "unexpected EOF"},
		{"fixed, match", fixed(func(c *coder) { c.literal('x'); c.match(258, 1); c.end() }), "none"},
		{"fixed, match before the start", fixed(func(c *coder) { c.match(3, 1); c.end() }), "corrupt"},
		{"fixed, distance one too large", fixed(func(c *coder) { c.literal('x'); c.match(3, 2); c.end() }), "corrupt"},
		{"fixed, length symbol 286", fixed(func(c *coder) { c.literal(286); c.end() }), "corrupt"},
		{"fixed, length symbol 287", fixed(func(c *coder) { c.literal(287); c.end() }), "corrupt"},
		{"fixed, distance symbol 30", fixed(func(c *coder) { c.literal('x'); c.literal(257); c.distance(30); c.end() }), "corrupt"},
		{"fixed, distance symbol 31", fixed(func(c *coder) { c.literal('x'); c.literal(257); c.distance(31); c.end() }), "corrupt"},
		{"287 literal codes", header(30, 0, 0, two, nothing), "corrupt"},
		{"31 distance codes", header(0, 30, 0, two, nothing), "corrupt"},
		{"precode, empty", header(0, 0, 0, []int{0, 0, 0, 0}, nothing), "corrupt"},
		{"precode, over-full", header(0, 0, 0, []int{1, 1, 1, 0}, nothing), "corrupt"},
		{"precode, incomplete", header(0, 0, 0, []int{2, 2, 2, 0}, nothing), "corrupt"},
		{"precode, one code of two bits", header(0, 0, 0, []int{2, 0, 0, 0}, nothing), "corrupt"},
		{"precode, unused code", header(0, 0, 0, []int{0, 0, 1, 0}, func(w *bitWriter) { w.number(1, 1) }), "corrupt"},
		{"repetition of nothing", header(0, 0, 0, two, func(w *bitWriter) { w.number(0, 3) }), "corrupt"},
		{"repetition beyond the codes", header(0, 0, 0, two, func(w *bitWriter) {
			for range 3 {
				w.number(1, 1)
				w.number(127, 7)
			}
		}), "corrupt"},
		{"no codes at all", header(0, 0, 0, two, func(w *bitWriter) {
			w.number(1, 1)
			w.number(127, 7)
			w.number(1, 1)
			w.number(258-138-11, 7)
		}), "corrupt"},
		{"one literal code, the end", dynamic(lengths(257, map[int]uint8{256: 1}), []uint8{0}, end), "none"},
		{"one literal code, the other bit", dynamic(lengths(257, map[int]uint8{256: 1}), []uint8{0}, func(c *coder) { c.number(1, 1) }), "corrupt"},
		{"one literal code of two bits", dynamic(lengths(257, map[int]uint8{256: 2}), []uint8{0}, end), "corrupt"},
		{"no end of block", dynamic(lengths(257, map[int]uint8{0: 1, 1: 1}), []uint8{0}, func(c *coder) { c.literal(0); c.literal(1) }), "unexpected EOF"},
		{"over-full literal code", dynamic(lengths(257, map[int]uint8{0: 1, 1: 1, 256: 1}), []uint8{0}, end), "corrupt"},
		{"incomplete literal code", dynamic(lengths(257, map[int]uint8{0: 2, 1: 2, 256: 2}), []uint8{0}, end), "corrupt"},
		{"no distance codes, not needed", dynamic(lengths(257, map[int]uint8{'x': 1, 256: 1}), []uint8{0}, func(c *coder) { c.literal('x'); c.end() }), "none"},
		{"no distance codes, needed", dynamic(lengths(258, map[int]uint8{'x': 1, 256: 2, 257: 2}), []uint8{0}, func(c *coder) { c.literal('x'); c.literal(257); c.end() }), "corrupt"},
		{"one distance code", dynamic(lengths(258, map[int]uint8{'x': 1, 256: 2, 257: 2}), []uint8{1}, func(c *coder) { c.literal('x'); c.match(3, 1); c.end() }), "none"},
		{"one distance code, the other bit", dynamic(lengths(258, map[int]uint8{'x': 1, 256: 2, 257: 2}), []uint8{1}, func(c *coder) { c.literal('x'); c.literal(257); c.number(1, 1); c.end() }), "corrupt"},
		// Cut behind the bad distance it is truncated: the end's code is longer.
		{"long end of block", dynamic(lengths(258, map[int]uint8{257: 1, 'x': 2, 'y': 3, 0: 4, 1: 5, 2: 6, 3: 7, 4: 8, 5: 9, 256: 9}), []uint8{1}, func(c *coder) { c.literal('x'); c.literal(257); c.number(1, 1); c.end(); c.end() }), "corrupt"},
		{"one distance code of two bits", dynamic(lengths(257, map[int]uint8{256: 1}), []uint8{2}, end), "corrupt"},
		{"over-full distance code", dynamic(lengths(257, map[int]uint8{256: 1}), []uint8{1, 1, 1}, end), "corrupt"},
	}
	tail := make([]byte, 64) // with it the fast loop runs, without it the slow one
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readAll(openRaw, bytes.NewReader(test.stream), 512)
			if class(err) != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			for cut := range len(test.stream) + 1 {
				checkRaw(t, test.stream[:cut], 0, 512)
				checkRaw(t, test.stream[:cut], 1, 1)
			}
			checkRaw(t, append(test.stream[:len(test.stream):len(test.stream)], tail...), 0, 512)
		})
	}
}

// TestEveryMatch writes each length and each distance, for the fast loop and,
// where the match is the last thing in the stream, for the slow one.
func TestEveryMatch(t *testing.T) {
	lit, dist := fixedLengths()
	start := noise(source(1), historySize)
	check := func(step int, matches func(match func(length, distance int))) {
		t.Helper()
		w := new(bitWriter)
		w.stored(false, start)
		w.block(true, 1)
		c := newCoder(w, lit, dist)
		size := len(start)
		matches(func(length, distance int) {
			c.match(length, distance)
			c.literal(distance % 256)
			size += length + 1
		})
		c.end()
		got, err := readAll(openRaw, bytes.NewReader(w.bytes()), 4096)
		if err != nil || len(got) != size {
			t.Errorf("%d bytes and %v, want %d", len(got), err, size)
		}
		checkRaw(t, w.bytes(), step, 4096)
	}
	check(0, func(match func(length, distance int)) {
		for length := 3; length <= 258; length++ {
			for distance := 1; distance <= 40; distance++ {
				match(length, distance)
			}
		}
	})
	check(1, func(match func(length, distance int)) {
		for distance := 1; distance <= historySize; distance++ {
			match(3+distance%19, distance)
		}
	})
	for distance := 1; distance <= 24; distance++ {
		for _, length := range []int{3, 4, 8, 15, 16, 17, 31, 258} {
			check(0, func(match func(length, distance int)) { match(length, distance) })
		}
	}
}

// TestRandomCodes decodes random symbols in random complete codes, which use
// subtables of every width, over several windows.
func TestRandomCodes(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 6
	}
	for seed := range uint64(rounds) {
		rng := source(seed)
		w := new(bitWriter)
		size := 0
		for blocks := 1 + rng.IntN(40); blocks > 0; blocks-- {
			lit := completeCode(rng, 257+rng.IntN(30), rng.IntN(12))
			dist := completeCode(rng, 2+rng.IntN(29), rng.IntN(12))
			w.dynamic(blocks == 1, lit, dist)
			c := newCoder(w, lit, dist)
			for n := rng.IntN(8000); n > 0; n-- {
				size += randomSymbol(rng, c, size)
			}
			c.end()
		}
		stream := w.bytes()
		checkRaw(t, stream, 0, 4096)
		checkRaw(t, stream, 1+rng.IntN(64), 1+rng.IntN(300))
		checkRaw(t, stream[:rng.IntN(len(stream))], 0, 4096)
		for range 8 {
			damaged := bytes.Clone(stream)
			damaged[rng.IntN(len(damaged))] ^= 1 << rng.IntN(8)
			checkRaw(t, damaged, 0, 4096)
		}
	}
}

// randomSymbol writes a literal or, if its symbols have codes and its distance
// is valid, a match, and returns the number of bytes this stands for.
func randomSymbol(rng *rand.Rand, c *coder, size int) int {
	symbol := rng.IntN(len(c.lit))
	switch {
	case symbol < endOfBlock:
		c.literal(symbol)
		return 1
	case symbol == endOfBlock || size == 0:
		return 0
	}
	if len(c.lit) < 265 { // lengths to 10 have codes only from here on
		return 0
	}
	length := 3 + rng.IntN(8)
	if len(c.lit) == 286 {
		length = 3 + rng.IntN(256)
	}
	// The first n distance symbols reach at least this far.
	reach := 1 << (len(c.dist) / 2)
	distance := 1 + rng.IntN(min(size, reach))
	c.match(length, distance)
	return length
}

// TestSlackOfWindow lets a round of the fast loop begin one byte before the
// window is full and write as much as a round can, by every way of copying.
func TestSlackOfWindow(t *testing.T) {
	lit, dist := fixedLengths()
	for _, distance := range []int{1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 300, historySize} {
		for length := 258; length > 240; length-- {
			w := new(bitWriter)
			rest := noise(source(2), windowLimit-1)
			for len(rest) > 0 {
				n := min(len(rest), 65535)
				w.stored(false, rest[:n])
				rest = rest[n:]
			}
			w.block(true, 1)
			c := newCoder(w, lit, dist)
			c.literal('a')
			c.literal('b')
			c.match(length, distance)
			c.match(200, historySize) // from the window's first byte, after the slide
			for range 64 {            // keeps the fast loop running
				c.literal('c')
			}
			c.end()

			z := newRawReader(bytes.NewReader(w.bytes()))
			for i := range z.d.win.buf {
				z.d.win.buf[i] = 0xa5
			}
			if _, err := z.d.decode(); err != nil {
				t.Fatal(err)
			}
			end := z.d.win.end
			if want := windowLimit - 1 + 2 + length; end != want {
				t.Fatalf("distance %d: the window ends at %d, want %d", distance, end, want)
			}
			for i, b := range z.d.win.buf[end+fastOverhang:] {
				if b != 0xa5 {
					t.Fatalf("distance %d, length %d: wrote %d bytes behind the match", distance, length, fastOverhang+i+1)
				}
			}
			checkRaw(t, w.bytes(), 0, 4096)
		}
	}
}

// TestSlackOfInput has other bytes behind the end of the input than zeros, and
// finds that none of them is taken for input.
func TestSlackOfInput(t *testing.T) {
	stream := deflated(text(source(3), 1000), 6)
	for _, poison := range []byte{0x00, 0x55, 0xff} {
		for cut := range len(stream) + 1 {
			want, wantErr := readAll(openStdRaw, bytes.NewReader(stream[:cut]), 4096)
			z := newRawReader(bytes.NewReader(stream[:cut]))
			for i := range z.d.in.buf {
				z.d.in.buf[i] = poison
			}
			got, err := io.ReadAll(z)
			if class(err) != class(wantErr) || !bytes.HasPrefix(got, want) {
				t.Fatalf("cut at %d: %d bytes and %v, want %d and %v", cut, len(got), err, len(want), wantErr)
			}
		}
	}
}

// TestInputIsNotPassedOver decodes streams that end right before other bytes,
// after every kind of block, and finds the input exactly there.
func TestInputIsNotPassedOver(t *testing.T) {
	for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression, flate.HuffmanOnly} {
		for n := range 60 {
			plain := text(source(4), n*n)
			stream := deflated(plain, level)
			z := newRawReader(bytes.NewReader(append(bytes.Clone(stream), "next, and enough of it for the fast loop"...)))
			got, err := io.ReadAll(z)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("level %d, %d bytes: %v", level, len(plain), err)
			}
			if at := z.d.in.offset(); at != int64(len(stream)) {
				t.Errorf("level %d, %d bytes: the stream ends at %d, want %d", level, len(plain), at, len(stream))
			}
		}
	}
}

// TestCorruptOffset finds the offset of an error near the error.
func TestCorruptOffset(t *testing.T) {
	w := new(bitWriter)
	for range 10 {
		w.stored(false, noise(source(5), 60000))
	}
	at := len(w.out)
	w.block(true, 3)
	_, err := io.ReadAll(newRawReader(bytes.NewReader(append(w.bytes(), make([]byte, 100)...))))
	var offset flate.CorruptInputError
	if !errors.As(err, &offset) || int64(offset) != int64(at+1) {
		t.Errorf("error %v, want offset %d", err, at+1)
	}
}
