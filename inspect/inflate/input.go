package inflate

import (
	"errors"
	"io"
)

const (
	inputSize = 128 << 10

	// lookAhead is how many bytes the decoding of compressed blocks wants to
	// have in the buffer, so that it need not ask for each symbol whether the
	// input ends.
	lookAhead = 32

	// maxEmptyReads in a row mean that a reader makes no progress.
	maxEmptyReads = 100
)

var errReadCount = errors.New("inflate: reader returned an impossible count")

type inputBuffer [inputSize]byte

// input is the compressed side: a buffer in front of the caller's reader, and
// a bit buffer in front of that.
//
// The bit buffer's whole bytes are always the bytes directly before pos, so
// they can be given back by moving pos. Bits above count are zero.
type input struct {
	r   io.Reader
	err error // what ended reading; reported only when bytes are missing

	bits  uint64 // the next bits of the stream, first one lowest
	count uint   // how many there are, less than 64

	pos, end int   // the bytes of buf that are not consumed
	before   int64 // how many bytes of the stream came before buf
	buf      inputBuffer
}

func (in *input) reset(r io.Reader) {
	in.r, in.err = r, nil
	in.bits, in.count = 0, 0
	in.pos, in.end = 0, 0
	in.before = 0
}

// offset is the number of bytes consumed, a byte begun included.
func (in *input) offset() int64 {
	return in.before + int64(in.pos) - int64(in.count/8)
}

// ahead is the number of buffered bytes behind the bit buffer.
func (in *input) ahead() int { return in.end - in.pos }

// giveBack returns the whole bytes of the bit buffer to the byte buffer.
func (in *input) giveBack() {
	in.pos -= int(in.count / 8)
	in.count &= 7
	in.bits &= 1<<in.count - 1
}

// align drops the bits up to the next byte boundary (RFC 1951, section 3.2.4).
func (in *input) align() {
	in.giveBack()
	in.bits, in.count = 0, 0
}

// fill reads until at least n bytes are ahead, n being at most lookAhead, or the
// reader gives no more. Afterwards fewer than n are ahead only if err says why.
func (in *input) fill(n int) {
	if in.ahead() >= n || in.err != nil {
		return
	}
	in.giveBack() // so that nothing before pos is needed any more
	in.before += int64(in.pos)
	in.end = copy(in.buf[:], in.buf[in.pos:in.end])
	in.pos = 0
	for empty := 0; in.end < n && in.err == nil; {
		room := in.buf[in.end:]
		got, err := in.r.Read(room)
		if got < 0 || got > len(room) {
			got, err = 0, errReadCount
		}
		in.end += got
		in.err = err
		if got > 0 {
			empty = 0
		} else if empty++; empty == maxEmptyReads && err == nil {
			in.err = io.ErrNoProgress
		}
	}
}

// missing is the error for bytes that the format promises and the reader did
// not deliver. It may be asked only after fill came back with too little.
func (in *input) missing() error {
	if in.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return in.err
}

// topUp moves bytes to the bit buffer until it has more than 56 bits or the
// byte buffer is empty.
func (in *input) topUp() {
	for in.count <= 56 && in.pos < in.end {
		in.bits |= uint64(in.buf[in.pos]) << in.count
		in.pos++
		in.count += 8
	}
}

// want makes n bits available if the input has them, n being at most 48.
func (in *input) want(n uint) {
	if in.count >= n {
		return
	}
	in.giveBack()
	in.fill(int(n-in.count+7) / 8)
	in.topUp()
}

// need makes n bits available, n being at most 48.
func (in *input) need(n uint) error {
	if in.want(n); in.count < n {
		return in.missing()
	}
	return nil
}

// drop consumes n bits, n being at most count.
func (in *input) drop(n uint) {
	in.bits >>= n
	in.count -= n
}

// take consumes n bits that need made available and returns them.
func (in *input) take(n uint) uint {
	v := uint(in.bits & (1<<n - 1))
	in.drop(n)
	return v
}

// read copies whole bytes to p and returns how many: at least one, unless p
// is empty or there are no more. The bit buffer must be empty.
func (in *input) read(p []byte) int {
	in.fill(1)
	n := copy(p, in.buf[in.pos:in.end])
	in.pos += n
	return n
}

// readFull copies exactly len(p) bytes. The error is io.EOF if there is not
// even one.
func (in *input) readFull(p []byte) error {
	for n := 0; n < len(p); {
		m := in.read(p[n:])
		if m == 0 {
			if n == 0 {
				return in.err
			}
			return in.missing()
		}
		n += m
	}
	return nil
}
