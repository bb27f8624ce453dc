package probe

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of a JavaScript source.
const (
	scriptLimit     = 32 << 20 // bytes: bundles are large
	scriptMaxDepth  = 1000     // brackets within brackets
	scriptMaxTokens = 6 << 20
	// scriptMaxDivisions is how often a slash is searched for the end of a
	// regular expression in vain before all others are taken for divisions.
	scriptMaxDivisions = 1000
)

// scriptToken is one token of a JavaScript source.
type scriptToken struct {
	start, end int32
	// kind is n for a name, s for a string, t for a template, r for a regular
	// expression, 0 for a number, o for an operator or bracket.
	kind byte
	// newline is true where a line ends before it.
	newline bool
	// depth is how many brackets are open around it.
	depth uint16
}

// scriptLexer cuts a JavaScript source into tokens. Whether a slash divides or
// begins a regular expression is told by the token before it, as tools that do
// not parse the language tell it.
type scriptLexer struct {
	src      []byte
	pos      int
	line     int
	tokens   []scriptToken
	brackets []scriptBracket
	newline  bool
	// operand is true where an expression has just ended, so that a slash
	// divides.
	operand bool
	// divisions counts the slashes that looked like the beginning of a regular
	// expression and were none.
	divisions int
}

type scriptBracket struct {
	kind byte
	// operand is true where the closing bracket ends an expression.
	operand bool
}

func (l *scriptLexer) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{l.line}, args...)...)
}

func lexScript(src []byte) ([]scriptToken, error) {
	l := scriptLexer{src: src, line: 1, tokens: make([]scriptToken, 0, len(src)/6)}
	if bytes.HasPrefix(src, []byte("#!")) {
		l.comment()
	}
	if err := l.run(0); err != nil {
		return nil, err
	}
	if len(l.brackets) > 0 {
		return nil, l.errorf("a %c that is never closed", l.brackets[len(l.brackets)-1].kind)
	}
	return l.tokens, nil
}

// run reads tokens to the end, or to the brace that closes the expression of a
// template, which opened as the base-th bracket.
func (l *scriptLexer) run(base int) error {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == '\n':
			l.line++
			l.newline = true
			l.pos++
		case c == '\r':
			l.newline = true
			l.pos++
		case c == ' ' || c == '\t' || c == '\f' || c == '\v':
			l.pos++
		case bytes.HasPrefix(l.src[l.pos:], []byte("\ufeff")) || bytes.HasPrefix(l.src[l.pos:], []byte("\u00a0")):
			_, n := utf8.DecodeRune(l.src[l.pos:])
			l.pos += n
		case bytes.HasPrefix(l.src[l.pos:], []byte("//")):
			l.comment()
		case bytes.HasPrefix(l.src[l.pos:], []byte("/*")):
			if err := l.blockComment(); err != nil {
				return err
			}
		case c == '}' && base > 0 && len(l.brackets) == base:
			return nil
		default:
			if err := l.token(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *scriptLexer) comment() {
	if end := bytes.IndexByte(l.src[l.pos:], '\n'); end >= 0 {
		l.pos += end
		return
	}
	l.pos = len(l.src)
}

func (l *scriptLexer) blockComment() error {
	end := bytes.Index(l.src[l.pos+2:], []byte("*/"))
	if end < 0 {
		return l.errorf("a comment that does not end")
	}
	lines := bytes.Count(l.src[l.pos:l.pos+2+end], []byte("\n"))
	l.line += lines
	l.newline = l.newline || lines > 0
	l.pos += end + 4
	return nil
}

func isScriptName(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (l *scriptLexer) token(c byte) error {
	if len(l.tokens) == scriptMaxTokens {
		return l.errorf("more than the %d tokens that are read", scriptMaxTokens)
	}
	t := scriptToken{start: int32(l.pos), kind: 'o', newline: l.newline, depth: uint16(len(l.brackets))}
	l.newline = false
	var err error
	switch {
	case isScriptName(c) || c == '\\' || c == '#' || c == '@':
		t.kind = 'n'
		l.name()
	case c >= '0' && c <= '9' || c == '.' && l.pos+1 < len(l.src) && l.src[l.pos+1] >= '0' && l.src[l.pos+1] <= '9':
		t.kind = '0'
		for l.pos++; l.pos < len(l.src) && (isScriptName(l.src[l.pos]) || l.src[l.pos] >= '0' && l.src[l.pos] <= '9' || l.src[l.pos] == '.'); l.pos++ {
		}
	case c == '"' || c == '\'':
		t.kind, err = 's', l.quoted(c)
	case c == '`':
		t.kind, err = 't', l.template()
	case c == '/' && !l.operand && l.regexp():
		t.kind = 'r'
	default:
		err = l.operator(c, &t)
	}
	t.end = int32(l.pos)
	if t.kind != 'o' {
		l.operand = t.kind != 'n' || l.after(".") || !strings.Contains(scriptKeywords, " "+string(l.src[t.start:t.end])+" ")
	}
	l.tokens = append(l.tokens, t)
	return err
}

// scriptKeywords are the words after which an expression begins.
const scriptKeywords = " return typeof instanceof in of new delete void throw case do else yield await default extends "

// after tells whether the last token is a text.
func (l *scriptLexer) after(text string) bool {
	n := len(l.tokens)
	return n > 0 && l.tokens[n-1].kind != 's' && string(l.src[l.tokens[n-1].start:l.tokens[n-1].end]) == text
}

func (l *scriptLexer) name() {
	for l.pos++; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if !isScriptName(c) && (c < '0' || c > '9') && c != '\\' {
			return
		}
	}
}

func (l *scriptLexer) quoted(quote byte) error {
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch l.src[l.pos] {
		case quote:
			l.pos++
			return nil
		case '\\':
			if l.pos++; l.pos < len(l.src) && l.src[l.pos] == '\n' {
				l.line++
			}
		case '\n':
			return l.errorf("a string that does not end")
		}
	}
	return l.errorf("a string that does not end")
}

