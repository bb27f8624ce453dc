package policy_test

import (
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

const levelled = resultOnly + `
deny contains result.image("at its own level") if true

deny contains result.at_level(result.config("User", "milder"), "note") if true

deny contains result.at_level(result.config("Cmd", "worse"), "error") if true
`

// levels judges by a rule of level warning and gives the levels of its three
// findings: milder by at_level, its own, worse by at_level.
func levels(t *testing.T, metadata string, config policy.Config) string {
	t.Helper()
	source := one("own-rule", metadata, levelled)
	outcome := judge(t, load(t, warning(source)), config, image())["own-rule"]
	found := map[string]string{}
	for _, f := range outcome.Findings {
		found[f.Message] = string(f.Level)
	}
	return strings.Join([]string{string(outcome.Level), found["milder"], found["at its own level"], found["worse"]}, " ")
}

func warning(source policy.Source) policy.Source {
	return edit(source, "level: error\n#   category", "level: warning\n#   category")
}

func TestLevels(t *testing.T) {
	set := func(level rules.Level) policy.Config {
		return policy.Config{Levels: map[string]rules.Level{"own-rule": level}}
	}
	tests := map[string]struct {
		metadata string
		config   policy.Config
		want     string
	}{
		"default":                     {"", policy.Config{}, "warning note warning warning"},
		"up to the maximum":           {"max_level: error", policy.Config{}, "warning note warning error"},
		"capped":                      {"max_level: error", set(rules.Note), "note note note note"},
		"the same":                    {"max_level: error", set(rules.Warning), "warning note warning error"},
		"raised":                      {"", set(rules.Error), "error note error error"},
		"a profile raises":            {"profiles: {managed-instances: error}", policy.Config{Profile: "managed-instances"}, "error note error error"},
		"another profile does not":    {"profiles: {managed-instances: error}", policy.Config{Profile: "default"}, "warning note warning warning"},
		"settings cap a profile":      {"profiles: {managed-instances: error}", policy.Config{Profile: "managed-instances", Levels: map[string]rules.Level{"own-rule": rules.Warning}}, "warning note warning warning"},
		"a profile does not lower it": {"profiles: {managed-instances: note}", policy.Config{Profile: "managed-instances"}, "warning note warning warning"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := levels(t, test.metadata, test.config); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestWhichRulesAreOn(t *testing.T) {
	always := one("always", "", "deny contains 1 if false\n")
	preview := one("preview", "preview: true", "deny contains 1 if false\n")
	set := load(t, always, preview)
	tests := map[string]struct {
		config policy.Config
		want   string
	}{
		"default":           {policy.Config{}, "always"},
		"previews":          {policy.Config{Preview: true}, "always preview"},
		"a preview by name": {policy.Config{Only: []string{"preview"}}, "preview"},
		"a preview's level": {policy.Config{Levels: map[string]rules.Level{"preview": rules.Note}}, "always preview"},
		"skipped":           {policy.Config{Skip: []string{"always"}}, ""},
		"off":               {policy.Config{Levels: map[string]rules.Level{"always": rules.Off}}, ""},
		"only, and off":     {policy.Config{Only: []string{"always"}, Levels: map[string]rules.Level{"always": rules.Off}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			evaluator, err := set.Compile(test.config)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, rule := range evaluator.Rules() {
				ids = append(ids, rule.ID)
			}
			if got := strings.Join(ids, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestParams(t *testing.T) {
	source := one("own-rule", "params: {limit: 3, names: [a], strict: true}", resultOnly+`
deny contains result.image(sprintf("%v", [data.lambdalint.params["own-rule"].limit])) if true
`)
	set := load(t, source)
	params := func(name string, value any) policy.Config {
		return policy.Config{Params: map[string]map[string]any{"own-rule": {name: value}}}
	}
	if outcome := judge(t, set, policy.Config{}, image())["own-rule"]; outcome.Findings[0].Message != "3" {
		t.Errorf("default: %+v", outcome)
	}
	if outcome := judge(t, set, params("limit", 4), image())["own-rule"]; outcome.Findings[0].Message != "4" {
		t.Errorf("set: %+v", outcome)
	}
	for _, good := range []policy.Config{params("names", []any{"b", "c"}), params("names", []any{}), params("limit", 1.5), params("strict", false)} {
		if _, err := set.Compile(good); err != nil {
			t.Error(err)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	set := load(t, builtin(), one("own-rule", "params: {limit: 3, names: [a], none: []}", "deny contains 1 if false\n"))
	param := func(name string, value any) policy.Config {
		return policy.Config{Params: map[string]map[string]any{"own-rule": {name: value}}}
	}
	tests := map[string]struct {
		config policy.Config
		want   string
	}{
		"only":            {policy.Config{Only: []string{"image-sise"}}, `there is no rule "image-sise", did you mean "image-size"?`},
		"skip":            {policy.Config{Skip: []string{"nothing-like-it"}}, `there is no rule "nothing-like-it"`},
		"level's rule":    {policy.Config{Levels: map[string]rules.Level{"x": rules.Note}}, `there is no rule "x"`},
		"level":           {policy.Config{Levels: map[string]rules.Level{"own-rule": "fatal"}}, `rule own-rule: level "fatal": error, warning, note and off are known`},
		"parameter":       {param("limmit", 3), `rule own-rule has no parameter "limmit", did you mean "limit"?; it has limit, names, none`},
		"no parameters":   {policy.Config{Params: map[string]map[string]any{"command-set": {"x": 1}}}, `it has none`},
		"params' rule":    {policy.Config{Params: map[string]map[string]any{"x": {"x": 1}}}, `there is no rule "x"`},
		"type":            {param("limit", "3"), `parameter limit is "3", a string; it must be a number like its default 3`},
		"type of a list":  {param("names", "a"), `parameter names is "a", a string; it must be a list of string`},
		"type in a list":  {param("names", []any{1}), `a list of number`},
		"mixed list":      {param("names", []any{"a", 1}), `a list of mixed values`},
		"null":            {param("limit", nil), `a null`},
		"profile":         {policy.Config{Profile: "managed-instance"}, `there is no profile "managed-instance", did you mean "managed-instances"?`},
		"profile unknown": {policy.Config{Profile: "x"}, `known are default, managed-instances`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := set.Compile(test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
