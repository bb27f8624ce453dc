// Package casetest runs the cases of rules: image recipes that lie in a rule's
// folder and say with "# want" on which line a finding must stand.
//
// It knows how a recipe becomes an image, facts and outcomes, and compares. It
// refuses to know what a rule demands. The project's own tests and users' tests
// of their rules are the same run.
package casetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

// Suite runs the cases of the rules of a set.
type Suite struct {
	set    *policy.Set
	source fs.FS
	lookup recipe.Lookup
	all    *policy.Evaluator
}

// Case is one recipe of a rule.
type Case struct {
	Rule string
	// File is the recipe's path below the folder of the rules.
	File string
}

// Result is what came of a case.
type Result struct {
	Case
	// Status is how the rule ended.
	Status rules.Status
	// Findings are the rule's findings.
	Findings []rules.Finding
	// Failures say what is not as the case wants it, one line each, with the
	// line of the recipe; empty where all is well.
	Failures []string
}

// New makes a suite of the rules of set whose folders lie in source. Base
// recipes that do not lie beside a case are found by lookup.
func New(set *policy.Set, source fs.FS, lookup recipe.Lookup) (*Suite, error) {
	all, err := set.Compile(policy.Config{Preview: true})
	if err != nil {
		return nil, err
	}
	return &Suite{set: set, source: source, lookup: lookup, all: all}, nil
}

// Cases lists the cases, by rule and file.
func (s *Suite) Cases() ([]Case, error) {
	files, err := fs.Glob(s.source, "*/*.txtar")
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, file := range files {
		id := path.Dir(file)
		if _, ok := s.set.Rule(id); ok {
			cases = append(cases, Case{Rule: id, File: file})
		}
	}
	return cases, nil
}

// Run runs one case. The error is non-nil where the case could not be run at
// all: its recipe is wrong, or the image cannot be read.
func (s *Suite) Run(ctx context.Context, c Case) (Result, error) {
	result := Result{Case: c}
	data, err := fs.ReadFile(s.source, c.File)
	if err != nil {
		return result, err
	}
	parsed, err := recipe.Parse(c.File, data)
	if err != nil {
		return result, err
	}
	given, err := readGiven(parsed, c.Rule)
	if err != nil {
		return result, err
	}
	image, err := parsed.Build(s.beside(path.Dir(c.File)))
	if err != nil {
		return result, err
	}
	alone, err := s.set.Compile(given.config)
	if err != nil {
		return result, fmt.Errorf("%s: %w", c.File, err)
	}
	document, outcome, err := judge(ctx, image, alone, given.options, c.Rule)
	if err != nil {
		return result, fmt.Errorf("%s: %w", c.File, err)
	}
	result.Status, result.Findings = outcome.Status, outcome.Findings
	result.Failures = compare(parsed, given, outcome, func(f rules.Finding) int { return lineOf(image, document, f) })
	if err := s.together(ctx, image, given, outcome, &result); err != nil {
		return result, fmt.Errorf("%s: %w", c.File, err)
	}
	return result, nil
}

// beside finds base recipes in the rule's folder first.
func (s *Suite) beside(folder string) recipe.Lookup {
	return func(name string) ([]byte, error) {
		data, err := fs.ReadFile(s.source, path.Join(folder, name+".txtar"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
		return s.lookup(name)
	}
}

func judge(ctx context.Context, image *recipe.Image, evaluator *policy.Evaluator, options inspect.Options, id string) (*inspect.Image, rules.Outcome, error) {
	document, err := inspect.Inspect(ctx, image.Image, evaluator.Request(), options)
	if err != nil {
		return nil, rules.Outcome{}, err
	}
	outcomes, err := evaluator.Evaluate(ctx, document)
	if err != nil {
		return nil, rules.Outcome{}, err
	}
	for _, outcome := range outcomes {
		if outcome.Rule == id {
			return document, outcome, nil
		}
	}
	return nil, rules.Outcome{}, fmt.Errorf("rule %s was not judged by", id)
}

// together judges the image by all rules at once: the verdict of one must not
// depend on what the others ask for.
func (s *Suite) together(ctx context.Context, image *recipe.Image, given given, alone rules.Outcome, result *Result) error {
	all := s.all
	if given.tuned {
		config := given.config
		config.Only, config.Preview = nil, true
		var err error
		if all, err = s.set.Compile(config); err != nil {
			return err
		}
	}
	_, outcome, err := judge(ctx, image, all, given.options, result.Rule)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(alone, outcome) {
		result.Failures = append(result.Failures, fmt.Sprintf("%s: judged together with all rules the outcome is another one: %s instead of %s",
			result.File, summary(outcome), summary(alone)))
	}
	return nil
}

func summary(o rules.Outcome) string {
	text := fmt.Sprintf("%s with %d findings", o.Status, len(o.Findings))
	if o.Reason != "" {
		text += " (" + o.Reason + ")"
	}
	return text
}

// compare holds the outcome against what the recipe wants.
func compare(parsed *recipe.Recipe, given given, outcome rules.Outcome, line func(rules.Finding) int) []string {
	var failures []string
	fail := func(line int, format string, args ...any) {
		failures = append(failures, fmt.Sprintf("%s:%d: %s", parsed.Name, line, fmt.Sprintf(format, args...)))
	}
	wants := slices.Clone(parsed.Wants)
	for _, finding := range outcome.Findings {
		at := line(finding)
		leveled := fmt.Sprintf("%s: %s", finding.Level, finding.Message)
		i := slices.IndexFunc(wants, func(w recipe.Want) bool {
			return w.Line == at && (w.Pattern.MatchString(finding.Message) || w.Pattern.MatchString(leveled))
		})
		if i < 0 {
			fail(at, "unexpected %s on %s %s: %s", finding.Level, finding.Subject.Kind, finding.Subject.Key, finding.Message)
			continue
		}
		wants = slices.Delete(wants, i, i+1)
	}
	for _, want := range wants {
		fail(want.Line, "no finding here that matches %q", want.Pattern)
	}
	given.compareStatus(parsed, outcome, fail)
	return failures
}

// lineOf gives the line of the recipe on which a finding stands.
func lineOf(image *recipe.Image, document *inspect.Image, finding rules.Finding) int {
	key := finding.Subject.Key
	switch finding.Subject.Kind {
	case rules.SubjectFile:
		return image.LineOfFile(key)
	case rules.SubjectWrite:
		file, _, _ := strings.Cut(key, " -> ")
		return image.LineOfFile(file)
	case rules.SubjectConfig:
		return image.LineOfConfig(key)
	case rules.SubjectEnv:
		return image.LineOfEnv(key)
	case rules.SubjectLabel:
		return image.LineOfLabel(key)
	case rules.SubjectLayer:
		for i := range document.Layers {
			if document.LayerKey(i) == key {
				return image.LineOfLayer(i)
			}
		}
	case rules.SubjectHistory:
		for i := range document.History {
			if document.History[i].Key == key {
				return image.LineOfHistory(i)
			}
		}
	case rules.SubjectCommand:
		return lineOfStep(image, document, finding)
	}
	return image.FromLine()
}

// lineOfStep gives the line that wrote the step's file; of a file that is not
// there, the line of the script that wants it, or the instruction that does.
func lineOfStep(image *recipe.Image, document *inspect.Image, finding rules.Finding) int {
	location := finding.Location
	switch {
	case location.Path != "":
		return image.LineOfFile(location.Path)
	case len(document.Boot.Entrypoint) > 0:
		return image.LineOfConfig("Entrypoint")
	default:
		return image.LineOfConfig("Cmd")
	}
}
