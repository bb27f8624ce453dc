// Package inflate decompresses gzip files (RFC 1952) and the deflate streams
// (RFC 1951) in them, more than twice as fast as the libraries, since
// decompression is what the first look at an image waits for.
//
// It knows the two formats, and accepts and refuses exactly what the standard
// library's compress/gzip does. It refuses to know what the bytes are (package
// layer), whether they are the ones that were promised (digests are their
// caller's job, beyond the check sum that gzip itself has), and how many there
// may be: it needs the same memory, less than half a megabyte, for any input,
// but a small file can still expand a thousandfold, and bounding that is its
// caller's job, too.
//
// It uses one goroutine, the caller's. Hashing or parsing the output in another
// one is the way to use a second processor.
package inflate

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Reader decompresses a gzip file: any number of members, one after the other
// (RFC 1952, section 2.2), to the end of the input. The zero Reader may be
// used after Reset. A Reader must not be copied, nor used by several goroutines
// at once.
//
// Bytes that a Reader has delivered are unchecked until the error is io.EOF:
// the check sum of a member comes behind it. The errors of its methods are
//
//   - io.EOF at the end of the input, if a member ends there;
//   - io.ErrUnexpectedEOF if the input ends elsewhere;
//   - gzip.ErrHeader if what should be a member's header is none;
//   - flate.CorruptInputError if a member's data breaks the rules of the
//     format, with the number of bytes of the input that were consumed;
//   - gzip.ErrChecksum if its CRC-32 or length does not fit its data;
//   - what the underlying reader returned, as it is, if that was another error
//     than io.EOF and bytes behind it are needed; io.ErrNoProgress if it
//     returned neither bytes nor an error many times in a row.
//
// All bytes that were decompressed before an error are delivered before it, and
// the error is returned again on later calls.
//
// A Reader reads ahead of what it delivers. It may wait for the underlying
// reader when it could already deliver, so it is not for interactive streams.
type Reader struct {
	d     decoder
	crc   uint32 // CRC-32 of the member so far
	size  uint32 // length of the member so far, modulo 2^32
	ended bool   // the member's trailer was read
	err   error  // what ended the file; to be reported behind the pending bytes

	scratch [256]byte // for headers, so that a member costs no allocation
}

// NewReader returns a Reader for the gzip file that r delivers. It reads the
// first member's header; the error is one of Reader's. It is io.EOF if r
// delivers no byte at all.
func NewReader(r io.Reader) (*Reader, error) {
	z := new(Reader)
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	return z, nil
}

// Reset makes z read another file, as if NewReader had returned it, and keeps
// its memory.
func (z *Reader) Reset(r io.Reader) error {
	z.d.reset(r)
	z.err = z.member()
	return z.err
}

// Read implements io.Reader.
func (z *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(z.d.win.pending()) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.advance()
	}
	n := copy(p, z.d.win.pending())
	z.d.win.start += n
	return n, nil
}

var errWriteCount = errors.New("inflate: writer returned an impossible count")

// WriteTo implements io.WriterTo. It hands w pieces of some hundred KiB, without
// copying them, and returns how many bytes w took. The error is nil at the end
// of the input, one of w, or one of Reader's. After an error of w the bytes
// that w did not take can still be read.
func (z *Reader) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for {
		n, err := z.writePending(w)
		written += int64(n)
		switch {
		case err != nil:
			return written, err
		case z.err == io.EOF:
			return written, nil
		case z.err != nil:
			return written, z.err
		}
		z.advance()
	}
}

func (z *Reader) writePending(w io.Writer) (int, error) {
	p := z.d.win.pending()
	if len(p) == 0 {
		return 0, nil
	}
	n, err := w.Write(p)
	if n < 0 || n > len(p) {
		return 0, errWriteCount
	}
	z.d.win.start += n
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// advance decompresses the next bytes. Nothing may be pending, and no error.
func (z *Reader) advance() {
	if z.ended {
		if z.err = z.member(); z.err != nil {
			return
		}
	}
	z.d.win.slide()
	ended, err := z.d.decode()
	p := z.d.win.pending()
	z.crc = crc32.Update(z.crc, crc32.IEEETable, p)
	z.size += uint32(len(p))
	if ended {
		err = z.trailer()
	}
	z.ended, z.err = ended, err
}

// member reads a member's header and prepares for its data. Nothing may be
// pending: members share no history, so the window starts again.
func (z *Reader) member() error {
	z.crc, z.size, z.ended = 0, 0, false
	z.d.begin()
	return z.header()
}

// Bits of the header's flag byte (RFC 1952, section 2.3.1).
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
)

// maxText bounds a header's file name and its comment, with the zero byte that
// ends each. The standard library has the same bound.
const maxText = 512

// header reads and checks a member's header. The error is io.EOF if the input
// ends before it. Like the standard library it does not ask what the reserved
// flags mean.
func (z *Reader) header() error {
	h := headerReader{in: &z.d.in, scratch: &z.scratch}
	fixed := z.scratch[:10]
	if err := h.in.readFull(fixed); err != nil {
		return err
	}
	h.crc = crc32.ChecksumIEEE(fixed)
	if fixed[0] != 0x1f || fixed[1] != 0x8b || fixed[2] != 8 {
		return gzip.ErrHeader
	}
	flags := fixed[3]
	if flags&flagExtra != 0 {
		if err := h.skipExtra(); err != nil {
			return err
		}
	}
	for _, flag := range []byte{flagName, flagComment} {
		if flags&flag != 0 {
			if err := h.skipText(); err != nil {
				return err
			}
		}
	}
	if flags&flagHeaderCRC != 0 {
		return h.checkCRC()
	}
	return nil
}

// headerReader reads the optional parts of a header (RFC 1952, section 2.3).
// Their contents are of no use here, except for the check sum over them.
type headerReader struct {
	in      *input
	scratch *[256]byte
	crc     uint32
}

// next returns the next n bytes, at most 256, valid until the next call.
func (h *headerReader) next(n int) ([]byte, error) {
	p := h.scratch[:n]
	if err := h.in.readFull(p); err != nil {
		return nil, h.in.missing()
	}
	h.crc = crc32.Update(h.crc, crc32.IEEETable, p)
	return p, nil
}

func (h *headerReader) skipExtra() error {
	p, err := h.next(2)
	if err != nil {
		return err
	}
	for left := int(binary.LittleEndian.Uint16(p)); left > 0; {
		n := min(left, len(h.scratch))
		if _, err := h.next(n); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func (h *headerReader) skipText() error {
	for range maxText {
		p, err := h.next(1)
		if err != nil {
			return err
		}
		if p[0] == 0 {
			return nil
		}
	}
	return gzip.ErrHeader
}

func (h *headerReader) checkCRC() error {
	want := uint16(h.crc)
	p, err := h.next(2)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint16(p) != want {
		return gzip.ErrHeader
	}
	return nil
}

// trailer checks the member's trailer (RFC 1952, section 2.3.1).
func (z *Reader) trailer() error {
	var t [8]byte
	if err := z.d.in.readFull(t[:]); err != nil {
		return z.d.in.missing()
	}
	if binary.LittleEndian.Uint32(t[:4]) != z.crc || binary.LittleEndian.Uint32(t[4:]) != z.size {
		return gzip.ErrChecksum
	}
	return nil
}
