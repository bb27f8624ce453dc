package probe

import (
	"bytes"
	"fmt"
)

// Bounds of a Python source.
const (
	pythonLimit     = 16 << 20 // bytes
	pythonMaxDepth  = 200      // brackets within brackets, as in CPython
	pythonMaxTokens = 1 << 20  // tokens of one statement
	pythonMaxNested = 64       // strings within the braces of strings
)

// pythonToken is one token of a statement.
type pythonToken struct {
	start, end int32
	// kind is n for a name, s for a string, 0 for a number, o for an operator.
	kind byte
	// depth is how many brackets are open around it.
	depth uint8
}

// pythonLexer cuts a source into statements as the language reference does
// ("Lexical analysis"): indentation, joined lines, comments, strings.
type pythonLexer struct {
	src  []byte
	pos  int
	line int
}

func (l *pythonLexer) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{l.line}, args...)...)
}

// next gives the indentation and the tokens of the next logical line; ok is
// false at the end.
func (l *pythonLexer) next(into []pythonToken) (indent int, tokens []pythonToken, ok bool, err error) {
	tokens = into[:0]
	for l.pos < len(l.src) {
		indent = l.indentation()
		if l.pos == len(l.src) {
			break
		}
		if c := l.src[l.pos]; c == '\n' || c == '\r' || c == '#' {
			l.skipLine()
			continue
		}
		tokens, err = l.statement(tokens)
		return indent, tokens, err == nil && len(tokens) > 0, err
	}
	return 0, tokens, false, nil
}

func (l *pythonLexer) indentation() int {
	indent := 0
	for ; l.pos < len(l.src); l.pos++ {
		switch l.src[l.pos] {
		case ' ':
			indent++
		case '\t':
			indent = (indent/8 + 1) * 8
		case '\f':
			indent = 0
		default:
			return indent
		}
	}
	return indent
}

// skipLine goes behind the end of the line: \n, \r or both.
func (l *pythonLexer) skipLine() {
	end := bytes.IndexAny(l.src[l.pos:], "\r\n")
	if end < 0 {
		l.pos = len(l.src)
		return
	}
	l.pos += end
	l.newline()
}

func (l *pythonLexer) newline() {
	if l.src[l.pos] == '\r' && l.pos+1 < len(l.src) && l.src[l.pos+1] == '\n' {
		l.pos++
	}
	l.pos++
	l.line++
}

// statement reads up to the end of the logical line.
func (l *pythonLexer) statement(tokens []pythonToken) ([]pythonToken, error) {
	var brackets []byte
	opened := l.line
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch c {
		case ' ', '\t', '\f':
			l.pos++
			continue
		case '#':
			l.pos += max(0, bytes.IndexAny(l.src[l.pos:], "\r\n"))
			if l.src[l.pos] == '#' {
				l.pos = len(l.src)
			}
			continue
		case '\n', '\r':
			l.newline()
			if len(brackets) == 0 {
				return tokens, nil
			}
			continue
		case '\\':
			if l.pos+1 < len(l.src) && l.src[l.pos+1] != '\n' && l.src[l.pos+1] != '\r' {
				return nil, l.errorf("a backslash that ends no line")
			}
			if l.pos++; l.pos < len(l.src) {
				l.newline()
			}
			continue
		}
		if len(tokens) == pythonMaxTokens {
			return nil, l.errorf("a statement of more than the %d tokens that are read", pythonMaxTokens)
		}
		start, kind := l.pos, byte('o')
		depth := len(brackets)
		var err error
		switch {
		case isPythonName(c):
			kind, err = l.name()
		case c == '"' || c == '\'':
			kind, err = 's', l.text(pythonPrefix{}, 0)
		case c >= '0' && c <= '9':
			kind = '0'
			for l.pos < len(l.src) && (isPythonName(l.src[l.pos]) || l.src[l.pos] >= '0' && l.src[l.pos] <= '9' || l.src[l.pos] == '.') {
				l.pos++
			}
		default:
			brackets, err = l.operator(brackets)
			depth = min(depth, len(brackets))
		}
		if err != nil {
			return nil, err
		}
		if len(brackets) == 1 && depth == 0 {
			opened = l.line
		}
		tokens = append(tokens, pythonToken{int32(start), int32(l.pos), kind, uint8(depth)})
	}
	if len(brackets) > 0 {
		l.line = opened
		return nil, l.errorf("a bracket that is never closed")
	}
	return tokens, nil
}

