package inflate

import (
	"compress/flate"
	"io"
)

// decoder decodes one deflate stream (RFC 1951) after the other. It knows
// blocks, codes and copies; what stands around a stream is not its business.
type decoder struct {
	in  input
	win window

	static *static

	block  blockKind
	final  bool // block is the last of the stream
	stored int  // bytes left in a stored block

	// The codes of a compressed block, fixed or dynamic.
	lit  *litTable
	dist *distTable
	// endBits is the length of the code that ends the block, 0 if there is
	// none. If fewer bits than that are left, the stream is truncated,
	// whatever they say.
	endBits uint

	dynamicLit  litTable
	dynamicDist distTable
}

type blockKind uint8

const (
	noBlock blockKind = iota // a block header comes next
	storedBlock
	huffmanBlock
)

// reset makes d decode from r, once begin is called.
func (d *decoder) reset(r io.Reader) {
	d.static = tables()
	d.in.reset(r)
}

// begin makes d expect a stream at the next byte of its input.
func (d *decoder) begin() {
	d.win.reset()
	d.block, d.final = noBlock, false
}

// corrupt is the error for bytes that are there and wrong.
func (d *decoder) corrupt() error { return flate.CorruptInputError(d.in.offset()) }

// decode goes on until the window is full, the stream ends or an error stops
// it. What was decoded is behind the window's pending bytes in every case.
func (d *decoder) decode() (done bool, err error) {
	for d.win.end < windowLimit {
		switch d.block {
		case noBlock:
			if d.final {
				d.in.align()
				return true, nil
			}
			err = d.blockHeader()
		case storedBlock:
			err = d.copyStored()
		case huffmanBlock:
			err = d.huffman()
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// blockHeader reads what stands before a block's data (RFC 1951, section
// 3.2.3).
func (d *decoder) blockHeader() error {
	if err := d.in.need(3); err != nil {
		return err
	}
	d.final = d.in.take(1) == 1
	switch d.in.take(2) {
	case 0:
		return d.storedHeader()
	case 1:
		d.lit, d.dist, d.endBits = &d.static.fixedLit, &d.static.fixedDist, 7
		d.block = huffmanBlock
		return nil
	case 2:
		return d.dynamicHeader()
	default:
		return d.corrupt()
	}
}

// storedHeader reads the length of a stored block (RFC 1951, section 3.2.4).
func (d *decoder) storedHeader() error {
	d.in.align()
	if err := d.in.need(32); err != nil {
		return err
	}
	length, complement := d.in.take(16), d.in.take(16)
	if length != complement^0xffff {
		return d.corrupt()
	}
	d.in.align()
	d.stored = int(length)
	d.block = storedBlock
	return nil
}

// copyStored copies what is left of a stored block, or what the window takes.
func (d *decoder) copyStored() error {
	for d.stored > 0 && d.win.end < windowLimit {
		room := d.win.buf[d.win.end:windowLimit]
		n := d.in.read(room[:min(len(room), d.stored)])
		if n == 0 {
			return d.in.missing()
		}
		d.win.end += n
		d.stored -= n
	}
	if d.stored == 0 {
		d.block = noBlock
	}
	return nil
}

// dynamicHeader reads the codes of a block that brings its own (RFC 1951,
// section 3.2.7).
func (d *decoder) dynamicHeader() error {
	if err := d.in.need(14); err != nil {
		return err
	}
	lits := int(d.in.take(5)) + 257
	dists := int(d.in.take(5)) + 1
	precodes := int(d.in.take(4)) + 4
	if lits > 286 || dists > 30 {
		return d.corrupt()
	}
	var precode precodeTable
	if err := d.readPrecode(&precode, precodes); err != nil {
		return err
	}
	var buf [286 + 30]uint8
	lengths := buf[:lits+dists]
	if err := d.readLengths(&precode, lengths); err != nil {
		return err
	}
	if !d.static.lit.build(d.dynamicLit[:], lengths[:lits]) ||
		!d.static.dist.build(d.dynamicDist[:], lengths[lits:]) {
		return d.corrupt()
	}
	d.lit, d.dist, d.endBits = &d.dynamicLit, &d.dynamicDist, uint(lengths[endOfBlock])
	d.block = huffmanBlock
	return nil
}

// readPrecode reads the code that the lengths of the other codes are written
// in. The first n of its own lengths are given.
func (d *decoder) readPrecode(precode *precodeTable, n int) error {
	order := [precodeSymbols]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	var lengths [precodeSymbols]uint8
	for _, symbol := range order[:n] {
		if err := d.in.need(3); err != nil {
			return err
		}
		lengths[symbol] = uint8(d.in.take(3))
	}
	if !d.static.precode.build(precode[:], lengths[:]) {
		return d.corrupt()
	}
	return nil
}

// readLengths reads the lengths of the literal/length and distance codes,
// which form one sequence.
func (d *decoder) readLengths(precode *precodeTable, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		symbol, err := d.precodeSymbol(precode)
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		var value uint8
		var least int
		var extra uint
		switch symbol {
		case 16:
			if i == 0 {
				return d.corrupt()
			}
			value, least, extra = lengths[i-1], 3, 2
		case 17:
			least, extra = 3, 3
		default:
			least, extra = 11, 7
		}
		if err := d.in.need(extra); err != nil {
			return err
		}
		repeat := least + int(d.in.take(extra))
		if i+repeat > len(lengths) {
			return d.corrupt()
		}
		for range repeat {
			lengths[i] = value
			i++
		}
	}
	return nil
}

// precodeSymbol decodes one symbol of the precode. Near the end of the input
// the lookup sees zeros behind the last bit; the entry found is the right one
// if it takes no more bits than there are.
func (d *decoder) precodeSymbol(precode *precodeTable) (uint8, error) {
	d.in.want(precodeRoot)
	e := precode[d.in.bits&(1<<precodeRoot-1)]
	if n := uint(e & entryBits); n > d.in.count {
		return 0, d.in.missing()
	}
	if e&litSpecial != 0 {
		return 0, d.corrupt()
	}
	d.in.drop(uint(e & entryBits))
	return uint8(e >> precodeShift), nil
}

// huffman decodes what is left of a compressed block, or what the window
// takes: with the fast loop while there is input ahead, and symbol by symbol
// at the very end.
func (d *decoder) huffman() error {
	for d.win.end < windowLimit {
		d.in.fill(lookAhead)
		var end bool
		var err error
		if d.in.ahead() >= lookAhead {
			end, err = d.fast()
		} else {
			end, err = d.symbol()
		}
		if err != nil {
			return err
		}
		if end {
			d.block = noBlock
			return nil
		}
	}
	return nil
}

// symbol decodes one literal or one match, and checks for each part whether
// the input has its bits. It runs where all input that there is lies in the
// buffers. As in precodeSymbol, lookups may see zeros behind the last bit.
func (d *decoder) symbol() (end bool, err error) {
	in := &d.in
	in.topUp() // more bits than the longest match has, if they exist
	if in.count < d.endBits {
		return false, in.missing()
	}
	e := d.lit[in.bits&(1<<litRoot-1)]
	if e&litLink != 0 {
		if in.count < litRoot {
			return false, in.missing()
		}
		in.drop(litRoot)
		e = d.lit[litSubtable(e, in.bits)]
	}
	if uint(e&entryBits) > in.count {
		return false, in.missing()
	}
	before := in.bits
	in.drop(uint(e & entryBits))
	switch {
	case e&litLiteral != 0:
		d.win.buf[d.win.end] = byte(e >> litValueShift)
		d.win.end++
		return false, nil
	case e&litEnd != 0:
		return true, nil
	case e&litSpecial != 0:
		return false, d.corrupt()
	}
	length := matchLength(e, before)

	f := d.dist[in.bits&(1<<distRoot-1)]
	if f&distLink != 0 {
		if in.count < distRoot {
			return false, in.missing()
		}
		in.drop(distRoot)
		f = d.dist[distSubtable(f, in.bits)]
	}
	if uint(f&entryBits) > in.count {
		return false, in.missing()
	}
	if f&distInvalid != 0 {
		return false, d.corrupt()
	}
	distance := matchDistance(f, in.bits)
	in.drop(uint(f & entryBits))
	if distance > d.win.end {
		return false, d.corrupt()
	}
	d.win.copyMatch(distance, length)
	return false, nil
}

// litSubtable is the index of the entry that the link e leads to, given the
// bits behind those of e.
func litSubtable(e uint32, bits uint64) int {
	width := e >> litCodeShift & litWidthMask
	return int(e>>litValueShift&litStartMask) + int(bits&(1<<width-1))
}

// distSubtable is the same for distances.
func distSubtable(e uint64, bits uint64) int {
	width := e >> distCodeShift & distWidthMask
	return int(e>>distBaseShift&distBaseMask) + int(bits&(1<<width-1))
}

// matchLength is the length of a match, 3 to 258, given the bits from its
// code on. Like matchDistance it masks the shift with 63, which costs nothing
// since the processor does the same; the entry's layout makes that enough.
func matchLength(e uint32, bits uint64) int {
	extra := uint32(bits>>(e>>litCodeShift&63)) & (e >> litExtraShift)
	return int(e>>litValueShift&litBaseMask + extra)
}

// matchDistance is the distance of a match, 1 to 32768, given the bits from
// its code on.
func matchDistance(e uint64, bits uint64) int {
	extra := bits >> (e >> distCodeShift & 63) & (e >> distExtraShift)
	return int(e>>distBaseShift&distBaseMask + extra)
}
