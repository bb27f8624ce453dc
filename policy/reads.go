package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// need is a set of what a fact rests on. A fact whose ground is missing in a
// document must not be judged by.
type need uint8

const (
	// needConfig: an image was chosen and its configuration was read.
	needConfig need = 1 << iota
	// needManifest: the source vouches for the manifest.
	needManifest
	// needLayerInfo: the source vouches for the layers' media types and digests.
	needLayerInfo
	// needLayers: every layer was read.
	needLayers
	// needBoot: the boot chain was followed.
	needBoot
	// needRuntime: what speaks the Runtime API was looked for.
	needRuntime
)

// grounds tells what each part of the document rests on; `*` is any element of
// a list. What is not listed rests on the layers, so a new fact is never taken
// for one that is known without them.
var grounds = []struct {
	path string
	need need
}{
	{"schema", 0}, {"as_of", 0}, {"reference", 0}, {"source", 0}, {"function", 0}, {"complete", 0},
	{"manifest", needManifest},
	{"platform", needConfig}, {"config", needConfig}, {"history", needConfig},
	{"boot.argv", needConfig}, {"boot.entrypoint", needConfig}, {"boot.command", needConfig}, {"boot.shell_form", needConfig},
	{"boot", needConfig | needLayers | needBoot},
	{"runtime", needConfig | needLayers | needRuntime},
	{"handler", needConfig | needLayers | needRuntime},
	{"layers.*.position", needConfig}, {"layers.*.history", needConfig},
	{"layers.*.digest", needConfig | needLayerInfo}, {"layers.*.media_type", needConfig | needLayerInfo},
}

// read is a part of the input that a rule looks at. A shallow read sees that
// the part is there, and how many of it, not what is in it.
type read struct {
	path    string
	shallow bool
}

// needs tells what a read rests on.
func (r read) needs() need {
	var below need
	structure := false
	for _, ground := range grounds {
		if ground.path != r.path && covers(r.path, ground.path) {
			structure = true
			below |= ground.need
		}
	}
	if r.shallow && structure {
		return needConfig
	}
	for _, ground := range grounds {
		if covers(ground.path, r.path) {
			return ground.need | below
		}
	}
	return below | needConfig | needLayers
}

// covers reports whether a part is the other one or holds it.
func covers(part, other string) bool {
	return part == other || strings.HasPrefix(other, part+".")
}

// reader collects what clauses of rules look at, through helpers, functions and
// local names. It works on compiled modules, in which every local name is
// unique and every reference is written out.
type reader struct {
	compiler *ast.Compiler
	memo     map[string][]read
	// onEvasion is told of calls that hide which field of the input they read.
	onEvasion func(call *ast.Expr)
	// onRead is told of every part that is read and where.
	onRead func(part string, at *ast.Location)
}

// reads gives what a clause looks at. arguments are the parts of the input that
// are handed to it where it is a function.
func (r *reader) reads(clause *ast.Rule, arguments [][]string) []read {
	key := fmt.Sprintf("%p %v", clause, arguments)
	if known, ok := r.memo[key]; ok {
		return known
	}
	r.memo[key] = nil
	c := &clauseReader{reader: r, aliases: make(map[ast.Var][]string), seen: make(map[read]bool)}
	for branch := clause; branch != nil; branch = branch.Else {
		c.readBranch(branch, arguments)
	}
	list := make([]read, 0, len(c.seen))
	for one := range c.seen {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b read) int { return strings.Compare(a.path, b.path) })
	r.memo[key] = list
	return list
}

// needs tells what the verdict of a clause rests on.
func (r *reader) needs(clause *ast.Rule) need {
	var all need
	for _, one := range r.reads(clause, nil) {
		all |= one.needs()
	}
	return all
}

// clauseReader reads one clause.
type clauseReader struct {
	*reader
	// aliases gives the parts of the input that a local name stands for.
	aliases map[ast.Var][]string
	changed bool
	seen    map[read]bool
}

// readBranch reads the clause itself or one of its else branches.
func (c *clauseReader) readBranch(branch *ast.Rule, arguments [][]string) {
	for i, argument := range branch.Head.Args {
		if name, ok := argument.Value.(ast.Var); ok && i < len(arguments) {
			c.aliases[name] = arguments[i]
		}
	}
	for c.changed = true; c.changed; {
		c.changed = false
		ast.WalkExprs(branch.Body, c.alias)
	}
	for _, operand := range branch.Head.Reference {
		c.walk(operand)
	}
	for _, term := range []*ast.Term{branch.Head.Key, branch.Head.Value} {
		if term != nil {
			c.walk(term)
		}
	}
	c.walk(branch.Body)
}

// parts gives the parts of the input that a term stands for as it is; nil for
// anything else.
func (c *clauseReader) parts(t *ast.Term) []string {
	switch v := t.Value.(type) {
	case ast.Var:
		return c.aliases[v]
	case ast.Ref:
		head, ok := v[0].Value.(ast.Var)
		if !ok {
			return nil
		}
		if v[0].Equal(ast.InputRootDocument) {
			return []string{join("", v[1:])}
		}
		var parts []string
		for _, part := range c.aliases[head] {
			parts = append(parts, join(part, v[1:]))
		}
		return parts
	}
	return nil
}

