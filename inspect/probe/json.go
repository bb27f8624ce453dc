package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonLimit is how large a JSON file of a package may be, in bytes.
const jsonLimit = 16 << 20

// readJSON reads a file that holds one JSON object.
func readJSON(r io.ReaderAt, size int64) (map[string]json.RawMessage, error) {
	data, err := readAll(r, size, jsonLimit)
	if err != nil {
		return nil, err
	}
	return parseObject(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
}

func parseObject(data []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if fields == nil {
		return nil, errors.New("not a JSON object: null")
	}
	return fields, nil
}

// jsonString gives a field that is a string, "" for any other.
func jsonString(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// withoutComments blanks the comments that .NET's host allows in its JSON.
func withoutComments(data []byte) []byte {
	out := bytes.Clone(data)
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			i = jsonStringEnd(out, i)
		case bytes.HasPrefix(out[i:], []byte("//")):
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case bytes.HasPrefix(out[i:], []byte("/*")):
			end := bytes.Index(out[i+2:], []byte("*/"))
			if end < 0 {
				return data
			}
			for stop := i + 2 + end + 2; i < stop; i++ {
				out[i] = ' '
			}
			i--
		}
	}
	return out
}

// jsonStringEnd is the place of the quote that ends a string.
func jsonStringEnd(data []byte, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i
}
