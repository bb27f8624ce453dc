package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
	images "github.com/lambdalint/lambdalint/testdata/images"
	"github.com/lambdalint/lambdalint/testdata/images/conformance"
)

var update = flag.Bool("update", false, "write anew what is generated")

const conformanceDir = "../../testdata/images/conformance"

// TestConformance holds what lambdalint says of an image against what became of
// it: an image that works has no error, one that fails has exactly one, of the
// rule that names the cause.
func TestConformance(t *testing.T) {
	set, err := conformance.Read(conformanceDir)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString(conformanceHead)
	findingsOf := judge(t)
	pending, works := 0, 0
	for _, image := range set.Images {
		path := filepath.Join(conformanceDir, image.Name+".txtar")
		found := findingsOf("recipe:" + path)
		wrong := disagreement(image, found)
		t.Run(image.Name, func(t *testing.T) {
			switch {
			case image.Pending == "" && wrong != "":
				t.Error(wrong)
			case image.Pending != "" && wrong == "":
				t.Errorf("it is judged right now: take %q out of pending", image.Pending)
			}
		})
		table.WriteString(conformanceRow(image, title(t, path), relevant(image, found), wrong))
		if wrong != "" {
			pending++
		}
		if image.Works() {
			works++
		}
	}
	fmt.Fprintf(&table, "\n%d images: %d that work and %d that fail; %d are not judged right yet.\n", len(set.Images), works, len(set.Images)-works, pending)
	readme := filepath.Join(conformanceDir, "README.md")
	if *update {
		if err := os.WriteFile(readme, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(readme); err != nil || string(is) != table.String() {
		t.Errorf("%s is not what the set gives: go test ./cmd/lambdalint -run TestConformance -update (%v)", readme, err)
	}
}

// TestEveryConformanceRecipeIsObserved finds recipes that no verdict names, and
// that are no base of one that is named.
func TestEveryConformanceRecipeIsObserved(t *testing.T) {
	set, err := conformance.Read(conformanceDir)
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for i, image := range set.Images {
		if i > 0 && image.Name <= set.Images[i-1].Name {
			t.Errorf("%s does not follow %s: the images are sorted, and each is there once", image.Name, set.Images[i-1].Name)
		}
		for name := image.Name; name != "" && !known[name]; {
			known[name] = true
			data, err := os.ReadFile(filepath.Join(conformanceDir, name+".txtar"))
			if err != nil {
				break // a base that comes with the program
			}
			_, from, _ := strings.Cut(string(data), "\nFROM ")
			name, _, _ = strings.Cut(from, "\n")
		}
		if image.Works() != (image.Rule == "") {
			t.Errorf("%s: an image that fails names the rule that must say so, and no other does", image.Name)
		}
	}
	recipes, err := filepath.Glob(filepath.Join(conformanceDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range recipes {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		if !known[name] {
			t.Errorf("%s was not observed", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := recipe.Parse(path, data); err != nil {
			t.Error(err)
		}
		if _, err := images.Lookup(name); err == nil {
			t.Errorf("%s has the name of a base image", path)
		}
	}
}

// disagreement says in what the findings on an image are not what became of it,
// "" where they agree.
func disagreement(image conformance.Image, findings []conformanceError) string {
	found := relevant(image, findings)
	var texts []string
	for _, e := range found {
		texts = append(texts, e.rule+": "+e.message)
	}
	all := strings.Join(texts, "; ")
	switch {
	case image.Works() && len(found) > 0:
		return "the image works, and lambdalint says " + all
	case image.Works():
		return ""
	case len(found) == 0:
		return fmt.Sprintf("the image fails (%s), and lambdalint has no error", image.Error)
	case len(found) > 1:
		return "one cause gives one error, not several: " + all
	case found[0].rule != image.Rule:
		return fmt.Sprintf("%s must say why it fails, not %s", image.Rule, all)
	}
	return ""
}

// relevant are the errors, and the warnings of a rule that is meant to warn of
// the image.
func relevant(image conformance.Image, findings []conformanceError) []conformanceError {
	return slices.DeleteFunc(slices.Clone(findings), func(e conformanceError) bool {
		return e.warning && (image.Warning == "" || e.rule != image.Rule)
	})
}

// conformanceError is an error, or a warning, of a rule.
type conformanceError struct {
	rule, message string
	warning       bool
}

// judge gives a function that checks an image as a user does, by all rules that
// are on by default, and gives the errors.
func judge(t *testing.T) func(reference string) []conformanceError {
	t.Helper()
	set, err := loadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := set.Compile(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	options := checkOptions{imageOptions: imageOptions{profile: "default", asOf: "2026-11-24", quiet: true}}
	cmd := newCheck()
	cmd.SetContext(context.Background())
	return func(reference string) []conformanceError {
		image := options.judgeOne(cmd.Context(), cmd, imageSetting{name: reference}, evaluator)
		if image.Error != "" {
			t.Errorf("%s", image.Error)
		}
		var found []conformanceError
		for _, outcome := range image.Outcomes {
			if outcome.Status == rules.Errored {
				t.Errorf("%s: %s: %s", reference, outcome.Rule, outcome.Reason)
			}
			for _, f := range outcome.Findings {
				if f.Level != rules.Note {
					found = append(found, conformanceError{outcome.Rule, f.Message, f.Level == rules.Warning})
				}
			}
		}
		return found
	}
}

// title is the first comment of a recipe.
func title(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.Lines(string(data)) {
		text, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		words = append(words, strings.TrimSpace(text))
	}
	return strings.Join(words, " ")
}

func conformanceRow(image conformance.Image, what string, found []conformanceError, wrong string) string {
	cell := func(s string) string {
		return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`, "_", `\_`, "$", `\$`).Replace(s)
	}
	observed := image.Observed
	if image.Error != "" {
		observed += ": " + cell(image.Error)
	}
	if image.Differs != nil {
		observed += fmt.Sprintf(". Lambda: %s, for %s ([source](%s))", image.Differs.Lambda, cell(image.Differs.Why), image.Differs.Source)
	}
	var rule, says []string
	for _, e := range found {
		rule = append(rule, "`"+e.rule+"`")
		says = append(says, cell(e.message))
	}
	if len(found) == 0 {
		says = []string{"no error"}
	}
	if image.Warning != "" {
		says = append(says, "a warning: "+cell(image.Warning))
	}
	if wrong != "" {
		says = append(says, "**not right yet**: "+cell(image.Pending))
	}
	return fmt.Sprintf("| [%s](%s.txtar) | %s | %s | %s | %s |\n", image.Name, image.Name, cell(what), observed, strings.Join(says, "; "), strings.Join(rule, ", "))
}

const conformanceHead = `# The conformance set

Images that work on Lambda and images that do not, each broken in one way, and
what AWS's own emulator did with them. A test of the command line holds
lambdalint to it: an image that works has no error, one that fails has exactly
one, of the rule that names the cause.

The images are recipes. Their ELF files are headers only, so what was observed is
the same recipe with real programs in it: the section ` + "`programs`" + ` of a recipe
says which program stands for which file.

This table is written by the test: ` + "`go test ./cmd/lambdalint -run TestConformance -update`" + `.

| image | what it is | observed | lambdalint | rule |
| --- | --- | --- | --- | --- |
`