func join(part string, operands ast.Ref) string {
	names := make([]string, 0, len(operands)+1)
	if part != "" {
		names = append(names, part)
	}
	for _, operand := range operands {
		if name, ok := operand.Value.(ast.String); ok {
			names = append(names, string(name))
		} else {
			names = append(names, "*")
		}
	}
	return strings.Join(names, ".")
}

// alias notes which local names stand for parts of the input.
func (c *clauseReader) alias(e *ast.Expr) bool {
	if every, ok := e.Terms.(*ast.Every); ok {
		for _, part := range c.parts(every.Domain) {
			c.bind(every.Value, part+".*")
		}
		return false
	}
	if part, ok := handsOut[operatorName(e)]; ok && len(e.Operands()) == 2 {
		c.bind(e.Operand(1), part)
		return false
	}
	if left, right, ok := equation(e); ok {
		for _, part := range c.parts(right) {
			c.bind(left, part)
		}
		for _, part := range c.parts(left) {
			c.bind(right, part)
		}
	}
	return false
}

// handsOut tells which part of the input the functions of package paths give.
var handsOut = map[string]string{
	"data.lambdalint.paths.at": "files.*", "data.lambdalint.paths.of_step": "files.*",
	"data.lambdalint.paths.under": "files", "data.lambdalint.paths.matching": "files",
	"data.lambdalint.paths.removed_matching": "removed",
}

func operatorName(e *ast.Expr) string {
	if !e.IsCall() {
		return ""
	}
	return e.Operator().String()
}

func (c *clauseReader) bind(t *ast.Term, part string) {
	name, ok := t.Value.(ast.Var)
	if ok && !slices.Contains(c.aliases[name], part) {
		c.aliases[name] = append(c.aliases[name], part)
		c.changed = true
	}
}

// equation gives both sides of an expression that names one thing by another.
func equation(e *ast.Expr) (left, right *ast.Term, ok bool) {
	if !e.IsEquality() && !e.IsAssignment() || e.Negated {
		return nil, nil, false
	}
	left, right = e.Operand(0), e.Operand(1)
	_, leftVar := left.Value.(ast.Var)
	_, rightVar := right.Value.(ast.Var)
	return left, right, leftVar || rightVar
}

func (c *clauseReader) visit(node any) bool {
	switch n := node.(type) {
	case *ast.Expr:
		return c.visitExpr(n)
	case *ast.Every:
		c.note(n.Domain, true)
		c.walk(n.Body)
		return true
	case *ast.Term:
		switch v := n.Value.(type) {
		case ast.Var:
			c.note(n, false)
		case ast.Ref:
			c.visitRef(n, v, false)
			return true
		}
	}
	return false
}

func (c *clauseReader) walk(node any) { ast.NewGenericVisitor(c.visit).Walk(node) }

// note records what a term reads as it stands.
func (c *clauseReader) note(t *ast.Term, shallow bool) {
	for _, part := range c.parts(t) {
		c.seen[read{part, shallow}] = true
		if c.onRead != nil {
			c.onRead(part, t.Location)
		}
	}
}

func (c *clauseReader) visitRef(t *ast.Term, ref ast.Ref, shallow bool) {
	c.note(t, shallow)
	for _, operand := range ref[1:] {
		c.walk(operand)
	}
	if ref[0].Equal(ast.DefaultRootDocument) {
		for _, rule := range c.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{}) {
			c.merge(c.reads(rule, nil))
		}
	}
}

func (c *clauseReader) merge(list []read) {
	for _, one := range list {
		c.seen[one] = true
	}
}

// visitExpr handles what gives a name to a part, which reads nothing of it yet,
// and calls.
func (c *clauseReader) visitExpr(e *ast.Expr) bool {
	if left, right, ok := equation(e); ok {
		for _, side := range []*ast.Term{left, right} {
			switch v := side.Value.(type) {
			case ast.Var:
			case ast.Ref:
				c.visitRef(side, v, true)
			default:
				c.walk(side)
			}
		}
		return true
	}
	if !e.IsCall() {
		return false
	}
	functions := c.compiler.GetRulesExact(e.Operator())
	if len(functions) == 0 {
		return c.builtin(e)
	}
	arguments := make([][]string, len(e.Operands()))
	for i, operand := range e.Operands() {
		arguments[i] = c.parts(operand)
		if len(arguments[i]) == 0 || i >= len(functions[0].Head.Args) {
			c.walk(operand)
		}
	}
	for _, function := range functions {
		c.merge(c.reads(function, arguments))
	}
	return true
}

// builtin reports calls that would read a field the compiler cannot check. It
// reports whether the call's arguments are dealt with.
func (c *clauseReader) builtin(e *ast.Expr) bool {
	if len(e.Operands()) == 0 {
		return false
	}
	first := e.Operand(0)
	switch e.Operator().String() {
	case "object.get", "walk":
		if c.onEvasion != nil && len(c.parts(first)) > 0 {
			c.onEvasion(e)
		}
	case "count":
		if len(c.parts(first)) > 0 {
			c.note(first, true)
			return true
		}
	}
	return false
}

func newReader(compiler *ast.Compiler) *reader {
	return &reader{compiler: compiler, memo: make(map[string][]read)}
}
