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
	c := &checker{rule: r}
	c.request.Rule = r.ID
	c.addGlobs(r.Files...)
	c.addGlobs(r.Contents...)
	c.request.Contents = slices.Clone(r.Contents)
	compiled := s.compiler.Modules[r.module.name]
	ast.NewGenericVisitor(c.visit).Walk(compiled)
	r.request = c.request
	return c.faults
}

type checker struct {
	rule    *rule
	request inspect.RuleRequest
	faults  []error
}

func (c *checker) fault(at *ast.Location, format string, args ...any) {
	where := c.rule.module.name
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
	case *ast.Expr:
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
		c.rule.under = append(c.rule.under, argument)
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
		c.fault(at, "input.%s is not for rules: what was not asked for would look absent; use data.lambdalint.paths", field)
	}
}

func (c *checker) dataRef(ref ast.Ref, at *ast.Location) {
	own := ast.MustParseRef("data.lambdalint.rules").Append(ast.StringTerm(c.rule.ID))
	params := ast.MustParseRef("data.lambdalint.params")
	switch {
	case ref.HasPrefix(params):
		c.paramRef(ref, at)
	case ref.HasPrefix(own):
	case ref.HasPrefix(own[:3]) || len(ref) < 3 && own.HasPrefix(ref.ConstantPrefix()):
		c.fault(at, "%s reaches other rules: the verdict of a rule must not depend on which others are there", ref)
	case len(ref) >= 3 && ref[1].Equal(own[1]):
		name, _ := ref[2].Value.(ast.String)
		if !slices.Contains([]string{"paths", "result", "boot", "source", "text", "lib"}, string(name)) {
			c.fault(at, "%s: data.lambdalint has paths, result, boot, source, text, lib and params", ref)
		} else if len(ref) > 3 && strings.HasPrefix(strings.Trim(ref[3].String(), `"`), "_") {
			c.fault(at, "%s is private to its package", ref)
		}
	}
}

// paramRef refuses parameters that the rule's metadata does not declare.
func (c *checker) paramRef(ref ast.Ref, at *ast.Location) {
	if len(ref) < 5 || !ref[3].Equal(ast.StringTerm(c.rule.ID)) {
		c.fault(at, "%s: a rule reads its parameters as data.lambdalint.params[%q].NAME", ref, c.rule.ID)
		return
	}
	name, ok := ref[4].Value.(ast.String)
	if _, declared := c.rule.Params[string(name)]; !ok || !declared {
		c.fault(at, "%s: custom.params of the rule declares no %s%s", ref, ref[4], didYouMean(string(name), paramNames(c.rule)))
	}
}
