package inflate

const (
	historySize = 32 << 10 // the largest distance, RFC 1951, section 2

	// windowLimit is where decoding stops to have the window emptied.
	windowLimit = historySize + 256<<10

	// windowSlack is room behind the limit for what one step beyond a
	// position below the limit can write: see decoder.fast.
	windowSlack = 320
)

type windowBuffer [windowLimit + windowSlack]byte

// window is the decompressed side: the history that matches copy from, and
// behind it the bytes the caller has not had yet, in one piece.
//
// History begins at buf[0]. A stream starts with end at 0, so until the first
// slide a distance is valid if it is at most end; slide leaves the whole
// history that a distance can reach, so from then on every distance is.
type window struct {
	start, end int // the pending bytes are buf[start:end]
	buf        windowBuffer
}

func (w *window) reset() { w.start, w.end = 0, 0 }

func (w *window) pending() []byte { return w.buf[w.start:w.end] }

// slide makes room when the window is full. Nothing may be pending.
func (w *window) slide() {
	if w.end < windowLimit {
		return
	}
	copy(w.buf[:historySize], w.buf[w.end-historySize:w.end])
	w.start, w.end = historySize, historySize
}

// copyMatch appends length bytes from distance back, one by one, since they
// may overlap with what they make. It may end behind the limit.
func (w *window) copyMatch(distance, length int) {
	for range length {
		w.buf[w.end] = w.buf[w.end-distance]
		w.end++
	}
}
