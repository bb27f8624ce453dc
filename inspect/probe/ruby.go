package probe

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// RubySource is what the lines of a Ruby source define. Which class a method
// belongs to is not told.
type RubySource struct {
	// Methods are the names behind "def", SelfMethods those behind "def self."
	// or "def Name."; sorted.
	Methods     []string `json:"methods"`
	SelfMethods []string `json:"self_methods,omitempty"`
	// Classes are the classes and modules, as written, and the constants to
	// which something is assigned.
	Classes []string `json:"classes,omitempty"`
	// Singleton is true where "class << self" turns methods into the class's
	// own.
	Singleton bool `json:"singleton,omitempty"`
	// Dynamic is true where methods may come about in ways not seen here:
	// define_method, eval, alias, extend and the like.
	Dynamic bool `json:"dynamic,omitempty"`
	// Requires are the files that require and its kin name, as written.
	Requires []string `json:"requires,omitempty"`
}

const (
	rubyLimit    = 16 << 20 // bytes
	rubyMaxNames = 1 << 16
)

// RubyFile asks what a Ruby source defines: a RubySource.
func RubyFile() layer.Question { return question("ruby-file/1", readRuby) }

// rubyPatterns find definitions in lines without strings and comments; the
// texts of require are looked for in the lines as they are.
type rubyPatterns struct {
	method, class, constant, require, heredoc, dynamic, singleton *regexp.Regexp
}

func newRubyPatterns() rubyPatterns {
	return rubyPatterns{
		method:    regexp.MustCompile(`(?:^|[\s;(])def\s+(?:(self|[A-Z]\w*)\s*\.\s*)?([A-Za-z_][A-Za-z0-9_]*[?!=]?)`),
		class:     regexp.MustCompile(`(?:^|;)\s*(?:class|module)\s+(?:::)?([A-Z]\w*(?:::[A-Z]\w*)*)`),
		constant:  regexp.MustCompile(`(?:^|;)\s*([A-Z]\w*(?:::[A-Z]\w*)*)\s*=[^=~>]`),
		require:   regexp.MustCompile(`^\s*(?:require|require_relative|load)\b[\s(]*['"]([^'"#\\]{1,512})['"]`),
		heredoc:   regexp.MustCompile(`<<(?:[~-]["'` + "`" + `]?([A-Za-z_]\w*)|["'` + "`" + `]?([A-Z_]\w*))`),
		dynamic:   regexp.MustCompile(`\b(?:define_method|define_singleton_method|method_missing|(?:instance_|class_|module_)?(?:eval|exec)|module_function|alias|alias_method|extend|def_delegators?|delegate|const_missing|const_set|autoload)\b`),
		singleton: regexp.MustCompile(`\bclass\s*<<\s*self\b`),
	}
}

func readRuby(r io.ReaderAt, size int64) (RubySource, error) {
	src, err := readAll(r, size, rubyLimit)
	if err != nil {
		return RubySource{}, err
	}
	if at := bytes.IndexByte(src, 0); at >= 0 {
		return RubySource{}, fmt.Errorf("not a source: a NUL at byte %d", at)
	}
	p := rubyParser{rubyPatterns: newRubyPatterns(), methods: map[string]bool{}, selfMethods: map[string]bool{}, classes: map[string]bool{}, requires: map[string]bool{}}
	for line := range strings.Lines(strings.ToValidUTF8(string(src), "\ufffd")) {
		if !p.line(strings.TrimRight(line, "\r\n")) {
			break
		}
	}
	if len(p.heredocs) > 0 {
		return RubySource{}, fmt.Errorf("a here-document that does not end: %s", bounded(p.heredocs[0], 80))
	}
	if n := len(p.methods) + len(p.selfMethods) + len(p.classes) + len(p.requires); n > rubyMaxNames {
		return RubySource{}, fmt.Errorf("more than the %d names that are kept", rubyMaxNames)
	}
	p.result.Methods, p.result.SelfMethods = sortedNames(p.methods), sortedNames(p.selfMethods)
	p.result.Classes, p.result.Requires = sortedNames(p.classes), sortedNames(p.requires)
	if p.result.Methods == nil {
		p.result.Methods = []string{}
	}
	return p.result, nil
}

func sortedNames(names map[string]bool) []string { return slices.Sorted(maps.Keys(names)) }

type rubyParser struct {
	rubyPatterns
	methods, selfMethods, classes, requires map[string]bool
	// heredocs are the words that end the here-documents that follow.
	heredocs []string
	comment  bool
	result   RubySource
}

// line reads one line; false where the program ends before the file does.
func (p *rubyParser) line(text string) bool {
	switch {
	case len(p.heredocs) > 0:
		if strings.TrimSpace(text) == p.heredocs[0] {
			p.heredocs = p.heredocs[1:]
		}
		return true
	case p.comment:
		p.comment = !strings.HasPrefix(text, "=end")
		return true
	case strings.HasPrefix(text, "=begin"):
		p.comment = true
		return true
	case text == "__END__":
		return false
	}
	if m := p.require.FindStringSubmatch(text); m != nil {
		p.requires[m[1]] = true
	}
	code := blankRuby(text)
	for _, m := range p.method.FindAllStringSubmatch(code, -1) {
		if m[1] != "" {
			p.selfMethods[m[2]] = true
		} else {
			p.methods[m[2]] = true
		}
	}
	for _, pattern := range []*regexp.Regexp{p.class, p.constant} {
		for _, m := range pattern.FindAllStringSubmatch(code, -1) {
			p.classes[m[1]] = true
		}
	}
	p.result.Singleton = p.result.Singleton || p.singleton.MatchString(code)
	p.result.Dynamic = p.result.Dynamic || p.dynamic.MatchString(code)
	for _, m := range p.heredoc.FindAllStringSubmatch(blankRubyKeepingHeredocs(text), -1) {
		p.heredocs = append(p.heredocs, m[1]+m[2])
	}
	return true
}

// blankRuby takes strings and the comment out of a line. A string that goes on
// in the next line is not seen as one.
func blankRuby(text string) string { return blankQuoted(text, false) }

// blankRubyKeepingHeredocs keeps the quotes around a here-document's word.
func blankRubyKeepingHeredocs(text string) string { return blankQuoted(text, true) }

func blankQuoted(text string, heredocs bool) string {
	out := []byte(text)
	for i := 0; i < len(out); i++ {
		switch c := out[i]; c {
		case '#':
			return string(out[:i])
		case '"', '\'', '`':
			if heredocs && i >= 2 && (strings.HasSuffix(text[:i], "<<~") || strings.HasSuffix(text[:i], "<<-") || strings.HasSuffix(text[:i], "<<")) {
				continue
			}
			end := i + 1
			for ; end < len(out) && out[end] != c; end++ {
				if out[end] == '\\' {
					end++
				}
			}
			if end >= len(out) {
				return string(out[:i])
			}
			for ; i < end; i++ {
				out[i] = '.'
			}
			out[end] = '.'
		}
	}
	return string(out)
}
