package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
)

// denied are built-ins that reach beyond the document although OPA does not
// mark them as nondeterministic, or that serve debugging alone.
var denied = []string{"providers.aws.sign_req", "trace", "json.match_schema", "json.verify_schema"}

// dataRef is the reference data.PART.PART… Parsing one from its text would
// sort all built-ins of OPA first, for each reference in each rule.
func dataRef(parts ...string) ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, part := range parts {
		ref = ref.Append(ast.StringTerm(part))
	}
	return ref
}

// sandbox gives the capabilities of rules: no network, no clock, no
// environment, no random numbers.
func sandbox() *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.Builtins = slices.DeleteFunc(slices.Clone(caps.Builtins), func(b *ast.Builtin) bool {
		return b.Nondeterministic || slices.Contains(denied, b.Name)
	})
	caps.AllowNet = []string{}
	return caps
}

// newCompiler gives a compiler that knows the facts document's schema.
func newCompiler() (*ast.Compiler, error) {
	var schema any
	if err := json.Unmarshal(inspect.SchemaV1(), &schema); err != nil {
		return nil, fmt.Errorf("reading the schema of the facts document: %w", err)
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, schema)
	schemas.Put(ast.MustParseRef("schema.image.v1"), schema)
	return ast.NewCompiler().
		WithCapabilities(sandbox()).
		WithSchemas(schemas).
		WithUseTypeCheckAnnotations(true).
		WithEnablePrintStatements(true), nil
}

// compileModules compiles all modules together, and once more with each `every`
// written as `some`: OPA does not type-check what is inside `every`.
func (s *Set) compileModules() error {
	compiler, err := newCompiler()
	if err != nil {
		return err
	}
	modules, sources := s.modules()
	compiler.WithStrict(true).Compile(modules)
	if compiler.Failed() {
		return explain(compiler.Errors, sources)
	}
	s.compiler = compiler

	changed := false
	flat := make(map[string]*ast.Module, len(modules))
	for name, m := range modules {
		copied, found := withoutEvery(m)
		flat[name] = copied
		changed = changed || found
	}
	if !changed {
		return nil
	}
	second, err := newCompiler()
	if err != nil {
		return err
	}
	if second.Compile(flat); second.Failed() {
		return explain(second.Errors, sources)
	}
	return nil
}

func (s *Set) modules() (map[string]*ast.Module, map[string][]byte) {
	modules := make(map[string]*ast.Module)
	sources := make(map[string][]byte)
	add := func(m *module) { modules[m.name], sources[m.name] = m.parsed, m.source }
	for _, m := range s.libs {
		add(m)
	}
	for _, r := range s.rules {
		add(r.module)
	}
	return modules, sources
}

// withoutEvery gives a copy in which each `every x in xs { body }` is written as
// a comprehension over `some x in xs; body`, and reports whether there was one.
func withoutEvery(m *ast.Module) (*ast.Module, bool) {
	copied := m.Copy()
	found := false
	ast.WalkExprs(copied, func(e *ast.Expr) bool {
		every, ok := e.Terms.(*ast.Every)
		if !ok {
			return false
		}
		found = true
		member := ast.Member.Ref()
		args := []*ast.Term{every.Value, every.Domain}
		if every.Key != nil {
			member, args = ast.MemberWithKey.Ref(), []*ast.Term{every.Key, every.Value, every.Domain}
		}
		call := ast.CallTerm(append([]*ast.Term{ast.NewTerm(member)}, args...)...)
		some := ast.NewExpr(&ast.SomeDecl{Symbols: []*ast.Term{call}, Location: e.Location})
		some.Location = e.Location
		body := ast.NewBody(some)
		for _, inner := range every.Body {
			body.Append(inner)
		}
		term := ast.ArrayComprehensionTerm(ast.IntNumberTerm(1), body)
		term.Location = e.Location
		e.Terms = term
		return false
	})
	return copied, found
}

// entryPoints tells which of the names that policy evaluates a rule defines,
// and refuses those of the wrong kind.
func entryPoints(m *module) (map[string]bool, error) {
	defined := make(map[string]bool)
	for _, r := range m.parsed.Rules {
		name := r.Head.Ref()[0].Value.String()
		set := r.Head.RuleKind() == ast.MultiValue && len(r.Head.Ref()) == 1
		switch name {
		case "deny", "not_judged":
			if !set {
				return nil, fmt.Errorf("%s:%d: %s must be a set: %s contains result.file(f, message) if …", m.name, r.Location.Row, name, name)
			}
		case "not_applicable":
			if set || len(r.Head.Args) > 0 || len(r.Head.Ref()) > 1 {
				return nil, fmt.Errorf("%s:%d: not_applicable must be one text: not_applicable := reason if …", m.name, r.Location.Row)
			}
		default:
			continue
		}
		defined[name] = true
	}
	if !defined["deny"] {
		return nil, fmt.Errorf("%s: the rule defines no deny", m.name)
	}
	return defined, nil
}

// explain turns OPA's errors into one error each with file, line, column, and
// the line itself with a mark under the column.
func explain(err error, sources map[string][]byte) error {
	var list ast.Errors
	var one *ast.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = ast.Errors{one}
	default:
		return err
	}
	var all []error
	for _, e := range list {
		all = append(all, errors.New(explainOne(e, sources)))
	}
	return errors.Join(all...)
}

func explainOne(e *ast.Error, sources map[string][]byte) string {
	if e.Location == nil {
		return e.Message
	}
	message := e.Message
	if e.Details != nil {
		if _, isParse := e.Details.(*ast.ParserErrorDetail); !isParse {
			message += "\n" + strings.Join(e.Details.Lines(), "\n")
		}
	}
	out := fmt.Sprintf("%s:%d:%d: %s", e.Location.File, e.Location.Row, e.Location.Col, message)
	lines := strings.Split(string(sources[e.Location.File]), "\n")
	if e.Location.Row < 1 || e.Location.Row > len(lines) {
		return out
	}
	line := strings.ReplaceAll(lines[e.Location.Row-1], "\t", " ")
	return fmt.Sprintf("%s\n    %s\n    %s^", out, line, strings.Repeat(" ", max(0, e.Location.Col-1)))
}
