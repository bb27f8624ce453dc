package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
)

//go:embed schema/report/v1.json
var schema []byte

// Schema is the JSON Schema of the JSON report.
func Schema() []byte { return bytes.Clone(schema) }

// writeJSON writes the report as report/v1. Bytes of names that are no UTF-8
// come out as U+FFFD.
func writeJSON(w io.Writer, r *Report, _ Options) error {
	return encode(w, sorted(r), "json")
}

// encode writes v indented, harmless to terminals and build services, with a
// newline at the end.
func encode(w io.Writer, v any, what string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encoding the %s report: %w", what, err)
	}
	if _, err := w.Write(harmlessJSON(b.Bytes())); err != nil {
		return fmt.Errorf("writing the %s report: %w", what, err)
	}
	return nil
}
