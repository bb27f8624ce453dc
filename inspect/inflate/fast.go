package inflate

import "encoding/binary"

// What one round of decoder.fast uses at most.
const (
	// fastInput is more than the bytes a round reads: two refills load eight
	// bytes each, and the first passes over at most seven.
	fastInput = 24

	// fastOutput is what a round appends: two literals and the longest match.
	// (A third literal ends the round.)
	fastOutput = 2 + 258

	// fastOverhang is how far the last store of a copy can go beyond the
	// match.
	fastOverhang = 15

	// fastDistance is how many bits the rest of a round takes from the
	// distance on: 15 of code and 13 extra, and a lookup for the next round.
	fastDistance = 28 + litRoot
)

// These do not compile if the buffers are too small for a round. The 7 is what
// the refill before the first round passes over.
const (
	_ uint = fastInput - (7 + 8)
	_ uint = lookAhead - 7 - fastInput - 1
	_ uint = windowSlack - fastOutput - fastOverhang
)

// fast decodes symbols while more than fastInput bytes are ahead and the window
// is not full. It reports whether the block ended. At least lookAhead bytes
// must be ahead of it.
//
// Nothing in here asks whether the input ends or the window is full, except at
// the top of a round; the constants above say why that is enough. A mistake in
// them would be caught by the bounds checks, which are left in: leaving them
// out was measured to gain less than three percent.
//
// Of count only the low six bits mean anything, since entries are subtracted
// whole. A refill ORs eight bytes in above the valid bits and counts as many
// of them as fit whole, which makes 56 bits or more. What is above them
// belongs to the next byte, which the next refill ORs into the same place
// again. Until then a round takes at most 33 bits for literals, or 22 and 20
// for a length, or 22 and 15 for a literal with a long code: each leaves
// enough for the next lookup of litRoot bits or for the test of fastDistance.
//
// The next entry is always looked up before the work for the last one is done,
// so that the two overlap.
func (d *decoder) fast() (end bool, err error) {
	in, out := &d.in.buf, &d.win.buf
	lit, dist := d.lit, d.dist
	pos, inLimit := d.in.pos, d.in.end-fastInput
	op := d.win.end
	bits, count := d.in.bits, uint64(d.in.count)
	corrupt := false

	bits |= load64(in, pos) << (count & 63)
	pos += int(7 - count>>3&7)
	count |= 56
	e := lit[bits&(1<<litRoot-1)]

	for pos < inLimit && op < windowLimit {
		bits |= load64(in, pos) << (count & 63)
		pos += int(7 - count>>3&7)
		count |= 56

		if e&litLiteral != 0 {
			out[op] = byte(e >> litValueShift)
			op++
			bits >>= e & entryBits
			count -= uint64(e)
			e = lit[bits&(1<<litRoot-1)]
			if e&litLiteral != 0 {
				out[op] = byte(e >> litValueShift)
				op++
				bits >>= e & entryBits
				count -= uint64(e)
				e = lit[bits&(1<<litRoot-1)]
				if e&litLiteral != 0 {
					out[op] = byte(e >> litValueShift)
					op++
					bits >>= e & entryBits
					count -= uint64(e)
					e = lit[bits&(1<<litRoot-1)]
					continue
				}
			}
		}

		if e&litSpecial != 0 {
			if e&litLink != 0 {
				bits >>= e & entryBits
				count -= uint64(e)
				e = lit[litSubtable(e, bits)]
				if e&litLiteral != 0 {
					out[op] = byte(e >> litValueShift)
					op++
					bits >>= e & entryBits
					count -= uint64(e)
					e = lit[bits&(1<<litRoot-1)]
					continue
				}
			}
			if e&litSpecial != 0 {
				bits >>= e & entryBits
				count -= uint64(e)
				if e&litEnd != 0 {
					end = true
				} else {
					corrupt = true
				}
				break
			}
		}
		length := matchLength(e, bits)
		bits >>= e & entryBits
		count -= uint64(e)

		if count&63 < fastDistance {
			bits |= load64(in, pos) << (count & 63)
			pos += int(7 - count>>3&7)
			count |= 56
		}

		f := dist[bits&(1<<distRoot-1)]
		if f&distSpecial != 0 {
			if f&distLink != 0 {
				bits >>= f & entryBits
				count -= f
				f = dist[distSubtable(f, bits)]
			}
			if f&distInvalid != 0 {
				corrupt = true
				break
			}
		}
		distance := matchDistance(f, bits)
		bits >>= f & entryBits
		count -= f

		src := op - distance
		if src < 0 {
			corrupt = true
			break
		}
		e = lit[bits&(1<<litRoot-1)]
		to := op + length
		if distance >= 16 {
			copy16(out, op, src)
			for op += 16; op < to; op += 16 {
				src += 16
				copy16(out, op, src)
			}
		} else {
			copyNear(out, op, src, to)
		}
		op = to
	}
	d.win.end = op
	d.in.pos = pos
	d.in.count = uint(count & 63)
	d.in.bits = bits & (1<<d.in.count - 1)
	d.in.giveBack()
	if corrupt {
		return false, d.corrupt()
	}
	return end, nil
}

// copyNear fills b[dst:end] with the match that begins at src, less than 16
// bytes before dst. Like the loop for the other matches in fast it goes in wide
// steps and writes up to fastOverhang meaningless bytes behind the match.
func copyNear(b *windowBuffer, dst, src, end int) {
	switch distance := dst - src; {
	case distance >= 8:
		for ; dst < end; dst += 8 {
			copy8(b, dst, src)
			src += 8
		}
	case distance == 1:
		run := uint64(b[src]) * 0x0101010101010101
		for ; dst < end; dst += 8 {
			binary.LittleEndian.PutUint64(b[dst:dst+8], run)
		}
	default:
		// Each step makes distance valid bytes, and the next one writes
		// over the others.
		for ; dst < end; dst += distance {
			copy8(b, dst, src)
			src += distance
		}
	}
}

func load64(b *inputBuffer, i int) uint64 {
	return binary.LittleEndian.Uint64(b[i : i+8])
}

func copy8(b *windowBuffer, dst, src int) {
	*(*[8]byte)(b[dst : dst+8]) = *(*[8]byte)(b[src : src+8])
}

func copy16(b *windowBuffer, dst, src int) {
	*(*[16]byte)(b[dst : dst+16]) = *(*[16]byte)(b[src : src+16])
}
