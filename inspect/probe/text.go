package probe

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// TextLimit is how many bytes of a text are kept.
const TextLimit = 64 << 10

// TextFile is the beginning of a text file.
type TextFile struct {
	// Text is the first TextLimit bytes, less the part of a character that
	// the limit cuts; "" for a binary file.
	Text string `json:"text"`
	// Truncated is true where the file is longer than that.
	Truncated bool `json:"truncated,omitempty"`
	// Binary is true where these bytes hold a NUL or are not UTF-8.
	Binary bool `json:"binary,omitempty"`
}

// Text asks for the beginning of a text: a TextFile.
func Text() layer.Question { return question("text/1", readText) }

func readText(r io.ReaderAt, size int64) (TextFile, error) {
	data := make([]byte, min(size, TextLimit))
	if n, err := r.ReadAt(data, 0); n < len(data) {
		return TextFile{}, fmt.Errorf("reading %d bytes: %w", len(data), err)
	}
	result := TextFile{Truncated: size > TextLimit}
	if result.Truncated {
		data = data[:len(data)-cutRune(data)]
	}
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		result.Binary = true
		return result, nil
	}
	result.Text = string(data)
	return result, nil
}

// cutRune is the number of bytes at the end that begin a character and do not
// end it.
func cutRune(data []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(data); n++ {
		if utf8.RuneStart(data[len(data)-n]) {
			if utf8.FullRune(data[len(data)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}
