package probe

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// NodeFile is what a JavaScript source exports, as far as its text tells.
type NodeFile struct {
	// Names are the exported names; sorted. In a bundle those of modules
	// inside it may be among them; then Dynamic is true.
	Names []string `json:"names"`
	// Default is true for "export default".
	Default bool `json:"default,omitempty"`
	// DefaultNames are the properties of the object that is the default export.
	DefaultNames []string `json:"default_names,omitempty"`
	// ESM is true where the source has import or export declarations.
	ESM bool `json:"esm,omitempty"`
	// CommonJS is true where it speaks of require, exports or module.exports.
	CommonJS bool `json:"common_js,omitempty"`
	// ReExports are the modules all of whose exports it passes on, as written.
	ReExports []string `json:"re_exports,omitempty"`
	// Dynamic is true where it may export names that were not seen.
	Dynamic bool `json:"dynamic,omitempty"`
	// Imports are the modules that import and require name, anywhere in the
	// file, as written.
	Imports []string `json:"imports,omitempty"`
}

// Has tells whether a name is exported.
func (n NodeFile) Has(name string) bool {
	_, ok := slices.BinarySearch(n.Names, name)
	return ok
}

const (
	nodeMaxNames = 1 << 16
	nodeMaxName  = 1024 // bytes
	nodeMaxWork  = 16   // times that a token is looked at, on average
)

// NodeModule asks what a JavaScript source exports, as CommonJS or as an
// ECMAScript module, written by hand or by TypeScript, esbuild and the like: a
// NodeFile. It fails where the source cannot be cut into tokens.
func NodeModule() layer.Question { return question("node-module/1", readNode) }

func readNode(r io.ReaderAt, size int64) (NodeFile, error) {
	src, err := readAll(r, size, scriptLimit)
	if err != nil {
		return NodeFile{}, err
	}
	if at := bytes.IndexByte(src, 0); at >= 0 {
		return NodeFile{}, fmt.Errorf("not a source: a NUL at byte %d", at)
	}
	tokens, err := lexScript(bytes.TrimPrefix(src, []byte("\ufeff")))
	if err != nil {
		return NodeFile{}, err
	}
	p := nodeParser{src: bytes.TrimPrefix(src, []byte("\ufeff")), tokens: tokens, getters: make(map[string][]string)}
	p.parse()
	if p.count > nodeMaxNames {
		return NodeFile{}, fmt.Errorf("more than the %d names that are kept", nodeMaxNames)
	}
	if p.work > p.most() {
		return NodeFile{}, fmt.Errorf("exports within exports: every token would be looked at more than the %d times that are allowed", nodeMaxWork)
	}
	return p.finish(), nil
}

type nodeParser struct {
	src    []byte
	tokens []scriptToken
	result NodeFile
	// getters are the names that esbuild's helper gives to an object, by the
	// object's name; exported is the object that becomes the exports.
	getters  map[string][]string
	exported string
	count    int
	// work counts the tokens that were looked at more than once.
	work int
}

// step counts a token that is looked at again; false where it has become too
// many.
func (p *nodeParser) step() bool {
	p.work++
	return p.work <= p.most()
}

func (p *nodeParser) most() int { return nodeMaxWork*len(p.tokens) + 1<<10 }

func (p *nodeParser) finish() NodeFile {
	result := p.result
	if p.exported != "" {
		if names, ok := p.getters[p.exported]; ok {
			result.Names = append(result.Names, names...)
		} else {
			result.Dynamic = true
		}
	}
	for _, list := range []*[]string{&result.Names, &result.DefaultNames, &result.ReExports, &result.Imports} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if result.Names == nil {
		result.Names = []string{}
	}
	return result
}

// text is the text of a token, "" beyond the ends and for strings.
func (p *nodeParser) text(i int) string {
	if i < 0 || i >= len(p.tokens) || p.tokens[i].kind == 's' {
		return ""
	}
	return string(p.src[p.tokens[i].start:p.tokens[i].end])
}

// are tells whether tokens are these texts; "N" stands for a name, "S" for a
// string, "V" for either.
func (p *nodeParser) are(i int, texts ...string) bool {
	for j, text := range texts {
		if i+j < 0 || i+j >= len(p.tokens) {
			return false
		}
		kind := p.tokens[i+j].kind
		switch text {
		case "N":
			if kind != 'n' {
				return false
			}
		case "S":
			if kind != 's' {
				return false
			}
		case "V":
			if kind != 's' && kind != 'n' {
				return false
			}
		default:
			if p.text(i+j) != text {
				return false
			}
		}
	}
	return true
}

