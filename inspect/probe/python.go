package probe

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// PythonFile is what a Python source binds at the level of its module.
type PythonFile struct {
	// Names are what def, class, import, assignments, loops and the like bind
	// at the level of the module, also inside its if, try, for and with
	// blocks; sorted.
	Names []string `json:"names"`
	// Decorated are those of them that were defined under a decorator, and so
	// are what the decorator made of them.
	Decorated []string `json:"decorated,omitempty"`
	// Deleted are names that a del at the level of the module takes away.
	Deleted []string `json:"deleted,omitempty"`
	// Global are names that a function declares global, and may bind when it
	// is called.
	Global []string `json:"global,omitempty"`
	// StarImports are the modules of which all names are imported.
	StarImports []string `json:"star_imports,omitempty"`
	// GlobalsUsed is true where the source can bind names in ways that are not
	// seen here: globals(), locals(), vars(), exec, sys.modules[__name__].
	GlobalsUsed bool `json:"globals_used,omitempty"`
	// Imports are the modules that import statements name, anywhere in the
	// file, as written; relative ones begin with dots.
	Imports []string `json:"imports,omitempty"`
}

// Dynamic tells whether the module may have names that were not seen.
func (p PythonFile) Dynamic() bool {
	return len(p.StarImports) > 0 || len(p.Global) > 0 || p.GlobalsUsed || p.Has("__getattr__")
}

// Has tells whether a name is bound.
func (p PythonFile) Has(name string) bool {
	_, ok := slices.BinarySearch(p.Names, name)
	return ok
}

const pythonMaxNames = 1 << 16

// PythonModule asks what a Python source binds at the level of its module: a
// PythonFile. It fails where the source cannot be cut into statements.
func PythonModule() layer.Question { return question("python-module/1", readPython) }

func readPython(r io.ReaderAt, size int64) (PythonFile, error) {
	src, err := readAll(r, size, pythonLimit)
	if err != nil {
		return PythonFile{}, err
	}
	if at := bytes.IndexByte(src, 0); at >= 0 {
		return PythonFile{}, fmt.Errorf("not a source: a NUL at byte %d", at)
	}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	p := pythonParser{src: src, names: pythonNames{}, decorated: pythonNames{}, deleted: pythonNames{}, global: pythonNames{}, stars: pythonNames{}, imports: pythonNames{}}
	if err := p.parse(); err != nil {
		return PythonFile{}, err
	}
	result := PythonFile{
		Names: p.names.sorted(), Decorated: p.decorated.sorted(), Deleted: p.deleted.sorted(), Global: p.global.sorted(),
		StarImports: p.stars.sorted(), GlobalsUsed: p.globals, Imports: p.imports.sorted(),
	}
	if result.Names == nil {
		result.Names = []string{}
	}
	return result, nil
}

type pythonNames map[string]bool

func (n pythonNames) sorted() []string { return slices.Sorted(maps.Keys(n)) }

type pythonParser struct {
	src                                               []byte
	names, decorated, deleted, global, stars, imports pythonNames
	globals                                           bool
	// hidden is the indentation of the def or class whose body is passed
	// over, -1 for none.
	hidden int
	// underDecorator is true between a decorator and what it decorates.
	underDecorator bool
	count          int
}

func (p *pythonParser) parse() error {
	lexer := pythonLexer{src: p.src, line: 1}
	var buffer []pythonToken
	p.hidden = -1
	for {
		indent, tokens, ok, err := lexer.next(buffer)
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		buffer = tokens
		if p.hidden >= 0 && indent <= p.hidden {
			p.hidden = -1
		}
		p.observe(tokens)
		if p.hidden < 0 {
			p.compound(indent, tokens)
		} else if first := p.text(tokens[0]); first == "import" || first == "from" {
			p.simple(tokens, false)
		}
		if p.count > pythonMaxNames {
			return lexer.errorf("more than the %d names that are kept", pythonMaxNames)
		}
	}
}

func (p *pythonParser) text(t pythonToken) string { return string(p.src[t.start:t.end]) }

func (p *pythonParser) is(tokens []pythonToken, i int, text string) bool {
	return i >= 0 && i < len(tokens) && tokens[i].kind != 's' && string(p.src[tokens[i].start:tokens[i].end]) == text
}

func (p *pythonParser) add(names pythonNames, name string) {
	if !utf8.ValidString(name) {
		// A source in an older encoding: the name is there and cannot be told.
		p.globals = true
		return
	}
	if !names[name] {
		names[name] = true
		p.count++
	}
}

