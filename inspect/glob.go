package inspect

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Glob is a compiled pattern for absolute paths inside an image.
type Glob struct {
	text    string
	base    string
	suffix  string
	literal bool
	pattern string
	re      *regexp.Regexp
}

// maxGlob bounds a pattern, which may come from a rule that was downloaded.
const maxGlob = 1024

// CompileGlob compiles a glob. It is absolute; `**` as a whole segment stands
// for any number of segments, none included; inside a segment `*` stands for
// any text, `?` for one character, `[a-z]` and `[!a-z]` for one character of a
// class, `{a,b}` for one of several texts, and a backslash takes the meaning
// from the next character. None of them matches a slash.
func CompileGlob(text string) (*Glob, error) {
	if len(text) > maxGlob {
		return nil, fmt.Errorf("glob of %d bytes: at most %d are allowed", len(text), maxGlob)
	}
	if !strings.HasPrefix(text, "/") {
		return nil, fmt.Errorf("glob %q: it must begin with a slash", text)
	}
	if text != "/" && path.Clean(text) != text {
		return nil, fmt.Errorf("glob %q: it has an empty segment, . or .., or ends in a slash", text)
	}
	g := &Glob{text: text}
	if err := g.translate(); err != nil {
		return nil, fmt.Errorf("glob %q: %w", text, err)
	}
	g.pattern = validUTF8(g.pattern)
	re, err := regexp.Compile(g.pattern)
	if err != nil {
		return nil, fmt.Errorf("glob %q: %w", text, err)
	}
	g.re = re
	return g, nil
}

// validUTF8 writes each byte that is no UTF-8 as regular expressions see it: as
// one unknown character.
func validUTF8(pattern string) string {
	if utf8.ValidString(pattern) {
		return pattern
	}
	var out strings.Builder
	for len(pattern) > 0 {
		r, size := utf8.DecodeRuneInString(pattern)
		if r == utf8.RuneError && size == 1 {
			out.WriteString(`\x{FFFD}`)
		} else {
			out.WriteString(pattern[:size])
		}
		pattern = pattern[size:]
	}
	return out.String()
}

