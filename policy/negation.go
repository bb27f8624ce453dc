package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checkNegations refuses expressions under `not` that OPA evaluates in part
// before the `not`: arguments of calls are computed first, and where one is
// undefined the whole line is, not only what stands behind `not`. So
// `not startswith(input.config.cmd[0], "/")` would pass an image without CMD.
func (c *checker) checkNegations(m *ast.Module) {
	n := negations{checker: c, module: m, imports: make(map[string]ast.Ref)}
	for _, imported := range m.Imports {
		if ref, ok := imported.Path.Value.(ast.Ref); ok {
			n.imports[string(imported.Name())] = ref
		}
	}
	ast.WalkBodies(m, func(body ast.Body) bool {
		n.demanded = demanded(body)
		for _, e := range body {
			if e.Negated {
				n.expr(e)
			}
		}
		return false
	})
}

// demanded gives what the other lines of a body need to be defined anyhow.
func demanded(body ast.Body) map[string]bool {
	found := make(map[string]bool)
	for _, e := range body {
		if terms, ok := e.Terms.([]*ast.Term); ok && !e.Negated {
			for _, term := range terms[1:] {
				found[term.String()] = true
				if call, ok := term.Value.(ast.Call); ok {
					for _, argument := range call[1:] {
						found[argument.String()] = true
					}
				}
			}
		}
	}
	return found
}

func (n *negations) expr(e *ast.Expr) {
	switch terms := e.Terms.(type) {
	case []*ast.Term:
		// == compares in place; every other call computes its arguments first.
		inPlace := e.IsEquality() || e.Operator().String() == ast.Equal.Name
		for _, argument := range terms[1:] {
			n.argument(argument, inPlace)
		}
	case *ast.Term:
		n.argument(terms, true)
	}
}

type negations struct {
	*checker
	module  *ast.Module
	imports map[string]ast.Ref
	// demanded is what the body needs to be defined anyhow.
	demanded map[string]bool
}

// argument judges one argument of a negated call; inPlace is true where a
// reference may be undefined without harm.
func (n *negations) argument(t *ast.Term, inPlace bool) {
	switch v := t.Value.(type) {
	case ast.Call:
		n.call(t, v)
	case ast.Ref:
		if call, ok := v[0].Value.(ast.Call); ok {
			n.call(v[0], call)
		}
		if !inPlace {
			n.reference(t, v)
		}
	case ast.Var:
		if !inPlace && !n.total(string(v)) {
			n.refuse(t)
		}
	case *ast.Array:
		v.Foreach(func(item *ast.Term) { n.argument(item, inPlace) })
	}
}

func (n *negations) call(t *ast.Term, call ast.Call) {
	operator, _ := call[0].Value.(ast.Ref)
	if !n.answers(operator) {
		n.refuse(t)
		return
	}
	for _, argument := range call[1:] {
		n.argument(argument, false)
	}
}

// answers reports whether a function gives a value for all arguments.
func (n *negations) answers(operator ast.Ref) bool {
	name := operator.String()
	if _, builtin := ast.BuiltinMap[name]; builtin {
		return true
	}
	if head, ok := n.imports[strings.Trim(operator[0].Value.String(), `"`)]; ok {
		name = head.String() + strings.TrimPrefix(name, operator[0].Value.String())
	}
	total := []string{
		"data.lambdalint.paths.content", "data.lambdalint.paths.under", "data.lambdalint.paths.matching",
		"data.lambdalint.paths.removed_matching", "data.lambdalint.paths.usage", "data.lambdalint.text.bytes",
	}
	return slices.Contains(total, name)
}

// reference judges a reference that is computed before the `not`: fields are
// always there, elements of lists and values of rules may not be.
func (n *negations) reference(t *ast.Term, ref ast.Ref) {
	if !fields(ref) {
		n.refuse(t)
		return
	}
	if head, ok := ref[0].Value.(ast.Var); ok && !n.total(string(head)) {
		n.refuse(t)
	}
}

// total reports whether a name is none of the module's rules, or one that has a
// value in any case: a constant, a set, or one with a default.
func (n *negations) total(name string) bool {
	found := false
	for _, rule := range n.module.Rules {
		if rule.Head.Ref()[0].Value.String() != name {
			continue
		}
		found = true
		always := rule.Default || rule.Head.RuleKind() == ast.MultiValue || len(rule.Head.Ref()) > 1 || isConstant(rule)
		if always {
			return true
		}
	}
	return !found
}

// isConstant reports whether a rule has no condition, and a value that is there
// in any case: a literal, or a field of the input.
func isConstant(rule *ast.Rule) bool {
	if rule.Head.Value == nil || !rule.Body.Equal(ast.NewBody(ast.NewExpr(ast.BooleanTerm(true)))) {
		return false
	}
	constant := true
	ast.WalkTerms(rule.Head.Value, func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case ast.Null, ast.Boolean, ast.Number, ast.String, *ast.Array, ast.Object, ast.Set:
		case ast.Ref:
			constant = constant && v[0].Equal(ast.InputRootDocument) && fields(v)
			return true
		default:
			constant = false
		}
		return false
	})
	return constant
}

// fields reports whether a reference goes by names of fields alone.
func fields(ref ast.Ref) bool {
	for _, operand := range ref[1:] {
		if _, field := operand.Value.(ast.String); !field {
			return false
		}
	}
	return true
}

func (n *negations) refuse(t *ast.Term) {
	if n.demanded[t.String()] {
		return
	}
	text := fmt.Sprint(t)
	if t.Location != nil && len(t.Location.Text) > 0 {
		text = string(t.Location.Text)
	}
	n.fault(t.Location, "%s under `not` is computed before the `not`: where it is undefined the whole line is, and the rule passes in silence; "+
		"put what stands behind `not` into a helper rule", shorten(text))
}