// observe looks for what matters wherever it stands.
func (p *pythonParser) observe(tokens []pythonToken) {
	for i, t := range tokens {
		if t.kind != 'n' {
			continue
		}
		switch p.text(t) {
		case "global":
			for j := i + 1; j < len(tokens) && (tokens[j].kind == 'n' && !p.is(tokens, j, "global") || p.is(tokens, j, ",")); j++ {
				if tokens[j].kind == 'n' && (p.hidden >= 0 || i > 0) {
					p.add(p.global, p.text(tokens[j]))
				}
			}
		case "globals", "exec", "execfile":
			p.globals = p.globals || p.is(tokens, i+1, "(") && !p.is(tokens, i-1, ".") && !p.is(tokens, i-1, "def")
		case "locals":
			p.globals = p.globals || p.hidden < 0 && p.is(tokens, i+1, "(") && !p.is(tokens, i-1, ".")
		case "vars":
			p.globals = p.globals || p.hidden < 0 && p.is(tokens, i+1, "(") && p.is(tokens, i+2, ")")
		case "modules":
			p.globals = p.globals || p.is(tokens, i-1, ".") && p.is(tokens, i+1, "[") && p.is(tokens, i+2, "__name__")
		}
	}
}

// compound reads a statement at the level of the module.
func (p *pythonParser) compound(indent int, tokens []pythonToken) {
	p.walrus(tokens)
	if p.is(tokens, 0, "@") {
		p.underDecorator = true
		return
	}
	at := 0
	if p.is(tokens, 0, "async") {
		at = 1
	}
	if (p.is(tokens, at, "def") || p.is(tokens, at, "class")) && at+1 < len(tokens) && tokens[at+1].kind == 'n' {
		name := p.text(tokens[at+1])
		p.add(p.names, name)
		if p.underDecorator {
			p.add(p.decorated, name)
		}
		p.underDecorator, p.hidden = false, indent
		return
	}
	p.underDecorator = false
	colon, word := p.header(tokens, at)
	if colon < 0 {
		p.statements(tokens)
		return
	}
	head := tokens[at+1 : colon]
	switch word {
	case "for":
		if in := slices.IndexFunc(head, func(t pythonToken) bool { return t.depth == 0 && t.kind == 'n' && p.text(t) == "in" }); in >= 0 {
			p.targets(head[:in])
		}
	case "with", "except":
		p.asTargets(head)
	case "case":
		p.pattern(head)
	}
	p.statements(tokens[colon+1:])
}

// header finds the colon that ends the head of a compound statement, -1 where
// there is none.
func (p *pythonParser) header(tokens []pythonToken, at int) (colon int, word string) {
	if at >= len(tokens) || tokens[at].kind != 'n' {
		return -1, ""
	}
	word = p.text(tokens[at])
	soft := false
	switch word {
	case "if", "elif", "else", "try", "except", "finally", "while", "for", "with":
	case "match", "case":
		// These are names as well: "match: int = 1", "match = 1", "case.x()".
		soft = true
		if at+1 < len(tokens) && tokens[at+1].kind == 'o' && !slices.Contains([]string{"(", "[", "{", "-", "*", "~", "..."}, p.text(tokens[at+1])) {
			return -1, ""
		}
	default:
		return -1, ""
	}
	lambdas := 0
	for i := at + 1; i < len(tokens); i++ {
		if tokens[i].depth > 0 {
			continue
		}
		switch {
		case p.is(tokens, i, "lambda"):
			lambdas++
		case p.is(tokens, i, ":") && lambdas > 0:
			lambdas--
		case p.is(tokens, i, ":"):
			return i, word
		case soft && p.is(tokens, i, "="):
			return -1, ""
		}
	}
	return -1, ""
}

// statements reads simple statements with semicolons between them.
func (p *pythonParser) statements(tokens []pythonToken) {
	for len(tokens) > 0 {
		end := slices.IndexFunc(tokens, func(t pythonToken) bool { return t.depth == 0 && t.kind == 'o' && p.src[t.start] == ';' })
		if end < 0 {
			end = len(tokens)
		}
		p.simple(tokens[:end], true)
		tokens = tokens[min(end+1, len(tokens)):]
	}
}

// simple reads one simple statement; bind is false inside functions, where
// only the imports are of interest.
func (p *pythonParser) simple(tokens []pythonToken, bind bool) {
	if len(tokens) == 0 {
		return
	}
	switch {
	case p.is(tokens, 0, "import"):
		p.importModules(tokens[1:], bind)
	case p.is(tokens, 0, "from"):
		p.importNames(tokens[1:], bind)
	case !bind:
	case p.is(tokens, 0, "del"):
		for i, t := range tokens[1:] {
			if t.kind == 'n' && (i+2 == len(tokens) || p.is(tokens, i+2, ",") || p.is(tokens, i+2, ")")) && !p.is(tokens, i, ".") {
				p.add(p.deleted, p.text(t))
			}
		}
	case p.is(tokens, 0, "type") && len(tokens) > 2 && tokens[1].kind == 'n':
		p.add(p.names, p.text(tokens[1]))
	default:
		p.assignment(tokens)
	}
}

