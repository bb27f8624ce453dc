package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
)

// lack tells which grounds a document lacks, and why.
type lack map[need]string

// lacking tells what cannot be judged by in a document.
func lacking(image *inspect.Image) lack {
	l := make(lack)
	if !image.Config.Known {
		l[needConfig] = first(image.Manifest.Undecided, "there is no image configuration")
	}
	if !image.Source.VouchesManifest {
		l[needManifest] = first(image.Source.Reason, "the source has no manifest to vouch for")
	}
	if !image.Source.VouchesLayers {
		l[needLayerInfo] = first(image.Source.Reason, "the source does not know the layers' media types and digests")
	}
	if !image.Complete {
		l[needLayers] = "no layer was read"
	}
	if !image.Boot.Known {
		l[needBoot] = first(l[needConfig], l[needLayers], "the boot chain was not followed")
	}
	if !image.Runtime.Known {
		l[needRuntime] = first(l[needConfig], l[needLayers], "what speaks the Runtime API was not looked for")
	}
	for i := range image.Layers {
		if reason := image.Layers[i].Missing; reason != "" {
			l[needLayers] = fmt.Sprintf("layer %d could not be read: %s", i, reason)
			break
		}
	}
	return l
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func (l lack) all() need {
	var all need
	for one := range l {
		all |= one
	}
	return all
}

// reason says why something that rests on these grounds is not judged.
func (l lack) reason(needs need) string {
	var reasons []string
	for _, one := range []need{needConfig, needManifest, needLayerInfo, needLayers, needBoot, needRuntime} {
		reason, missing := l[one]
		if missing && needs&one != 0 && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, "; ")
}

// programs holds what is evaluated, once for each combination of grounds that a
// document lacks. A clause that rests on what is missing is left out: it could
// neither find a breach nor its absence.
type programs struct {
	set      *Set
	settings []setting
	mu       sync.Mutex
	made     map[need]*program
}

// program is what is evaluated on documents that lack the same.
type program struct {
	compiler *ast.Compiler
	queries  map[string]ast.Body
	left     map[string]leftOut
}

// leftOut tells what of a rule is left out of a program.
type leftOut struct {
	// needs are the missing grounds that its clauses rest on.
	needs need
	// whole is true where nothing of the rule can be judged by.
	whole bool
	// clauses are the places of the clauses that are left out.
	clauses map[place]bool
}

// place is a line and a column of a rule's file.
type place struct{ row, col int }

func placeOf(clause *ast.Rule) place { return place{clause.Location.Row, clause.Location.Col} }

func (p *programs) without(missing need) (*program, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if made, ok := p.made[missing]; ok {
		return made, nil
	}
	made, err := p.make(missing)
	if err != nil {
		return nil, err
	}
	if p.made == nil {
		p.made = make(map[need]*program)
	}
	p.made[missing] = made
	return made, nil
}

func (p *programs) make(missing need) (*program, error) {
	made := &program{compiler: p.set.compiler, queries: make(map[string]ast.Body), left: make(map[string]leftOut)}
	partly := false
	if missing != 0 {
		reader := newReader(p.set.compiler)
		for _, one := range p.settings {
			left := leaveOut(reader, p.set.compiler.Modules[one.module.name], missing)
			made.left[one.ID] = left
			partly = partly || left.needs != 0 && !left.whole
		}
	}
	if partly {
		var err error
		if made.compiler, err = p.recompile(made.left); err != nil {
			return nil, err
		}
	}
	for _, one := range p.settings {
		if made.left[one.ID].whole {
			continue
		}
		for name := range one.defines {
			if err := made.prepare(one.ID, name); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

// leaveOut tells which clauses of a rule rest on what is missing.
func leaveOut(reader *reader, compiled *ast.Module, missing need) leftOut {
	left := leftOut{clauses: make(map[place]bool)}
	kept := 0
	for _, clause := range compiled.Rules {
		name := clause.Head.Ref()[0].Value.String()
		if name != "deny" && name != "not_judged" && name != "not_applicable" {
			continue
		}
		needs := reader.needs(clause) & missing
		if needs == 0 {
			if name != "not_judged" {
				kept++
			}
			continue
		}
		left.needs |= needs
		left.clauses[placeOf(clause)] = true
		if name == "not_applicable" {
			left.whole = true // whether the question arises is itself not known
		}
	}
	left.whole = left.whole || left.needs != 0 && kept == 0
	return left
}

// recompile compiles the rules of which a part is left out anew.
func (p *programs) recompile(left map[string]leftOut) (*ast.Compiler, error) {
	compiler, err := newCompiler()
	if err != nil {
		return nil, err
	}
	modules, sources := p.set.modules()
	for _, one := range p.settings {
		if len(left[one.ID].clauses) == 0 {
			continue
		}
		cut := one.module.parsed.Copy()
		var kept []*ast.Rule
		for _, clause := range cut.Rules {
			if !left[one.ID].clauses[placeOf(clause)] {
				kept = append(kept, clause)
			}
		}
		cut.Rules = kept
		modules[one.module.name] = cut
	}
	if compiler.Compile(modules); compiler.Failed() {
		return nil, explain(compiler.Errors, sources)
	}
	return compiler, nil
}

func (p *program) prepare(id, name string) error {
	ref := dataRef("lambdalint", "rules", id, name)
	body := ast.NewBody(ast.Equality.Expr(ast.VarTerm("result"), ast.NewTerm(ref)))
	compiled, err := p.compiler.QueryCompiler().Compile(body)
	if err != nil {
		return fmt.Errorf("preparing rule %s: %w", id, err)
	}
	p.queries[id+"/"+name] = compiled
	return nil
}
