package casetest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

// given is how a case is checked: what its lines "given NAME VALUE" say.
type given struct {
	options inspect.Options
	config  policy.Config
	// tuned is true where the rules are configured otherwise than by default.
	tuned bool
	// status is how the rule must end, and reason what its reason must match;
	// "" where the wants alone decide.
	status rules.Status
	reason *regexp.Regexp
	line   int
}

// defaultAsOf is the date of cases that give none, so that they do not age.
const defaultAsOf = "2026-11-24"

func readGiven(parsed *recipe.Recipe, id string) (given, error) {
	g := given{
		options: inspect.Options{AsOf: defaultAsOf, Function: inspect.Function{Profile: "default"}},
		config:  policy.Config{Only: []string{id}},
	}
	for _, line := range parsed.Given {
		if err := g.set(id, line); err != nil {
			return g, &recipe.SyntaxError{Name: parsed.Name, Line: line.Line, Column: 1, Message: fmt.Sprintf("given %s: %v", line.Name, err)}
		}
	}
	return g, nil
}

func (g *given) set(id string, line recipe.Given) error {
	function := &g.options.Function
	switch line.Name {
	case "architecture":
		function.Architecture = line.Value
	case "entrypoint":
		return list(line.Value, &function.Entrypoint)
	case "cmd":
		return list(line.Value, &function.Command)
	case "workdir":
		function.WorkingDirectory = line.Value
	case "function-env":
		name, value, ok := strings.Cut(line.Value, "=")
		if !ok {
			return fmt.Errorf("it is written NAME=VALUE")
		}
		function.Environment = append(function.Environment, inspect.Pair{Name: name, Value: value})
	case "writable":
		function.Writable = append(function.Writable, line.Value)
	case "snap-start":
		function.SnapStart = true
	case "profile":
		function.Profile, g.config.Profile, g.tuned = line.Value, line.Value, true
	case "as-of":
		g.options.AsOf = line.Value
	case "quick":
		g.options.Quick = true
	case "verify":
		g.options.Verify = true
	case "status":
		return g.setStatus(line)
	default:
		return g.setParam(id, line)
	}
	return nil
}

// list reads a JSON array, or one word.
func list(value string, out *[]string) error {
	if !strings.HasPrefix(value, "[") {
		*out = []string{value}
		return nil
	}
	if err := json.Unmarshal([]byte(value), out); err != nil {
		return fmt.Errorf("it is one word, or a JSON array of strings: %w", err)
	}
	return nil
}

func (g *given) setStatus(line recipe.Given) error {
	status, pattern, _ := strings.Cut(line.Value, " ")
	g.status, g.line = rules.Status(status), line.Line
	known := []rules.Status{rules.Pass, rules.Fail, rules.NotApplicable, rules.Undecided, rules.Errored}
	if !slices.Contains(known, g.status) {
		return fmt.Errorf("%q: a rule ends as pass, fail, not_applicable, not_judged or error", status)
	}
	var err error
	g.reason, err = regexp.Compile(strings.TrimSpace(pattern))
	return err
}

func (g *given) setParam(id string, line recipe.Given) error {
	name, ok := strings.CutPrefix(line.Name, "param.")
	if !ok {
		return fmt.Errorf("known are architecture, entrypoint, cmd, workdir, function-env, writable, snap-start, profile, as-of, quick, verify, status and param.NAME")
	}
	var value any
	if err := json.Unmarshal([]byte(line.Value), &value); err != nil {
		return fmt.Errorf("the value is written as JSON: %w", err)
	}
	if g.config.Params == nil {
		g.config.Params = map[string]map[string]any{id: {}}
	}
	g.config.Params[id][name], g.tuned = value, true
	return nil
}

// compareStatus holds how the rule ended against what the case says: by a line
// "given status", else by its wants, and a case without wants must pass.
func (g given) compareStatus(parsed *recipe.Recipe, outcome rules.Outcome, fail func(line int, format string, args ...any)) {
	reason := outcome.Reason
	if outcome.Status == rules.Fail && len(outcome.NotJudged) > 0 {
		reason = outcome.NotJudged[0].Reason
	}
	if g.status != "" {
		if g.status != outcome.Status {
			fail(g.line, "the rule ends as %s (%s), not as %s", outcome.Status, reason, g.status)
		} else if !g.reason.MatchString(reason) {
			fail(g.line, "the reason is %q, which does not match %q", reason, g.reason)
		}
		return
	}
	if outcome.Status == rules.Fail || outcome.Status == rules.Pass {
		return
	}
	line := 1
	if len(parsed.Wants) > 0 {
		line = parsed.Wants[0].Line
	}
	fail(line, "the rule ends as %s: %s (a case that is meant to says: given status %s)", outcome.Status, reason, outcome.Status)
}