// dotted reads a module's name and gives what is behind it.
func (p *pythonParser) dotted(tokens []pythonToken) (string, []pythonToken) {
	var name strings.Builder
	for len(tokens) > 0 {
		t := tokens[0]
		if t.kind == 'n' && (p.is(tokens, 0, "import") || p.is(tokens, 0, "as")) {
			break
		}
		if t.kind != 'n' && !p.is(tokens, 0, ".") && !p.is(tokens, 0, "...") {
			break
		}
		name.Write(p.src[t.start:t.end])
		tokens = tokens[1:]
	}
	return name.String(), tokens
}

func (p *pythonParser) importModules(tokens []pythonToken, bind bool) {
	for len(tokens) > 0 {
		name, rest := p.dotted(tokens)
		if name == "" {
			return
		}
		p.add(p.imports, name)
		bound, _, _ := strings.Cut(name, ".")
		if p.is(rest, 0, "as") && len(rest) > 1 {
			bound, rest = p.text(rest[1]), rest[2:]
		}
		if bind {
			p.add(p.names, bound)
		}
		if !p.is(rest, 0, ",") {
			return
		}
		tokens = rest[1:]
	}
}

func (p *pythonParser) importNames(tokens []pythonToken, bind bool) {
	module, rest := p.dotted(tokens)
	if module == "" || !p.is(rest, 0, "import") {
		return
	}
	p.add(p.imports, module)
	if !bind {
		return
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case p.is(rest, i, "*"):
			p.add(p.stars, module)
		case rest[i].kind == 'n' && p.is(rest, i, "as") && !p.is(rest, i-1, "import"):
		case rest[i].kind == 'n' && !p.is(rest, i+1, "as"):
			p.add(p.names, p.text(rest[i]))
		}
	}
}

// assignment reads "a = b = value", "a: T = value" and "a += value".
func (p *pythonParser) assignment(tokens []pythonToken) {
	start := 0
	colon := -1
	for i, t := range tokens {
		if t.depth > 0 {
			continue
		}
		text := p.src[t.start:t.end]
		switch {
		case t.kind == 'n' && string(text) == "lambda":
			return
		case t.kind != 'o':
		case string(text) == ":" && colon < 0:
			colon = i
		case string(text) == "=":
			if colon >= start {
				p.targets(tokens[start:colon])
			} else {
				p.targets(tokens[start:i])
			}
			start = i + 1
		case len(text) > 1 && text[len(text)-1] == '=' && !slices.Contains([]string{"==", "!=", "<=", ">=", ":="}, string(text)):
			p.targets(tokens[start:i])
			return
		}
	}
}

// targets binds the names of a list of targets: names, and brackets around
// targets; attributes and items bind nothing.
func (p *pythonParser) targets(tokens []pythonToken) {
	for i := 0; i < len(tokens); {
		t := tokens[i]
		end := i + 1
		switch {
		case p.is(tokens, i, ",") || p.is(tokens, i, "*"):
			i++
			continue
		case p.is(tokens, i, "(") || p.is(tokens, i, "["):
			for end < len(tokens) && tokens[end].depth > t.depth {
				end++
			}
			if end < len(tokens) && (end+1 == len(tokens) || p.is(tokens, end+1, ",")) {
				p.targets(tokens[i+1 : end])
			}
		case t.kind == 'n' && (end == len(tokens) || p.is(tokens, end, ",")):
			p.add(p.names, p.text(t))
		}
		for end < len(tokens) && (tokens[end].depth > t.depth || !p.is(tokens, end, ",") && !p.is(tokens, end, "as")) {
			end++
		}
		i = end
	}
}

// asTargets binds what stands behind "as" in the head of with and except.
func (p *pythonParser) asTargets(tokens []pythonToken) {
	for i := range tokens {
		if tokens[i].kind != 'n' || !p.is(tokens, i, "as") {
			continue
		}
		end := i + 1
		for end < len(tokens) && tokens[end].depth >= tokens[i].depth && (tokens[end].depth > tokens[i].depth || !p.is(tokens, end, ",") && !p.is(tokens, end, "as")) {
			end++
		}
		p.targets(tokens[i+1 : end])
	}
}

// pattern binds the names that a case pattern captures.
func (p *pythonParser) pattern(tokens []pythonToken) {
	for i, t := range tokens {
		if t.kind != 'n' {
			continue
		}
		switch name := p.text(t); name {
		case "if":
			return
		case "_", "as", "None", "True", "False":
		default:
			if !p.is(tokens, i-1, ".") && !p.is(tokens, i+1, ".") && !p.is(tokens, i+1, "(") && !p.is(tokens, i+1, "=") {
				p.add(p.names, name)
			}
		}
	}
}

// walrus binds the names of assignment expressions.
func (p *pythonParser) walrus(tokens []pythonToken) {
	for i := 1; i < len(tokens); i++ {
		if p.is(tokens, i, ":=") && tokens[i-1].kind == 'n' {
			p.add(p.names, p.text(tokens[i-1]))
		}
	}
}
