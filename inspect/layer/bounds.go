package layer

import "fmt"

// Bounds keep a hostile layer from filling the memory or never ending. Hitting
// one is an error that names it, never a result on what was read so far.
type Bounds struct {
	// Entries is the most entries of one layer.
	Entries int
	// NameLength is the longest name or link target in bytes.
	NameLength int
	// Size is the most bytes of one uncompressed layer.
	Size int64
	// Ratio is the most that output may exceed the stored bytes, checked
	// above RatioFrom bytes of output.
	Ratio     int64
	RatioFrom int64
}

// DefaultBounds are wide enough for any image that Lambda could take.
func DefaultBounds() Bounds {
	return Bounds{
		Entries:    5_000_000,
		NameLength: 64 << 10,
		Size:       20 << 30,
		Ratio:      2000,
		RatioFrom:  1 << 30,
	}
}

// BoundError says which bound of a layer was hit.
type BoundError struct {
	Bound string
	Limit int64
}

// Error implements error.
func (e *BoundError) Error() string {
	return fmt.Sprintf("the layer goes over the bound of %d %s", e.Limit, e.Bound)
}
