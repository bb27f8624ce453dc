package probe

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// PHPSource is what a PHP file declares.
type PHPSource struct {
	// PHP is false for a file without "<?php" or "<?=": it is sent as it is.
	PHP bool `json:"php"`
	// Functions and Classes are the names that are declared, in lower case as
	// PHP compares them, without their namespace; sorted.
	Functions []string `json:"functions,omitempty"`
	Classes   []string `json:"classes,omitempty"`
	// Returns is true where the file itself returns a value, such as the
	// handler that Bref's function runtime calls.
	Returns bool `json:"returns,omitempty"`
	// Includes is true where it includes other files.
	Includes bool `json:"includes,omitempty"`
}

const (
	phpLimit    = 16 << 20 // bytes
	phpMaxNames = 1 << 16
)

// PHPFile asks what a PHP file declares: a PHPSource.
func PHPFile() layer.Question { return question("php-file/1", readPHP) }

func readPHP(r io.ReaderAt, size int64) (PHPSource, error) {
	src, err := readAll(r, size, phpLimit)
	if err != nil {
		return PHPSource{}, err
	}
	p := phpParser{src: src, functions: map[string]bool{}, classes: map[string]bool{}}
	for p.pos < len(src) {
		open := bytes.Index(src[p.pos:], []byte("<?"))
		if open < 0 {
			break
		}
		p.pos += open + 2
		rest := src[p.pos:]
		if !bytes.HasPrefix(rest, []byte("=")) && !(len(rest) >= 3 && bytes.EqualFold(rest[:3], []byte("php"))) {
			continue
		}
		p.result.PHP = true
		if rest[0] != '=' {
			p.pos += len("php")
		}
		if err := p.code(); err != nil {
			return PHPSource{}, err
		}
		if len(p.functions)+len(p.classes) > phpMaxNames {
			return PHPSource{}, fmt.Errorf("more than the %d names that are kept", phpMaxNames)
		}
	}
	p.result.Functions, p.result.Classes = sortedNames(p.functions), sortedNames(p.classes)
	return p.result, nil
}

type phpParser struct {
	src                []byte
	pos                int
	depth              int
	before             string // the word or sign before
	functions, classes map[string]bool
	result             PHPSource
}

// code reads up to the end of the code: "?>" or the end of the file.
func (p *phpParser) code() error {
	for p.pos < len(p.src) {
		rest := p.src[p.pos:]
		c := rest[0]
		switch {
		case bytes.HasPrefix(rest, []byte("?>")):
			p.pos += 2
			return nil
		case bytes.HasPrefix(rest, []byte("//")), c == '#' && !bytes.HasPrefix(rest, []byte("#[")):
			p.lineComment()
		case bytes.HasPrefix(rest, []byte("/*")):
			if err := p.until([]byte("*/"), 2, "a comment"); err != nil {
				return err
			}
		case bytes.HasPrefix(rest, []byte("<<<")):
			if err := p.heredoc(); err != nil {
				return err
			}
		case c == '"' || c == '\'' || c == '`':
			if err := p.quoted(c); err != nil {
				return err
			}
		case isPythonName(c):
			p.word()
		default:
			p.sign(c)
		}
	}
	return nil
}

// lineComment ends at the line's end, or before "?>".
func (p *phpParser) lineComment() {
	for ; p.pos < len(p.src); p.pos++ {
		c := p.src[p.pos]
		if c == '\n' || c == '\r' || c == '?' && bytes.HasPrefix(p.src[p.pos:], []byte("?>")) {
			return
		}
	}
}

func (p *phpParser) until(mark []byte, skip int, what string) error {
	end := bytes.Index(p.src[p.pos+skip:], mark)
	if end < 0 {
		return fmt.Errorf("%s that does not end", what)
	}
	p.pos += skip + end + len(mark)
	return nil
}

func (p *phpParser) quoted(quote byte) error {
	for p.pos++; p.pos < len(p.src); p.pos++ {
		switch p.src[p.pos] {
		case quote:
			p.pos++
			p.before = "string"
			return nil
		case '\\':
			p.pos++
		}
	}
	return fmt.Errorf("a string that does not end")
}

// heredoc goes behind a here-document: its word stands alone at the beginning
// of a line, behind blanks at most.
func (p *phpParser) heredoc() error {
	const longest = 1024 // bytes of the line that opens it
	rest := p.src[p.pos+3:]
	line, _, _ := bytes.Cut(rest[:min(len(rest), longest)], []byte("\n"))
	word := strings.Trim(strings.TrimSpace(string(line)), `"'`)
	if word == "" || !isPythonName(word[0]) {
		p.sign('<')
		return nil
	}
	p.pos += 3 + len(line)
	for p.pos < len(p.src) {
		p.pos++
		line, _, _ := bytes.Cut(p.src[min(p.pos, len(p.src)):], []byte("\n"))
		trimmed := bytes.TrimLeft(line, " \t")
		if rest, ok := bytes.CutPrefix(trimmed, []byte(word)); ok && (len(rest) == 0 || !isPythonName(rest[0]) && (rest[0] < '0' || rest[0] > '9')) {
			p.pos += len(line) - len(rest)
			return nil
		}
		p.pos += len(line)
	}
	return fmt.Errorf("a here-document that does not end: %s", bounded(strings.ToValidUTF8(word, "\ufffd"), 80))
}

func (p *phpParser) word() {
	start := p.pos
	for p.pos < len(p.src) && (isPythonName(p.src[p.pos]) || p.src[p.pos] >= '0' && p.src[p.pos] <= '9') {
		p.pos++
	}
	word := strings.ToLower(strings.ToValidUTF8(string(p.src[start:p.pos]), "\ufffd"))
	switch p.before {
	case "function", "function&":
		p.functions[word] = true
	case "class", "interface", "trait", "enum":
		if word != "extends" && word != "implements" {
			p.classes[word] = true
		}
	case "$", "->", "::":
		p.before = "name"
		return
	}
	switch word {
	case "return":
		p.result.Returns = p.result.Returns || p.depth == 0
	case "include", "include_once", "require", "require_once":
		p.result.Includes = true
	}
	p.before = word
}

func (p *phpParser) sign(c byte) {
	p.pos++
	switch c {
	case ' ', '\t', '\r', '\n':
		return
	case '{':
		p.depth++
	case '}':
		p.depth = max(0, p.depth-1)
	case '&':
		if p.before == "function" {
			p.before = "function&"
			return
		}
	case '>', ':':
		if p.pos >= 2 && (p.src[p.pos-2] == '-' || c == ':' && p.src[p.pos-2] == ':') {
			p.before = map[byte]string{'>': "->", ':': "::"}[c]
			return
		}
	}
	p.before = string(rune(c))
}