// QuoteGlob gives the glob that matches exactly this path.
func QuoteGlob(path string) string {
	var out strings.Builder
	for i := range len(path) {
		if strings.IndexByte(`*?[]{},!\`, path[i]) >= 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(path[i])
	}
	return out.String()
}

// UnderGlob gives the glob that matches everything below a directory, at any
// depth, and not the directory itself.
func UnderGlob(dir string) string {
	if dir == "/" {
		return "/*/**"
	}
	return QuoteGlob(dir) + "/*/**"
}

// String gives the glob as it was written.
func (g *Glob) String() string { return g.text }

// Base is the literal beginning of the glob: the path itself where there are no
// wildcards, else the deepest directory before the first segment that has one.
func (g *Glob) Base() string { return g.base }

// Literal reports whether the glob has no wildcards and so matches Base alone.
func (g *Glob) Literal() bool { return g.literal }

// Pattern is the regular expression, in the syntax that Go and Rego share, for
// the whole paths that match.
func (g *Glob) Pattern() string { return g.pattern }

// Match reports whether the glob matches an absolute, clean path.
func (g *Glob) Match(p string) bool {
	if g.literal {
		return p == g.base
	}
	return strings.HasSuffix(p, g.suffix) && strings.HasPrefix(p, g.base) && g.re.MatchString(p)
}

// From gives the same glob seen from another base: where Base leads through
// symbolic links to another directory, files lie below that one.
func (g *Glob) From(base string) (*Glob, error) {
	rest := ""
	if !g.literal {
		rest = g.text[len(baseText(g.text)):]
	}
	return CompileGlob(strings.TrimSuffix(QuoteGlob(base), "/") + rest)
}

// baseText is the part of a glob's text that makes up its base.
func baseText(text string) string {
	end := 0
	for end < len(text) {
		next := strings.IndexByte(text[end+1:], '/')
		segment := text[end+1:]
		if next >= 0 {
			segment = text[end+1 : end+1+next]
		}
		if _, wild := unquote(segment); wild {
			break
		}
		end += 1 + len(segment)
	}
	return text[:end]
}

// unquote takes the backslashes out of a segment and reports whether it has
// wildcards.
func unquote(segment string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(segment); i++ {
		switch segment[i] {
		case '*', '?', '[', '{':
			return "", true
		case '\\':
			if i+1 < len(segment) {
				i++
			}
		}
		out.WriteByte(segment[i])
	}
	return out.String(), false
}

func (g *Glob) translate() error {
	base := baseText(g.text)
	g.literal = base == g.text || g.text == "/"
	g.base, _ = unquote(base)
	if g.base == "" {
		g.base = "/"
	}
	var out strings.Builder
	out.WriteString("(?s)^")
	segments := strings.Split(g.text[1:], "/")
	if g.text == "/" {
		out.WriteString("/")
		segments = nil
	}
	for _, segment := range segments {
		if segment == "**" {
			out.WriteString("(?:/[^/]+)*")
			continue
		}
		out.WriteString("/")
		if segment == "*" {
			out.WriteString("[^/]+") // a name is never empty
			continue
		}
		if err := translateSegment(&out, segment); err != nil {
			return err
		}
	}
	if len(segments) > 0 && strings.Trim(g.text, "/*") == "" && !strings.Contains(strings.ReplaceAll(g.text, "**", ""), "*") {
		out.Reset()
		out.WriteString("(?s)^/.*") // nothing but ** matches the root too
	}
	out.WriteString("$")
	g.pattern = out.String()
	g.suffix = literalSuffix(g.text)
	return nil
}

// literalSuffix is a text that every match ends with: what follows the last
// character that has a meaning of its own.
func literalSuffix(text string) string {
	if strings.ContainsAny(text, `\{}[]`) {
		return ""
	}
	return text[strings.LastIndexAny(text, "*?")+1:]
}

func translateSegment(out *strings.Builder, segment string) error {
	inside := 0
	for i := 0; i < len(segment); i++ {
		switch c := segment[i]; c {
		case '*':
			if i+1 < len(segment) && segment[i+1] == '*' {
				return fmt.Errorf("** must be a whole segment")
			}
			out.WriteString("[^/]*")
		case '?':
			out.WriteString("[^/]")
		case '[':
			end, err := translateClass(out, segment[i:])
			if err != nil {
				return err
			}
			i += end
		case '{':
			if inside++; inside > 1 {
				return fmt.Errorf("{ inside { is not supported")
			}
			out.WriteString("(?:")
		case '}':
			if inside--; inside < 0 {
				return fmt.Errorf("} without {")
			}
			out.WriteString(")")
		case ',':
			if inside > 0 {
				out.WriteString("|")
			} else {
				out.WriteString(",")
			}
		case '\\':
			if i++; i == len(segment) {
				return fmt.Errorf(`a backslash at the end`)
			}
			out.WriteString(regexp.QuoteMeta(segment[i : i+1]))
		default:
			if c < 0x80 {
				out.WriteString(regexp.QuoteMeta(string(c)))
			} else {
				out.WriteByte(c)
			}
		}
	}
	if inside > 0 {
		return fmt.Errorf("{ without }")
	}
	return nil
}

// translateClass translates `[...]` at the start of text and gives the position
// of its closing bracket.
func translateClass(out *strings.Builder, text string) (int, error) {
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return 0, fmt.Errorf("[ without ]")
	}
	class := text[1:end]
	negated := strings.HasPrefix(class, "!") || strings.HasPrefix(class, "^")
	if negated {
		class = class[1:]
	}
	if class == "" || strings.ContainsAny(class, `[\/&`) {
		return 0, fmt.Errorf("[%s] is empty or holds one of [ \\ / &", class)
	}
	if negated {
		out.WriteString("[^/" + class + "]")
	} else {
		out.WriteString("[" + class + "]")
	}
	return end, nil
}