func (l *scriptLexer) template() error {
	start := l.line
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch l.src[l.pos] {
		case '`':
			l.pos++
			return nil
		case '\\':
			if l.pos++; l.pos < len(l.src) && l.src[l.pos] == '\n' {
				l.line++
			}
		case '\n':
			l.line++
		case '$':
			if l.pos+1 == len(l.src) || l.src[l.pos+1] != '{' {
				continue
			}
			if err := l.substitution(); err != nil {
				return err
			}
		}
	}
	l.line = start
	return l.errorf("a template that does not end")
}

// substitution reads the expression in a template, and stands on its last
// brace after it.
func (l *scriptLexer) substitution() error {
	l.pos += 2
	if err := l.open('{', false); err != nil {
		return err
	}
	at := len(l.tokens)
	l.operand = false
	if err := l.run(len(l.brackets)); err != nil {
		return err
	}
	// Names within a template export nothing.
	l.tokens = l.tokens[:at]
	if l.pos == len(l.src) {
		return l.errorf("a template that does not end")
	}
	l.brackets = l.brackets[:len(l.brackets)-1]
	return nil
}

func (l *scriptLexer) open(kind byte, operand bool) error {
	if len(l.brackets) == scriptMaxDepth {
		return l.errorf("more than the %d nested brackets that are read", scriptMaxDepth)
	}
	l.brackets = append(l.brackets, scriptBracket{kind, operand})
	return nil
}

// regexp goes behind a regular expression, and tells whether there is one.
func (l *scriptLexer) regexp() bool {
	if l.divisions > scriptMaxDivisions {
		return false
	}
	class := false
	for i := l.pos + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == '\n' || c == '\r':
			l.divisions++
			return false
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			for i++; i < len(l.src) && isScriptName(l.src[i]); i++ {
			}
			l.pos = i
			return true
		}
	}
	l.divisions++
	return false
}

// operator reads an operator or bracket.
func (l *scriptLexer) operator(c byte, t *scriptToken) error {
	l.pos++
	switch c {
	case '(', '[', '{':
		operand := true
		switch {
		case c == '(' && !l.after("."):
			// Behind "if (…)" a statement begins.
			operand = !l.after("if") && !l.after("while") && !l.after("for") && !l.after("with")
		case c == '{':
			// A brace where an expression is expected is an object.
			operand = !l.operand && !l.after("=>") && !l.after(";") && !l.after("{") && !l.after("}") && !l.after(")") && !l.after("else") && !l.after("do") && len(l.tokens) > 0
		}
		l.operand = false
		return l.open(c, operand)
	case ')', ']', '}':
		open := map[byte]byte{')': '(', ']': '[', '}': '{'}[c]
		last := len(l.brackets) - 1
		if last < 0 || l.brackets[last].kind != open {
			return l.errorf("a %c that closes nothing", c)
		}
		l.operand = l.brackets[last].operand
		l.brackets = l.brackets[:last]
		t.depth = uint16(last)
		return nil
	}
	if c < ' ' || c == 0x7f {
		return l.errorf("%q is not JavaScript", c)
	}
	rest := l.src[l.pos-1:]
	for _, op := range []string{"===", "!==", "...", "=>", "==", "!=", "<=", ">=", "++", "--", "&&=", "||=", "??=", "&&", "||", "??", "?.", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="} {
		if bytes.HasPrefix(rest, []byte(op)) {
			l.pos += len(op) - 1
			l.operand = op == "++" || op == "--"
			return nil
		}
	}
	l.operand = false
	return nil
}
