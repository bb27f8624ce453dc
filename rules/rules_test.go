package rules_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/policy/casetest"
	"github.com/lambdalint/lambdalint/rules"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

func builtin(t *testing.T) *policy.Set {
	t.Helper()
	set, err := policy.Load(policy.Source{FS: rules.Builtin(), Origin: policy.BuiltIn})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestCases runs every case of every rule: go test ./rules -run TestCases/RULE
func TestCases(t *testing.T) {
	set := builtin(t)
	suite, err := casetest.New(set, os.DirFS("."), images.Lookup)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := suite.Cases()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(map[string][]rules.Status)
	for _, c := range cases {
		t.Run(strings.TrimSuffix(c.File, ".txtar"), func(t *testing.T) {
			result, err := suite.Run(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, failure := range result.Failures {
				t.Error(failure)
			}
			ended[c.Rule] = append(ended[c.Rule], result.Status)
		})
	}
	if flag.Lookup("test.run").Value.String() != "" {
		return // whether each rule has its cases is asked without a filter
	}
	for _, rule := range set.Rules() {
		for _, status := range []rules.Status{rules.Pass, rules.Fail} {
			if !slices.Contains(ended[rule.ID], status) {
				t.Errorf("rule %s has no case that ends as %s", rule.ID, status)
			}
		}
	}
}

// TestRego runs the rules' tests that are written in Rego.
func TestRego(t *testing.T) {
	results, err := builtin(t).Test(context.Background(), policy.Source{FS: os.DirFS("."), Origin: policy.BuiltIn})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range results {
		t.Run(result.Name, func(t *testing.T) {
			if result.Failure != "" {
				t.Errorf("%s: %s\n%s", result.Place, result.Failure, result.Output)
			}
		})
	}
}

// TestListInREADME holds the list of rules at the end of README.md to the rules.
func TestListInREADME(t *testing.T) {
	const mark = "<!-- The list below is written by: go test ./rules -run README -update -->\n"
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, list, ok := strings.Cut(string(data), mark)
	if !ok {
		t.Fatal("README.md has no mark for the list")
	}
	want := catalogue(builtin(t).Rules())
	switch {
	case list == want:
	case *update:
		if err := os.WriteFile("README.md", []byte(head+mark+want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the list of rules in README.md is not up to date; run: go test ./rules -run README -update")
	}
}

func catalogue(list []rules.Rule) string {
	var out strings.Builder
	for _, category := range categories {
		header := fmt.Sprintf("\n## %s\n\n| rule | level | what must hold |\n| --- | --- | --- |\n", category)
		for _, rule := range list {
			if rule.Category != category {
				continue
			}
			level := string(rule.Level)
			if rule.MaxLevel != rule.Level {
				level += ", up to " + string(rule.MaxLevel)
			}
			fmt.Fprintf(&out, "%s| [%s](%s/README.md) | %s | %s |\n", header, rule.ID, rule.ID, level, strings.ReplaceAll(rule.Title, "|", `\|`))
			header = ""
		}
	}
	return out.String()
}

var update = flag.Bool("update", false, "write the list in README.md anew")

// categories are the sections of the catalogue.
var categories = []string{
	"manifest", "layers", "size", "platform", "command", "runtime", "permissions and extensions", "binaries",
	"read-only file system", "environment", "settings", "lifecycle",
}

// TestCatalogue asks of every built-in rule what a reader may expect.
func TestCatalogue(t *testing.T) {
	for _, rule := range builtin(t).Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			if len(rule.Title) > 80 || strings.HasSuffix(rule.Title, ".") {
				t.Errorf("the title is one line of at most 80 letters without a full stop: %q", rule.Title)
			}
			if !slices.Contains(categories, rule.Category) {
				t.Errorf("category %q is no section of the catalogue", rule.Category)
			}
			if len(rule.References) == 0 {
				t.Error("no related_resources")
			}
			for _, heading := range []string{"## Why", "## Bad", "## Good", "## Exceptions"} {
				if !strings.Contains("\n"+rule.Help, "\n"+heading+"\n") {
					t.Errorf("README.md has no section %q", heading)
				}
			}
			for name := range rule.Params {
				if !strings.Contains(rule.Help, "`"+name+"`") {
					t.Errorf("README.md does not name the parameter `%s`", name)
				}
			}
		})
	}
}
