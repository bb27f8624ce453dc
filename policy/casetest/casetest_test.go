package casetest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/policy/casetest"
)

const rule = `# METADATA
# title: The user is known
# description: It says so.
# custom:
#   level: warning
#   category: own
#   params: {user: app}
package lambdalint.rules["known-user"]

import data.lambdalint.paths
import data.lambdalint.result

deny contains result.config("User", sprintf("the user is %s", [input.config.user])) if {
	input.config.user != data.lambdalint.params["known-user"].user
}

deny contains result.file(f, "nobody wants it") if some f in paths.matching("/opt/*.bad")

deny contains result.file("/etc/os-release", "says bad") if contains(paths.content("/etc/os-release"), "bad")

deny contains result.command(step, "others write it") if {
	some step in input.boot.steps
	paths.of_step(step).mode_text == "0777"
}

not_applicable := "an old image" if input.as_of < "2000-01-01"
`

// run runs one case and gives its failures, or the error, as text.
func run(t *testing.T, text string) string {
	t.Helper()
	files := fstest.MapFS{
		"known-user/rule.rego":  {Data: []byte(rule)},
		"known-user/README.md":  {Data: []byte("## Why\n")},
		"known-user/case.txtar": {Data: []byte(text)},
		"known-user/base.txtar": {Data: []byte("FROM scratch\nUSER app\n")},
		"other/stray.txtar":     {Data: []byte("FROM scratch\n")},
	}
	set, err := policy.Load(policy.Source{FS: files, Origin: "own"})
	if err != nil {
		t.Fatal(err)
	}
	suite, err := casetest.New(set, files, func(name string) ([]byte, error) { return nil, fmt.Errorf("no %s here", name) })
	if err != nil {
		t.Fatal(err)
	}
	cases, err := suite.Cases()
	if err != nil || len(cases) != 2 {
		t.Fatalf("%v %v", cases, err)
	}
	result, err := suite.Run(context.Background(), casetest.Case{Rule: "known-user", File: "known-user/case.txtar"})
	if err != nil {
		return "error: " + err.Error()
	}
	return strings.Join(result.Failures, "\n")
}

func TestCases(t *testing.T) {
	tests := map[string]struct{ recipe, want string }{
		"passes":                {"FROM scratch\nUSER app\n", ""},
		"fails as wanted":       {"FROM scratch\nUSER root # want \"the user is root\"\n", ""},
		"base beside it":        {"FROM base\nCOPY x /opt/\n\t0644 /opt/x.bad # want \"nobody\"\n", ""},
		"text behind a link":    {"FROM base\nCOPY x /usr/lib/os-release\n\t0644 /usr/lib/os-release \"bad\"\n\tlink /etc/os-release -> ../usr/lib/os-release # want \"says bad\"\n", ""},
		"link to nowhere":       {"FROM base\nCOPY x /x\n\tlink /etc/os-release -> ../usr/lib/os-release\ngiven status not_judged leads nowhere\n", ""},
		"file of a step":        {"FROM base\nCOPY x /x\n\t0777 /x elf # want \"others write it\"\nENTRYPOINT [\"/x\"]\n", ""},
		"parameter":             {"FROM scratch\nUSER root\ngiven param.user \"root\"\n", ""},
		"status":                {"FROM scratch\nUSER root\ngiven as-of 1999-01-01\ngiven status not_applicable old\n", ""},
		"unexpected":            {"FROM scratch\nUSER root\n", "known-user/case.txtar:2: unexpected warning on config User: the user is root"},
		"on another line":       {"FROM scratch # want \"the user is root\"\nUSER root\n", "known-user/case.txtar:2: unexpected warning on config User: the user is root\nknown-user/case.txtar:1: no finding here that matches \"the user is root\""},
		"not found":             {"FROM scratch\nUSER app # want \"x\"\n", "known-user/case.txtar:2: no finding here that matches \"x\""},
		"another message":       {"FROM scratch\nUSER root # want \"nobody\"\n", "known-user/case.txtar:2: unexpected"},
		"wanted twice":          {"FROM scratch\nUSER root # want \"root\" \"root\"\n", "known-user/case.txtar:2: no finding here"},
		"not applicable":        {"FROM scratch\nUSER app\ngiven as-of 1999-01-01\n", "known-user/case.txtar:1: the rule ends as not_applicable: an old image"},
		"another status":        {"FROM scratch\nUSER app\ngiven status not_judged x\n", "known-user/case.txtar:3: the rule ends as pass (), not as not_judged"},
		"another reason":        {"FROM scratch\nUSER app\ngiven as-of 1999-01-01\ngiven status not_applicable new\n", "known-user/case.txtar:4: the reason is \"an old image\""},
		"unknown setting":       {"FROM scratch\ngiven colour red\n", "error: known-user/case.txtar:2:1: given colour: known are architecture"},
		"unknown status":        {"FROM scratch\ngiven status good\n", "error: known-user/case.txtar:2:1: given status: \"good\""},
		"unknown parameter":     {"FROM scratch\ngiven param.usr \"x\"\n", "did you mean \"user\"?"},
		"parameter is no JSON":  {"FROM scratch\ngiven param.user x\n", "written as JSON"},
		"no such base":          {"FROM elsewhere\n", "no elsewhere here"},
		"syntax of the recipe":  {"FROM scratch\nCOPI x\n", "error: known-user/case.txtar:2:1: unknown instruction"},
		"function's variable":   {"FROM scratch\nUSER app\ngiven function-env X\n", "NAME=VALUE"},
		"function's command":    {"FROM scratch\nUSER app\ngiven cmd [\"x\n", "JSON array of strings"},
		"everything is settled": {"FROM scratch\nUSER app\ngiven cmd [\"x\"]\ngiven entrypoint /x\ngiven workdir /\ngiven architecture arm64\ngiven function-env A=b\ngiven writable /mnt/x\ngiven snap-start yes\ngiven profile default\ngiven verify yes\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := run(t, test.recipe)
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
