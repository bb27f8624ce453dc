package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
)

// accessors are the functions of data.lambdalint.paths that ask for something.
var accessors = []string{"at", "under", "matching", "removed_matching", "content", "usage"}

// hidden are the parts of the input that rules reach through paths alone.
var hidden = []string{"files", "removed", "index", "asked"}

// check refuses what the compiler lets pass, and reads the rule's request.
func (s *Set) check(r *rule) []error {
	c := s.newChecker(r.module)
	c.rule = r
	c.addGlobs(r.Files...)
	c.addGlobs(r.Contents...)
	c.request.Contents = slices.Clone(r.Contents)
	c.run(s.compiler)
	r.request, r.under = c.request, c.under
	r.request.Rule = r.ID
	for _, lib := range s.librariesOf(r.module) {
		r.request.Globs = union(r.request.Globs, lib.request.Globs)
		r.request.Contents = union(r.request.Contents, lib.request.Contents)
		r.request.Usage = union(r.request.Usage, lib.request.Usage)
		r.under = union(r.under, lib.under)
	}
	return c.faults
}

// checkLibrary does the same for a module of a user's library. What it asks for
// becomes part of the request of each rule that uses it.
func (s *Set) checkLibrary(m *module) []error {
	c := s.newChecker(m)
	c.run(s.compiler)
	m.request, m.under = c.request, c.under
	return c.faults
}

func union(a, b []string) []string {
	for _, item := range b {
		if !slices.Contains(a, item) {
			a = append(a, item)
		}
	}
	return a
}

// librariesOf gives the modules of users' libraries that a module uses, also
// through each other.
func (s *Set) librariesOf(m *module) []*module {
	var used []*module
	var visit func(m *module)
	visit = func(m *module) {
		ast.WalkRefs(s.compiler.Modules[m.name], func(ref ast.Ref) bool {
			for _, lib := range s.libs {
				if lib != m && ref.HasPrefix(lib.parsed.Package.Path) && lib.user && !slices.Contains(used, lib) {
					used = append(used, lib)
					visit(lib)
				}
			}
			return false
		})
	}
	visit(m)
	return used
}

type checker struct {
	module *module
	// rule is nil for a module of a library.
	rule    *rule
	request inspect.RuleRequest
	under   []string
	faults  []error
	// last is the place of the expression that is looked at.
	last *ast.Location
}

func (s *Set) newChecker(m *module) *checker { return &checker{module: m} }

func (c *checker) run(compiler *ast.Compiler) {
	compiled := compiler.Modules[c.module.name]
	ast.NewGenericVisitor(c.visit).Walk(compiled)
	c.checkNegations(c.module.parsed)
	reader := newReader(compiler)
	reader.onEvasion = c.evasion
	reader.onRead = c.pastContent
	for _, clause := range compiled.Rules {
		reader.reads(clause, nil)
	}
}

// pastContent refuses to read the text of a file without being told when it was
// left out.
func (c *checker) pastContent(part string, at *ast.Location) {
	if at != nil && at.File == c.module.name && (part == "files.*.content" || part == "removed.*.content") {
		c.fault(at, "the text of a file is read past paths.content, which stops the rule where the text was left out")
	}
}

// evasion refuses calls that read a field without the compiler seeing which.
func (c *checker) evasion(call *ast.Expr) {
	if call.Location.File == c.module.name {
		c.fault(call.Location, "%s on the input hides from the compiler which field is read; write input.… with the field's name", call.Operator())
	}
}

func (c *checker) fault(at *ast.Location, format string, args ...any) {
	where := c.module.name
	if at == nil || at.Row == 0 {
		at = c.last
	}
	if at != nil && at.Row > 0 {
		where = fmt.Sprintf("%s:%d", where, at.Row)
	}
	err := fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
	for _, old := range c.faults {
		if old.Error() == err.Error() {
			return
		}
	}
	c.faults = append(c.faults, err)
}

func (c *checker) addGlobs(globs ...string) {
	for _, glob := range globs {
		if !slices.Contains(c.request.Globs, glob) {
			c.request.Globs = append(c.request.Globs, glob)
		}
	}
}

func (c *checker) visit(node any) bool {
	switch n := node.(type) {
	case *ast.Rule:
		c.last = n.Location
	case *ast.Expr:
		if n.Location != nil && n.Location.Row > 0 {
			c.last = n.Location
		}
		if n.IsCall() {
			c.call(n)
		}
		for _, with := range n.With {
			c.fault(n.Location, "`with` belongs into tests: a rule is judged on the input that it is given (%s)", with.Target)
		}
	case *ast.Term:
		if ref, ok := n.Value.(ast.Ref); ok {
			c.ref(ref, n.Location)
		}
	}
	return false
}

// call reads the request from a call of an accessor.
func (c *checker) call(e *ast.Expr) {
	name, ok := accessor(e.Operator())
	if !ok {
		return
	}
	args := e.Operands()
	if len(args) == 0 {
		return
	}
	constant, ok := args[0].Value.(ast.String)
	if !ok {
		c.dynamic(name, e.Location)
		return
	}
	if err := c.add(name, string(constant)); err != nil {
		c.fault(e.Location, "paths.%s(%s): %v", name, args[0], err)
	}
}

