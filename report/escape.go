package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable makes untrusted text one harmless line: whatever is not a visible
// character (control characters, terminal escapes, line breaks, directions,
// zero widths, bytes that are no UTF-8) becomes a visible escape, and the
// openings of commands that build services find anywhere in a line are broken.
func printable(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += n
	}
	// "##[error]" is a command to GitHub, "##vso[" one to Azure Pipelines.
	return strings.NewReplacer("##[", `##\[`, "##vso[", `##vso\[`).Replace(b.String())
}

// isPlain reports that nothing in s needs an escape.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || s[i] == '#' {
			return false
		}
	}
	return true
}

// harmlessJSON rewrites encoded JSON, changing no value: characters that a
// terminal or a reader could take for an order, and the openings of build
// services' commands, become \u escapes. Both occur inside strings only.
func harmlessJSON(in []byte) []byte {
	in = bytes.ReplaceAll(in, []byte("##["), []byte(`#\u0023[`))
	in = bytes.ReplaceAll(in, []byte("##vso["), []byte(`#\u0023vso[`))
	var out bytes.Buffer
	out.Grow(len(in))
	for len(in) > 0 {
		r, n := utf8.DecodeRune(in)
		switch {
		case r < utf8.RuneSelf && r != 0x7f:
			out.WriteByte(in[0])
		case !unicode.IsPrint(r):
			writeEscaped(&out, r)
		default:
			out.Write(in[:n])
		}
		in = in[n:]
	}
	return out.Bytes()
}

func writeEscaped(out *bytes.Buffer, r rune) {
	if r > 0xffff {
		r -= 0x10000
		fmt.Fprintf(out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		return
	}
	fmt.Fprintf(out, `\u%04x`, r)
}
