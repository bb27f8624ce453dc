package inflate

import (
	"math/bits"
	"sync"
)

// A Huffman table turns the next bits of the stream, taken as a number with
// the first bit lowest, into an entry. The first level is indexed by a fixed
// number of bits (the root); a code longer than that continues in a subtable
// behind the first level. An entry holds everything that the decoding loop
// wants to know, so that one lookup decides what a symbol means.
//
// In every entry bits 0 to 5 are the number of stream bits it stands for, code
// and extra bits together. Whoever consumes an entry may therefore subtract it
// whole from a bit count of which only the low six bits mean anything.
const (
	entryBits = 63

	maxCodeBits = 15 // RFC 1951, section 3.2.7

	litRoot     = 11
	distRoot    = 9
	precodeRoot = 7 // precode lengths have three bits: there is no longer code

	litSymbols     = 288 // 286 and 287 have fixed codes, and no meaning
	distSymbols    = 32  // 30 and 31 have fixed codes, and no meaning
	precodeSymbols = 19

	endOfBlock = 256

	// Sizes that every accepted code fits in. Only complete codes have
	// subtables, so a subtable indexed by b bits is the lower part of a code
	// tree that reaches depth b, and such a part has at least b+1 leaves. The
	// worst use of symbols is then the deepest subtable: 2^4 entries for five
	// of the 288 symbols, 2^6 entries for seven of the 32.
	litTableSize  = 1<<litRoot + litSymbols*(1<<4)/5
	distTableSize = 1<<distRoot + distSymbols*(1<<6)/7
)

// Layout of a literal/length entry, behind the number of bits and two flags.
//
//	literal   byte in bits 8-15
//	length    base in bits 8-16, length of the code in bits 20-23, mask of the
//	          extra bits in bits 27-31
//	special   a link to a subtable (start in bits 8-19, index bits in 20-23),
//	          the end of the block, or, with neither flag, no valid symbol
//
// Bits 24 to 26 are zero in the first two kinds. That, and the mask's place at
// the top, spares the decoding loop two operations for each match.
const (
	litLiteral = 1 << 6
	litSpecial = 1 << 7
	litLink    = 1 << 24
	litEnd     = 1 << 25

	litValueShift = 8
	litBaseMask   = 1<<9 - 1
	litStartMask  = 1<<12 - 1
	litCodeShift  = 20
	litWidthMask  = 15
	litExtraShift = 27
)

// Layout of a distance entry, behind the number of bits and two flags.
//
//	distance  length of the code in bits 8-11, base in bits 16-31, mask of the
//	          extra bits in bits 32-47; zeros in between and above
//	link      index bits of the subtable in bits 8-11, its start in bits 16-31
const (
	distLink    = 1 << 6
	distInvalid = 1 << 7
	distSpecial = distLink | distInvalid

	distCodeShift  = 8
	distWidthMask  = 15
	distBaseShift  = 16
	distBaseMask   = 1<<16 - 1
	distExtraShift = 32
)

// Layout of a precode entry: the symbol in bits 8-12; litSpecial where no code
// leads.
const precodeShift = 8

type (
	litTable     [litTableSize]uint32
	distTable    [distTableSize]uint64
	precodeTable [1 << precodeRoot]uint32
)

// An alphabet is what a table is built from besides the lengths of its codes.
type alphabet[E uint32 | uint64] struct {
	root    int
	symbols []E // the entry of each symbol, as if its code had no bits
	oneBit  E   // what each bit of code adds to that
	invalid E   // the entry where no code leads
	// link is the entry that leads to the subtable that begins at start and
	// is indexed by width bits; nil if the root is as long as the longest code.
	link func(start, width int) E
}

// Constants of the format: what the symbols mean, and the codes of blocks that
// bring none of their own.
type static struct {
	lit     alphabet[uint32]
	dist    alphabet[uint64]
	precode alphabet[uint32]

	fixedLit  litTable
	fixedDist distTable
}

// tables computes the constants once, when the first stream is opened.
var tables = sync.OnceValue(func() *static {
	s := &static{
		lit:     litAlphabet(),
		dist:    distAlphabet(),
		precode: precodeAlphabet(),
	}
	s.buildFixed()
	return s
})

// litAlphabet gives the meanings of RFC 1951, section 3.2.5, first table.
func litAlphabet() alphabet[uint32] {
	symbols := make([]uint32, litSymbols)
	for i := range endOfBlock {
		symbols[i] = litLiteral | uint32(i)<<litValueShift
	}
	symbols[endOfBlock] = litSpecial | litEnd
	base := uint32(3)
	for i := range uint32(28) { // symbols 257 to 284
		var extra uint32
		if i >= 8 {
			extra = i/4 - 1
		}
		symbols[endOfBlock+1+i] = extra | base<<litValueShift | (1<<extra-1)<<litExtraShift
		base += 1 << extra
	}
	symbols[285] = 258 << litValueShift
	symbols[286] = litSpecial
	symbols[287] = litSpecial
	return alphabet[uint32]{
		root:    litRoot,
		symbols: symbols,
		oneBit:  1 | 1<<litCodeShift,
		invalid: litSpecial,
		link: func(start, width int) uint32 {
			return litSpecial | litLink | litRoot |
				uint32(start)<<litValueShift | uint32(width)<<litCodeShift
		},
	}
}