// dynamic judges a call whose argument is not known before the rule runs.
func (c *checker) dynamic(name string, at *ast.Location) {
	switch {
	case c.rule == nil: // each rule that uses the library says what it may ask for
	case name == "content" && len(c.rule.Contents) == 0:
		c.fault(at, "paths.content is called on a file, and custom.contents does not say of which files the content is needed")
	case name == "usage":
		c.fault(at, "paths.usage needs a constant directory: what is not asked for beforehand is not known")
	case name != "content" && len(c.rule.Files) == 0:
		c.fault(at, "paths.%s is called with an argument that is known only when the rule runs; say in custom.files which files it may ask for", name)
	}
}

func (c *checker) add(name, argument string) error {
	switch name {
	case "at", "content":
		if err := absolute(argument); err != nil {
			return err
		}
		c.addGlobs(inspect.QuoteGlob(argument))
		if name == "content" {
			c.request.Contents = append(c.request.Contents, inspect.QuoteGlob(argument))
		}
	case "under":
		if err := absolute(argument); err != nil {
			return err
		}
		c.under = union(c.under, []string{argument})
		c.addGlobs(inspect.UnderGlob(argument))
	case "usage":
		if err := absolute(argument); err != nil {
			return err
		}
		if !slices.Contains(c.request.Usage, argument) {
			c.request.Usage = append(c.request.Usage, argument)
		}
	default:
		if _, err := inspect.CompileGlob(argument); err != nil {
			return err
		}
		c.addGlobs(argument)
	}
	return nil
}

func absolute(p string) error {
	if !strings.HasPrefix(p, "/") || path.Clean(p) != p {
		return fmt.Errorf("the path must be absolute and clean, without . or .. and without a slash at its end")
	}
	return nil
}

// accessor gives the name of the function of package paths that a call names.
func accessor(operator ast.Ref) (string, bool) {
	const prefix = "data.lambdalint.paths."
	name, ok := strings.CutPrefix(operator.String(), prefix)
	return name, ok && slices.Contains(accessors, name)
}

// ref refuses references past the accessors, and to other rules.
func (c *checker) ref(ref ast.Ref, at *ast.Location) {
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		c.inputRef(ref, at)
	case ref[0].Equal(ast.DefaultRootDocument):
		c.dataRef(ref, at)
	}
}

func (c *checker) inputRef(ref ast.Ref, at *ast.Location) {
	if len(ref) == 1 {
		c.fault(at, "the input as a whole is not for rules: name the part that the rule needs, such as input.config")
		return
	}
	field, ok := ref[1].Value.(ast.String)
	if !ok {
		c.fault(at, "input[…] with a name that is known only when the rule runs hides what the rule reads; name the part")
		return
	}
	if slices.Contains(hidden, string(field)) {
		c.fault(at, "input.%s is not for rules: what was not asked for would look absent; use data.lambdalint.paths", string(field))
	}
}

func (c *checker) dataRef(ref ast.Ref, at *ast.Location) {
	root := dataRef("lambdalint")
	switch {
	case !ref.HasPrefix(root):
		if len(ref) == 1 || root.HasPrefix(ref.ConstantPrefix()) {
			c.fault(at, "%s is everything at once; name the part", ref)
		}
		return
	case len(ref) < 3:
		c.fault(at, "%s is everything at once; name the part", ref)
		return
	}
	part, _ := ref[2].Value.(ast.String)
	switch part {
	case "params":
		c.paramRef(ref, at)
	case "rules":
		if c.rule == nil || len(ref) < 4 || !ref[3].Equal(ast.StringTerm(c.rule.ID)) {
			c.fault(at, "%s reaches other rules: the verdict of a rule must not depend on which others are there", ref)
		}
	case "paths", "result", "boot", "runtime", "handler", "adapter", "source", "text", "dates", "secret", "lib":
		if name, _ := ref[len(ref)-1].Value.(ast.String); part != "lib" && strings.HasPrefix(string(name), "_") {
			c.fault(at, "%s is private to its package", ref)
		}
	default:
		c.fault(at, "%s: data.lambdalint has paths, result, boot, runtime, handler, adapter, source, text, dates, secret, lib and params", ref)
	}
}

// paramRef refuses parameters that the rule's metadata does not declare.
func (c *checker) paramRef(ref ast.Ref, at *ast.Location) {
	if c.rule == nil {
		c.fault(at, "%s: a library has no parameters of its own; let the rule hand them over as arguments", ref)
		return
	}
	if len(ref) < 5 || !ref[3].Equal(ast.StringTerm(c.rule.ID)) {
		c.fault(at, "%s: a rule reads its parameters as data.lambdalint.params[%q].NAME", ref, c.rule.ID)
		return
	}
	name, ok := ref[4].Value.(ast.String)
	if _, declared := c.rule.Params[string(name)]; !ok || !declared {
		c.fault(at, "%s: custom.params of the rule declares no %s%s", ref, ref[4], DidYouMean(string(name), paramNames(c.rule)))
	}
}
