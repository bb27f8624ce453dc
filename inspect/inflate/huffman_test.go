package inflate

import "testing"

// TestBuild looks every code of random complete codes up in the tables that
// are built from them.
func TestBuild(t *testing.T) {
	s := tables()
	most := [2]int{}
	for seed := range uint64(400) {
		rng := source(seed)
		lit := completeCode(rng, 2+rng.IntN(285), rng.IntN(20))
		dist := completeCode(rng, 2+rng.IntN(29), rng.IntN(20))
		var litTable litTable
		var distTable distTable
		if !s.lit.build(litTable[:], lit) || !s.dist.build(distTable[:], dist) {
			t.Fatalf("seed %d: a complete code is refused", seed)
		}
		for symbol, code := range canonical(lit) {
			e, n := lookUp(litTable[:], code, int(lit[symbol]), litRoot, func(e uint32, bits uint64) (int, bool) {
				return litSubtable(e, bits), e&litLink != 0
			})
			if want := s.lit.symbols[symbol] + uint32(n)*s.lit.oneBit; e != want {
				t.Fatalf("seed %d: literal symbol %d is %#x, want %#x", seed, symbol, e, want)
			}
		}
		for symbol, code := range canonical(dist) {
			e, n := lookUp(distTable[:], code, int(dist[symbol]), distRoot, func(e uint64, bits uint64) (int, bool) {
				return distSubtable(e, bits), e&distLink != 0
			})
			if want := s.dist.symbols[symbol] + uint64(n)*s.dist.oneBit; e != want {
				t.Fatalf("seed %d: distance symbol %d is %#x, want %#x", seed, symbol, e, want)
			}
		}
		most[0] = max(most[0], used(litTable[:]))
		most[1] = max(most[1], used(distTable[:]))
	}
	t.Logf("largest tables: %d of %d and %d of %d entries", most[0], litTableSize, most[1], distTableSize)
}

// lookUp follows a code through a table. It returns the entry and how many of
// the code's bits the entry itself consumes.
func lookUp[E uint32 | uint64](table []E, code, n, root int, link func(E, uint64) (int, bool)) (E, int) {
	w := new(bitWriter)
	w.code(code, n)
	var bits uint64
	for i, b := range w.bytes() {
		bits |= uint64(b) << (8 * i)
	}
	e := table[bits&(1<<root-1)]
	if i, ok := link(e, bits>>root); ok {
		return table[i], n - root
	}
	return e, n
}

// used is the length of table without the zeros at its end. No entry is zero.
func used[E uint32 | uint64](table []E) int {
	n := len(table)
	for table[n-1] == 0 {
		n--
	}
	return n
}

// TestTableSizes builds the codes with the most subtable entries: as many of the
// deepest subtables as the symbols suffice for, each with one code more than
// it has levels.
func TestTableSizes(t *testing.T) {
	s := tables()
	var lit litTable
	if !s.lit.build(lit[:], deepest(litSymbols, litRoot)) {
		t.Error("literal code refused")
	}
	var dist distTable
	if !s.dist.build(dist[:], deepest(distSymbols, distRoot)) {
		t.Error("distance code refused")
	}
	if n := used(lit[:]); n < 1<<litRoot+256 {
		t.Errorf("only %d literal entries", n)
	}
	t.Logf("%d of %d and %d of %d entries", used(lit[:]), litTableSize, used(dist[:]), distTableSize)
}

// deepest gives n symbols a complete code with as many subtables of the full
// depth as possible.
func deepest(n, root int) []uint8 {
	deep := maxCodeBits - root
	lengths := []uint8{1, 1}
	split := func(from uint8) bool {
		for i, l := range lengths {
			if l == from {
				lengths[i]++
				lengths = append(lengths, lengths[i])
				return true
			}
		}
		return false
	}
	// subtables is the number of leaves at the root's depth to dig below.
	for subtables := n / (deep + 1); subtables > 0; subtables-- {
		lengths = []uint8{1, 1}
		for count(lengths, root) < subtables {
			for l := root - 1; l >= 1; l-- {
				if split(uint8(l)) {
					break
				}
			}
		}
		for range subtables {
			for l := root; l < maxCodeBits; l++ {
				split(uint8(l))
			}
		}
		if len(lengths) <= n {
			break
		}
	}
	for len(lengths) < n && (split(1) || split(2) || split(3) || split(4)) {
	}
	return lengths
}

func count(lengths []uint8, n int) int {
	c := 0
	for _, l := range lengths {
		if int(l) == n {
			c++
		}
	}
	return c
}

// TestSymbols checks the tables of RFC 1951, section 3.2.5, at their ends.
func TestSymbols(t *testing.T) {
	s := tables()
	for _, test := range []struct{ symbol, extra, base int }{
		{257, 0, 3}, {264, 0, 10}, {265, 1, 11}, {268, 1, 17}, {269, 2, 19}, {284, 5, 227}, {285, 0, 258},
	} {
		e := s.lit.symbols[test.symbol]
		if int(e&entryBits) != test.extra || matchLength(e, 0) != test.base ||
			matchLength(e, ^uint64(0)) != test.base+1<<test.extra-1 {
			t.Errorf("length symbol %d is %#x", test.symbol, e)
		}
	}
	for _, test := range []struct{ symbol, extra, base int }{
		{0, 0, 1}, {3, 0, 4}, {4, 1, 5}, {5, 1, 7}, {28, 13, 16385}, {29, 13, 24577},
	} {
		e := s.dist.symbols[test.symbol]
		if int(e&entryBits) != test.extra || matchDistance(e, 0) != test.base ||
			matchDistance(e, ^uint64(0)) != test.base+1<<test.extra-1 {
			t.Errorf("distance symbol %d is %#x", test.symbol, e)
		}
	}
}