// distAlphabet gives the meanings of RFC 1951, section 3.2.5, second table.
func distAlphabet() alphabet[uint64] {
	symbols := make([]uint64, distSymbols)
	base := uint64(1)
	for i := range uint64(30) {
		var extra uint64
		if i >= 2 {
			extra = i/2 - 1
		}
		symbols[i] = extra | base<<distBaseShift | (1<<extra-1)<<distExtraShift
		base += 1 << extra
	}
	symbols[30] = distInvalid
	symbols[31] = distInvalid
	return alphabet[uint64]{
		root:    distRoot,
		symbols: symbols,
		oneBit:  1 | 1<<distCodeShift,
		invalid: distInvalid,
		link: func(start, width int) uint64 {
			return distLink | distRoot |
				uint64(start)<<distBaseShift | uint64(width)<<distCodeShift
		},
	}
}

func precodeAlphabet() alphabet[uint32] {
	symbols := make([]uint32, precodeSymbols)
	for i := range symbols {
		symbols[i] = uint32(i) << precodeShift
	}
	return alphabet[uint32]{root: precodeRoot, symbols: symbols, oneBit: 1, invalid: litSpecial}
}

// buildFixed makes the tables of RFC 1951, section 3.2.6.
func (s *static) buildFixed() {
	var lengths [litSymbols]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	s.lit.build(s.fixedLit[:], lengths[:])
	for i := range distSymbols {
		lengths[i] = 5
	}
	s.dist.build(s.fixedDist[:], lengths[:distSymbols])
}

// build fills table for the canonical code (RFC 1951, section 3.2.2) whose
// code lengths are given, one a symbol, 0 for a symbol without a code. It
// reports whether the code can be accepted: if it is complete, or is the one
// incomplete code that compressors write, a single code of one bit, or is
// empty, which is an error only when it is used.
func (a *alphabet[E]) build(table []E, lengths []uint8) bool {
	var count [maxCodeBits + 1]int
	for _, n := range lengths {
		count[n]++
	}
	longest := maxCodeBits
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	free := 1 << maxCodeBits // of the code space, in codes of the most bits
	for n := 1; n <= longest; n++ {
		free -= count[n] << (maxCodeBits - n)
	}
	if free != 0 && longest > 1 || free < 0 {
		return false
	}

	// Symbols in the order of their codes: by length, then by number.
	var sorted [litSymbols]uint16
	var next [maxCodeBits + 1]int
	for n := 1; n < maxCodeBits; n++ {
		next[n+1] = next[n] + count[n]
	}
	for symbol, n := range lengths {
		if n != 0 {
			sorted[next[n]] = uint16(symbol)
			next[n]++
		}
	}

	used, code := a.fillRoot(table, sorted[:], &count)
	if longest > a.root {
		a.fillSubtables(table, sorted[used:], &count, longest, code)
	}
	return true
}

// fillRoot fills the first level. It begins with one entry and doubles that
// for every bit of code length, so that the repetitions which a short code
// needs come from copying. It returns how many symbols found room and the
// code of the symbol after them.
func (a *alphabet[E]) fillRoot(table []E, sorted []uint16, count *[maxCodeBits + 1]int) (used, code int) {
	table[0] = a.invalid
	for n := 1; n <= a.root; n++ {
		half := 1 << (n - 1)
		copy(table[half:2*half], table[:half])
		length := E(n) * a.oneBit
		for range count[n] {
			table[code] = a.symbols[sorted[used]] + length
			used++
			code = nextCode(code, n)
		}
	}
	return used, code
}

// fillSubtables goes on with the codes that are longer than the root. Codes
// come in ascending order, so those that share their first bits are
// neighbours.
func (a *alphabet[E]) fillSubtables(table []E, sorted []uint16, count *[maxCodeBits + 1]int, longest, code int) {
	rootMask := 1<<a.root - 1
	prefix := -1
	start, end := 0, 1<<a.root
	for n := a.root + 1; n <= longest; n++ {
		length := E(n-a.root) * a.oneBit
		for left := count[n]; left > 0; left-- {
			if code&rootMask != prefix {
				prefix = code & rootMask
				start = end
				width := subtableWidth(count, n, left, a.root)
				end += 1 << width
				table[prefix] = a.link(start, width)
			}
			entry := a.symbols[sorted[0]] + length
			sorted = sorted[1:]
			for i := start + code>>a.root; i < end; i += 1 << (n - a.root) {
				table[i] = entry
			}
			code = nextCode(code, n)
		}
	}
}

// subtableWidth returns how many bits index a subtable whose first code has n
// bits, when left codes of that length are still without a place. The subtable
// takes the codes that follow until it is full.
func subtableWidth(count *[maxCodeBits + 1]int, n, left, root int) int {
	width := n - root
	for filled := left; filled < 1<<width && root+width < maxCodeBits; {
		width++
		filled = 2*filled + count[root+width]
	}
	return width
}

// nextCode returns the code after one of n bits. Codes are kept the way the
// stream has them, with their highest bit lowest, so the carry of an increment
// runs downwards: the highest 0 becomes 1 and the ones above it become 0. The
// code of only ones is the last; its successor is 0.
func nextCode(code, n int) int {
	zeros := ^code & (1<<n - 1)
	if zeros == 0 {
		return 0
	}
	bit := 1 << (bits.Len(uint(zeros)) - 1)
	return code&(bit-1) | bit
}
