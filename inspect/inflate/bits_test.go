package inflate

import (
	"math/bits"
	"math/rand/v2"
)

// bitWriter writes deflate streams by hand: also the ones that no compressor
// writes.
type bitWriter struct {
	out   []byte
	bits  uint64
	count int
}

// number writes the low n bits of v, lowest first.
func (w *bitWriter) number(v, n int) {
	w.bits |= uint64(v) << w.count
	for w.count += n; w.count >= 8; w.count -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// code writes a Huffman code of n bits, highest first.
func (w *bitWriter) code(v, n int) {
	if n > 0 {
		w.number(int(bits.Reverse32(uint32(v))>>(32-n)), n)
	}
}

// align fills the byte up with zeros.
func (w *bitWriter) align() {
	if w.count > 0 {
		w.number(0, 8-w.count)
	}
}

func (w *bitWriter) bytes() []byte {
	w.align()
	return w.out
}

func (w *bitWriter) block(final bool, kind int) {
	if final {
		w.number(1, 1)
	} else {
		w.number(0, 1)
	}
	w.number(kind, 2)
}

// stored writes a stored block of at most 65535 bytes.
func (w *bitWriter) stored(final bool, data []byte) {
	w.block(final, 0)
	w.align()
	w.number(len(data), 16)
	w.number(len(data)^0xffff, 16)
	w.out = append(w.out, data...)
}

// dynamic writes the header of a block with the given code lengths, each
// length with four bits and none of the repetitions.
func (w *bitWriter) dynamic(final bool, lit, dist []uint8) {
	w.block(final, 2)
	w.number(len(lit)-257, 5)
	w.number(len(dist)-1, 5)
	w.number(19-4, 4)
	for i := range 19 {
		n := 4
		if i < 3 { // the repetitions, 16 to 18, come first
			n = 0
		}
		w.number(n, 3)
	}
	for _, lengths := range [][]uint8{lit, dist} {
		for _, n := range lengths {
			w.code(int(n), 4)
		}
	}
}

// canonical gives the codes of RFC 1951, section 3.2.2.
func canonical(lengths []uint8) []int {
	codes := make([]int, len(lengths))
	code := 0
	for n := uint8(1); n <= maxCodeBits; n++ {
		for i := range lengths {
			if lengths[i] == n {
				codes[i] = code
				code++
			}
		}
		code <<= 1
	}
	return codes
}

// fixedLengths are those of RFC 1951, section 3.2.6.
func fixedLengths() (lit, dist []uint8) {
	for i := range litSymbols {
		switch {
		case i < 144, i >= 280:
			lit = append(lit, 8)
		case i < 256:
			lit = append(lit, 9)
		default:
			lit = append(lit, 7)
		}
	}
	for range distSymbols {
		dist = append(dist, 5)
	}
	return lit, dist
}

// coder writes the symbols of one block.
type coder struct {
	*bitWriter
	litLengths, distLengths []uint8
	lit, dist               []int
}

func newCoder(w *bitWriter, lit, dist []uint8) *coder {
	return &coder{w, lit, dist, canonical(lit), canonical(dist)}
}

func (c *coder) literal(symbol int)  { c.code(c.lit[symbol], int(c.litLengths[symbol])) }
func (c *coder) distance(symbol int) { c.code(c.dist[symbol], int(c.distLengths[symbol])) }
func (c *coder) end()                { c.literal(endOfBlock) }

// match writes a match with the symbols of the tables of section 3.2.5.
func (c *coder) match(length, distance int) {
	symbol, base := 285, 258
	for length < base {
		symbol--
		base -= 1 << lengthExtra(symbol)
		if symbol == 284 {
			base = 227
		}
	}
	c.literal(symbol)
	c.number(length-base, lengthExtra(symbol))
	symbol, base = 29, 24577
	for distance < base {
		symbol--
		base -= 1 << distanceExtra(symbol)
	}
	c.distance(symbol)
	c.number(distance-base, distanceExtra(symbol))
}

func lengthExtra(symbol int) int {
	if symbol < 265 || symbol == 285 {
		return 0
	}
	return (symbol - 261) / 4
}

func distanceExtra(symbol int) int {
	if symbol < 4 {
		return 0
	}
	return symbol/2 - 1
}

// completeCode gives n symbols, at least two, the lengths of a random complete
// code. The larger skew is, the more codes are long.
func completeCode(rng *rand.Rand, n, skew int) []uint8 {
	lengths := []uint8{1, 1}
	for len(lengths) < n {
		i := rng.IntN(len(lengths))
		for range skew { // prefer to split what is long already
			if j := rng.IntN(len(lengths)); lengths[j] > lengths[i] && lengths[j] < maxCodeBits {
				i = j
			}
		}
		if lengths[i] < maxCodeBits {
			lengths[i]++
			lengths = append(lengths, lengths[i])
		}
	}
	rng.Shuffle(n, func(i, j int) { lengths[i], lengths[j] = lengths[j], lengths[i] })
	return lengths
}
