// Package recipe makes images from text, for tests, examples and bug reports.
// A recipe looks like a Dockerfile; indented lines say what an instruction did
// to the file system. The language is described in testdata/images/README.md.
//
// The package knows how to write layers, configurations and manifests as
// builders write them. It refuses to know what is right: a recipe can describe
// any image, most of all a broken one.
package recipe

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Recipe is a parsed recipe.
type Recipe struct {
	// Name is the recipe's name in messages and the reference of its image.
	Name string
	// Wants are the expectations written behind "# want".
	Wants []Want
	// Given are the settings of lines "given NAME VALUE", which say how the
	// image is to be checked; the recipe itself does not read them.
	Given []Given

	from  string
	lines []line
	files map[string][]byte
}

// Want is an expectation on a finding at a line of the recipe.
type Want struct {
	Line    int
	Pattern *regexp.Regexp
}

// Given is one setting for the check of the image.
type Given struct {
	Line        int
	Name, Value string
}

// line is an instruction or a directive with the entries below it.
type line struct {
	number  int
	keyword string
	rest    string
	entries []entryLine
}

// entryLine is one indented line.
type entryLine struct {
	number int
	words  []string
}

// SyntaxError says where a recipe is wrong.
type SyntaxError struct {
	Name         string
	Line, Column int
	Message      string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Message)
}

// instructions are the Dockerfile instructions that a recipe can hold.
var instructions = map[string]bool{
	"FROM": true, "RUN": true, "COPY": true, "ADD": true, "ENV": true, "LABEL": true, "USER": true,
	"WORKDIR": true, "CMD": true, "ENTRYPOINT": true, "EXPOSE": true, "VOLUME": true, "STOPSIGNAL": true,
	"HEALTHCHECK": true, "SHELL": true, "ONBUILD": true, "ARG": true,
}

// directives are the words of recipes alone. They are written in small letters.
var directives = map[string]bool{
	"platform": true, "manifest": true, "index": true, "source": true, "config": true, "given": true,
}

// Parse reads a recipe. Errors are of type *SyntaxError.
func Parse(name string, data []byte) (*Recipe, error) {
	archive := txtar.Parse(data)
	r := &Recipe{Name: name, files: make(map[string][]byte)}
	for _, file := range archive.Files {
		r.files[file.Name] = file.Data
	}
	for i, text := range strings.Split(string(archive.Comment), "\n") {
		if err := r.parseLine(i+1, text); err != nil {
			return nil, err
		}
	}
	if r.from == "" {
		return nil, r.errorAt(1, 1, `no FROM line: begin with "FROM scratch" or "FROM NAME" for a base recipe`)
	}
	return r, nil
}

func (r *Recipe) errorAt(line, column int, format string, args ...any) error {
	return &SyntaxError{Name: r.Name, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

func (r *Recipe) parseLine(number int, text string) error {
	text, err := r.takeWants(number, text)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
		return nil
	}
	if text[0] == ' ' || text[0] == '\t' {
		return r.parseEntry(number, text)
	}
	keyword, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case keyword == "FROM":
		if r.from != "" {
			return r.errorAt(number, 1, "a second FROM: a recipe describes the final image, one FROM names its base")
		}
		r.from = rest
	case keyword == "given":
		name, value, _ := strings.Cut(rest, " ")
		r.Given = append(r.Given, Given{Line: number, Name: name, Value: strings.TrimSpace(value)})
		return nil
	case !instructions[keyword] && !directives[keyword]:
		return r.errorAt(number, 1, "unknown instruction %q: instructions are those of a Dockerfile in capitals, or platform, manifest, index, source, config, given", keyword)
	}
	if rest == "" && keyword != "index" {
		return r.errorAt(number, len(keyword)+1, "%s needs an argument", keyword)
	}
	r.lines = append(r.lines, line{number: number, keyword: keyword, rest: rest})
	return nil
}

func (r *Recipe) parseEntry(number int, text string) error {
	if len(r.lines) == 0 {
		return r.errorAt(number, 1, "an indented line belongs to an instruction, and there is none above it")
	}
	words, column, err := splitWords(text)
	if err != nil {
		return r.errorAt(number, column, "%v", err)
	}
	last := &r.lines[len(r.lines)-1]
	last.entries = append(last.entries, entryLine{number: number, words: words})
	return nil
}

var wantSuffix = regexp.MustCompile(`\s*# want ((?:"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `)(?:\s+(?:"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `))*)\s*$`)

var wantText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|` + "`[^`]*`")

// takeWants cuts "# want" off a line and keeps what it wants.
func (r *Recipe) takeWants(number int, text string) (string, error) {
	at := wantSuffix.FindStringSubmatchIndex(text)
	if at == nil {
		if i := strings.Index(text, "# want"); i >= 0 {
			return "", r.errorAt(number, i+1, `after "# want" stand regular expressions in quotes`)
		}
		return text, nil
	}
	for _, quoted := range wantText.FindAllString(text[at[2]:at[3]], -1) {
		pattern, err := strconv.Unquote(quoted)
		if err != nil {
			return "", r.errorAt(number, at[2]+1, "%s is no string in Go's quotes", quoted)
		}
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return "", r.errorAt(number, at[2]+1, "%v", err)
		}
		r.Wants = append(r.Wants, Want{Line: number, Pattern: compiled})
	}
	return text[:at[0]], nil
}

// splitWords splits at white space; a word in Go's quotes may hold any byte
// and keeps a leading quote as a mark that it was quoted.
func splitWords(text string) (words []string, column int, err error) {
	for i := 0; i < len(text); {
		switch text[i] {
		case ' ', '\t':
			i++
		case '"':
			quoted, err := strconv.QuotedPrefix(text[i:])
			if err != nil {
				return nil, i + 1, fmt.Errorf("the quotes are not closed")
			}
			plain, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, i + 1, err
			}
			words = append(words, `"`+plain)
			i += len(quoted)
		default:
			end := strings.IndexAny(text[i:], " \t")
			if end < 0 {
				end = len(text) - i
			}
			words = append(words, text[i:i+end])
			i += end
		}
	}
	return words, 0, nil
}

// execOrShell reads the argument of CMD, ENTRYPOINT and SHELL: a JSON array,
// or a line for the shell.
func execOrShell(rest string, shell []string) []string {
	var list []string
	if strings.HasPrefix(rest, "[") && json.Unmarshal([]byte(rest), &list) == nil {
		return list
	}
	return append(append([]string{}, shell...), rest)
}
