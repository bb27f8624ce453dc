package rules_test

import (
	"context"
	"flag"
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
			if len(ended[rule.ID]) > 0 && !slices.Contains(ended[rule.ID], status) {
				t.Errorf("rule %s has no case that ends as %s", rule.ID, status)
			}
		}
	}
}

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
