// Package probe asks small questions about one file's bytes: what an ELF file
// needs, which names a source file defines, what a package calls itself. Each
// question is a layer.Question with a versioned name and a result type of its
// own; Decode turns an answer back into that type.
//
// It refuses to know where the file lies, what stands beside it, and what the
// answer is good for. A file that cannot be read as what it is asked for is a
// failed answer with the reason; a bound that was hit is named in it. Change
// what a question answers, and its version must change with it, since answers
// are cached.
package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// Decode gives the result of an answer to one of this package's questions. The
// error is the reason why there is none.
func Decode[T any](answer layer.Answer) (T, error) {
	var result T
	if answer.Failed != "" {
		return result, errors.New(answer.Failed)
	}
	if err := json.Unmarshal(answer.JSON, &result); err != nil {
		return result, fmt.Errorf("decoding an answer: %w", err)
	}
	return result, nil
}

// question makes a question of a function with random access to the file.
func question[T any](name string, f func(io.ReaderAt, int64) (T, error)) layer.Question {
	return layer.Question{Name: name, Ask: func(r io.ReaderAt, size int64) ([]byte, error) {
		result, err := f(r, size)
		if err != nil {
			return nil, err
		}
		return json.Marshal(result)
	}}
}

// readAll reads a whole file that may not be larger than limit bytes.
func readAll(r io.ReaderAt, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("the file has %d bytes, more than the %d that are read of its kind", size, limit)
	}
	data := make([]byte, size)
	if n, err := r.ReadAt(data, 0); int64(n) < size {
		return nil, fmt.Errorf("reading %d bytes: %w", size, err)
	}
	return data, nil
}

// checkText refuses what JSON could not carry unchanged.
func checkText(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8: %q", what, bounded(s, 80))
	}
	return nil
}

// bounded is the beginning of a string from a file, for messages.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