// value is a name, or what a string holds; ok is false for a string with
// escapes, and for what is too long or not UTF-8.
func (p *nodeParser) value(i int) (string, bool) {
	if i >= len(p.tokens) {
		return "", false
	}
	t := p.tokens[i]
	text := string(p.src[t.start:t.end])
	if t.kind == 's' {
		text = text[1 : len(text)-1]
	}
	ok := (t.kind == 's' || t.kind == 'n') && !strings.Contains(text, `\`) && len(text) <= nodeMaxName && utf8.ValidString(text)
	return text, ok
}

func (p *nodeParser) add(list *[]string, i int) {
	text, ok := p.value(i)
	if !ok {
		p.result.Dynamic = true
		return
	}
	if p.count++; p.count <= nodeMaxNames {
		*list = append(*list, text)
	}
}

func (p *nodeParser) export(i int) { p.add(&p.result.Names, i) }

// parse looks at every token that can begin an export or import.
func (p *nodeParser) parse() {
	for i := range p.tokens {
		if p.tokens[i].kind != 'n' || p.text(i-1) == "." || p.text(i-1) == "?." {
			continue
		}
		switch p.text(i) {
		case "exports":
			p.exports(i, i+1)
		case "module":
			p.module(i)
		case "require":
			p.result.CommonJS = true
			if p.are(i, "require", "(", "S") {
				p.add(&p.result.Imports, i+2)
			}
		case "this":
			if p.tokens[i].depth == 0 && p.are(i, "this", ".", "N", "=") {
				p.export(i + 2)
			}
		case "__export":
			if p.are(i, "__export", "(", "N", ",", "{") {
				p.getter(i + 2)
			} else if p.are(i, "__export", "(", "require", "(", "S") {
				p.add(&p.result.ReExports, i+4)
			}
		case "import":
			p.importDeclaration(i)
		case "export":
			if p.tokens[i].depth == 0 && !p.are(i+1, ":") {
				p.exportDeclaration(i + 1)
			}
		}
		if strings.HasSuffix(p.text(i), "__exportStar") && p.are(i+1, "(", "require", "(", "S") {
			p.add(&p.result.ReExports, i+4)
		}
	}
	p.starCalls()
}

// starCalls finds "tslib.__exportStar(require("x"), exports)".
func (p *nodeParser) starCalls() {
	for i := range p.tokens {
		if p.text(i-1) == "." && p.are(i, "__exportStar", "(", "require", "(", "S") {
			p.add(&p.result.ReExports, i+4)
		}
	}
}

// getter reads "__export(name, { a: () => a, b: () => b })".
func (p *nodeParser) getter(i int) {
	name := p.text(i)
	var names []string
	p.properties(i+2, &names)
	p.getters[name] = append(p.getters[name], names...)
}

// module reads what stands behind the word module.
func (p *nodeParser) module(i int) {
	switch {
	case p.are(i+1, ".", "exports"):
		p.result.CommonJS = true
		p.exports(i, i+3)
	case p.are(i+1, ".", "N"), p.are(i+1, "["), p.are(i-1, "typeof"), p.are(i+1, ":"):
	default:
		// The module itself is handed on, or a name of its own.
		p.result.Dynamic = p.result.Dynamic || p.are(i+1, ")") || p.are(i+1, ",")
	}
}

// exports reads what becomes of the object exports: start is where it begins,
// next what stands behind it.
func (p *nodeParser) exports(start, next int) {
	p.result.CommonJS = true
	switch {
	case p.are(next, ".", "N", "="):
		p.export(next + 1)
	case p.are(next, "[", "S", "]", "="):
		p.export(next + 1)
	case p.are(next, "["):
		p.result.Dynamic = p.result.Dynamic || !p.are(next, "[", "S", "]")
	case p.are(next, "."), p.are(next, "?."), p.are(next, "=="), p.are(next, "==="), p.are(next, "!="), p.are(next, "!=="), p.are(start-1, "typeof"):
	case p.are(next, "="):
		// "exports = x" alone changes nothing, "module.exports = x" all.
		if next-start > 1 || p.are(next+1, "module", ".", "exports") || p.are(start-1, "=") {
			p.assigned(next + 1)
		}
	case p.are(start-4, "Object", ".", "defineProperty", "(") && p.are(next, ",", "S"):
		if name, _ := p.value(next + 1); name != "__esModule" {
			p.export(next + 1)
		}
	case p.are(start-4, "Object", ".", "assign", "(") && p.are(next, ",", "{"):
		end := p.properties(next+1, &p.result.Names)
		p.result.Dynamic = p.result.Dynamic || !p.are(end, ")")
	case p.isStarCall(start):
	case p.are(next, ":"), p.are(next, "&&"):
	default:
		p.result.Dynamic = true
	}
}

// isStarCall tells whether exports is the last argument of __exportStar.
func (p *nodeParser) isStarCall(start int) bool {
	return p.are(start-6, "__exportStar", "(", "require", "(", "S", ")") || p.are(start-7, "__exportStar", "(", "require", "(", "S", ")", ",")
}

// assigned reads what module.exports becomes.
func (p *nodeParser) assigned(i int) {
	switch {
	case p.are(i, "exports", "=") || p.are(i, "module", ".", "exports"):
		// A chain: the next link is looked at for itself.
	case p.are(i, "{"):
		p.properties(i, &p.result.Names)
	case p.are(i, "require", "(", "S", ")") && !p.are(i+4, ".") && !p.are(i+4, "(") && !p.are(i+4, "["):
		p.add(&p.result.ReExports, i+2)
	case p.are(i, "__toCommonJS", "(", "N", ")"):
		p.exported = p.text(i + 2)
	default:
		p.result.Dynamic = true
	}
}

// properties reads the keys of the object literal whose brace is at i, and
// tells what stands behind it.
func (p *nodeParser) properties(i int, into *[]string) int {
	depth := p.tokens[i].depth
	for i++; i < len(p.tokens) && p.tokens[i].depth > depth && p.step(); {
		p.property(i, into)
		for i < len(p.tokens) && p.tokens[i].depth > depth && (p.tokens[i].depth > depth+1 || p.text(i) != ",") && p.step() {
			i++
		}
		if i < len(p.tokens) && p.tokens[i].depth == depth {
			return i + 1
		}
		i++
	}
	return i + 1
}

func (p *nodeParser) property(i int, into *[]string) {
	for p.step() && (p.are(i, "async", "V") || p.are(i, "get", "V") || p.are(i, "set", "V") || p.are(i, "*") || p.are(i, "async", "*")) {
		i++
	}
	switch {
	case p.are(i, "...", "require", "(", "S", ")"):
		p.add(&p.result.ReExports, i+3)
	case p.are(i, "..."), p.are(i, "["):
		p.result.Dynamic = true
	case p.are(i, "V"):
		p.add(into, i)
	}
}

// importDeclaration reads "import … from 'x'", "import 'x'" and "import('x')".
func (p *nodeParser) importDeclaration(i int) {
	if p.are(i+1, "(", "S") {
		p.add(&p.result.Imports, i+2)
		return
	}
	if p.tokens[i].depth > 0 || p.are(i+1, ".") || p.are(i+1, "(") || p.are(i+1, ":") {
		return
	}
	const most = 1 << 12 // tokens between import and from
	for j := i + 1; j < min(len(p.tokens), i+most); j++ {
		if p.tokens[j].kind == 's' && p.tokens[j].depth == 0 {
			p.result.ESM = true
			p.add(&p.result.Imports, j)
			return
		}
		if p.are(j, ";") || p.are(j, "=") || !p.step() {
			return
		}
	}
}

// exportDeclaration reads what stands behind "export".
func (p *nodeParser) exportDeclaration(i int) {
	p.result.ESM = true
	switch p.text(i) {
	case "default":
		p.result.Default = true
		if p.are(i+1, "{") {
			p.properties(i+1, &p.result.DefaultNames)
		}
	case "*":
		if p.are(i+1, "as", "V", "from", "S") {
			p.export(i + 2)
			p.add(&p.result.Imports, i+4)
		} else if p.are(i+1, "from", "S") {
			p.add(&p.result.ReExports, i+2)
			p.add(&p.result.Imports, i+2)
		}
	case "{":
		p.exportList(i)
	case "async":
		p.exportDeclaration(i + 1)
	case "function", "class":
		if p.are(i+1, "*") {
			i++
		}
		p.export(i + 1)
	case "const", "let", "var":
		p.declarators(i + 1)
	default:
		p.result.Dynamic = true
	}
}

func (p *nodeParser) exportList(i int) {
	depth := p.tokens[i].depth
	j := i + 1
	for ; j < len(p.tokens) && p.tokens[j].depth > depth && p.step(); j++ {
		if p.are(j, "V") && (p.are(j+1, ",") || p.are(j+1, "}")) {
			if name, _ := p.value(j); name == "default" {
				p.result.Default = true
				continue
			}
			p.export(j)
		}
	}
	if p.are(j+1, "from", "S") {
		p.add(&p.result.Imports, j+2)
	}
}

// declarators reads "a = 1, { b, c: d } = x" up to the end of the statement.
func (p *nodeParser) declarators(i int) {
	depth := p.tokens[min(i, len(p.tokens)-1)].depth
	for i < len(p.tokens) && p.step() {
		switch {
		case p.are(i, "{") || p.are(i, "["):
			for i++; i < len(p.tokens) && p.tokens[i].depth > depth && p.step(); i++ {
				// Every name that is not a key is bound, a default may be
				// taken for one: it costs no more than a name too many.
				if p.are(i, "N") && !p.are(i+1, ":") {
					p.export(i)
				}
			}
		case p.are(i, "N"):
			p.export(i)
		}
		for i++; i < len(p.tokens) && (p.tokens[i].depth > depth || p.text(i) != ",") && p.step(); i++ {
			if p.tokens[i].depth == depth && (p.text(i) == ";" || p.tokens[i].newline && strings.Contains(scriptStatements, " "+p.text(i)+" ")) {
				return
			}
		}
		i++
	}
}

// scriptStatements are the words that begin a statement on a line of their own.
const scriptStatements = " export import const let var function class async if for while do return switch try throw exports module require "