func isPythonName(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// name reads a name, or the string of which it is the prefix.
func (l *pythonLexer) name() (byte, error) {
	start := l.pos
	for l.pos < len(l.src) && (isPythonName(l.src[l.pos]) || l.src[l.pos] >= '0' && l.src[l.pos] <= '9') {
		l.pos++
	}
	if l.pos-start > 2 || l.pos == len(l.src) || l.src[l.pos] != '"' && l.src[l.pos] != '\'' {
		return 'n', nil
	}
	prefix, ok := pythonPrefixOf(l.src[start:l.pos])
	if !ok {
		return 'n', nil
	}
	return 's', l.text(prefix, 0)
}

// pythonPrefix is what the letters before a string say.
type pythonPrefix struct{ raw, formatted bool }

func pythonPrefixOf(letters []byte) (prefix pythonPrefix, ok bool) {
	for _, c := range letters {
		switch c | 0x20 {
		case 'f', 't':
			prefix.formatted = true
		case 'r':
			prefix.raw = true
		case 'b', 'u':
		default:
			return pythonPrefix{}, false
		}
	}
	return prefix, true
}

// text goes behind the string that begins here. A backslash keeps the quote
// behind it from ending the string in raw strings too.
func (l *pythonLexer) text(prefix pythonPrefix, nested int) error {
	start, quote := l.line, l.src[l.pos]
	mark := []byte{quote}
	if triple := []byte{quote, quote, quote}; bytes.HasPrefix(l.src[l.pos:], triple) {
		mark = triple
	}
	l.pos += len(mark)
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case bytes.HasPrefix(l.src[l.pos:], mark):
			l.pos += len(mark)
			return nil
		case c == '\\':
			l.escape(prefix)
		case (c == '\n' || c == '\r') && len(mark) == 1:
			return l.errorf("a string that does not end")
		case c == '{' && prefix.formatted:
			if l.pos+1 < len(l.src) && l.src[l.pos+1] == '{' {
				l.pos += 2
				continue
			}
			if err := l.replacement(mark, nested+1); err != nil {
				return err
			}
		default:
			l.advance()
		}
	}
	l.line = start
	return l.errorf("a string that does not end")
}

// escape goes behind a backslash and what it stands before. A brace of a
// formatted string stays one behind a backslash; \N{NAME} is a character.
func (l *pythonLexer) escape(prefix pythonPrefix) {
	if l.pos++; l.pos == len(l.src) || prefix.formatted && l.src[l.pos] == '{' {
		return
	}
	if prefix.formatted && !prefix.raw && bytes.HasPrefix(l.src[l.pos:], []byte("N{")) {
		const longest = 128 // bytes; the longest name has fewer
		if end := bytes.IndexByte(l.src[l.pos:min(len(l.src), l.pos+longest)], '}'); end > 0 {
			l.pos += end
		}
	}
	l.advance()
}

func (l *pythonLexer) advance() {
	if c := l.src[l.pos]; c == '\n' || c == '\r' {
		l.newline()
		return
	}
	l.pos++
}

// replacement goes behind the braces of a formatted string: an expression with
// strings and brackets of its own, and a format that may hold braces again.
// Strings inside may have the quote of the one around them, as since Python
// 3.12; older versions refuse that.
func (l *pythonLexer) replacement(mark []byte, nested int) error {
	if nested > pythonMaxNested {
		return l.errorf("strings within more than the %d braces that are read", pythonMaxNested)
	}
	depth, format := 0, false
	for l.pos++; l.pos < len(l.src); {
		c := l.src[l.pos]
		switch {
		case c == '}' && depth == 0:
			l.pos++
			return nil
		case format && c == '{':
			if err := l.replacement(mark, nested+1); err != nil {
				return err
			}
			continue
		case format && bytes.HasPrefix(l.src[l.pos:], mark), (c == '\n' || c == '\r') && format && len(mark) == 1:
			return l.errorf("braces in a string that do not end")
		case format:
		case c == '"' || c == '\'':
			if err := l.text(l.prefix(), nested+1); err != nil {
				return err
			}
			continue
		case c == '#':
			l.skipLine()
			continue
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ':' && depth == 0:
			format = true
		}
		l.advance()
	}
	return l.errorf("braces in a string that do not end")
}

// prefix gives the letters before the quote at which the lexer stands.
func (l *pythonLexer) prefix() pythonPrefix {
	start := l.pos
	for start > 0 && l.pos-start < 3 && isPythonName(l.src[start-1]) {
		start--
	}
	prefix, _ := pythonPrefixOf(l.src[start:l.pos])
	return prefix
}

// operator reads an operator and keeps the open brackets.
func (l *pythonLexer) operator(brackets []byte) ([]byte, error) {
	c := l.src[l.pos]
	switch c {
	case '(', '[', '{':
		if len(brackets) == pythonMaxDepth {
			return nil, l.errorf("more than the %d nested brackets that are read", pythonMaxDepth)
		}
		l.pos++
		return append(brackets, c), nil
	case ')', ']', '}':
		open := map[byte]byte{')': '(', ']': '[', '}': '{'}[c]
		if len(brackets) == 0 || brackets[len(brackets)-1] != open {
			return nil, l.errorf("a %c that closes nothing", c)
		}
		l.pos++
		return brackets[:len(brackets)-1], nil
	case '$', '?', '`', 0:
		return nil, l.errorf("%q is not Python", c)
	}
	if c < ' ' || c == 0x7f {
		return nil, l.errorf("%q is not Python", c)
	}
	for _, op := range []string{"**=", "//=", ">>=", "<<=", "...", "==", "!=", "<=", ">=", ":=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**", "//", ">>", "<<"} {
		if bytes.HasPrefix(l.src[l.pos:], []byte(op)) {
			l.pos += len(op)
			return brackets, nil
		}
	}
	l.pos++
	return brackets, nil
}
