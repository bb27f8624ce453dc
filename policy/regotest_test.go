package policy_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lambdalint/lambdalint/policy"
)

func TestRegoTestsRun(t *testing.T) {
	source := one("own-rule", "params: {limit: 3}", resultOnly+"deny contains result.image(\"x\") if input.size.files > data.lambdalint.params[\"own-rule\"].limit\n")
	files := source.FS.(fstest.MapFS)
	files["own-rule/rule_test.rego"] = &fstest.MapFile{Data: []byte(`package lambdalint.rules["own-rule"]

test_many if count(deny) == 1 with input as {"size": {"files": 4}}

test_few if count(deny) == 0 with input as {"size": {"files": 3}}

test_wrong if count(deny) == 7 with input as {"size": {"files": 3}}

test_error if to_number("x") == 1

todo_test_later if false
`)}
	set := load(t, source)
	results, err := set.Test(context.Background(), source)
	if err != nil {
		t.Fatal(err)
	}
	failures, places := make(map[string]string), make(map[string]string)
	for _, result := range results {
		name := result.Name[strings.LastIndex(result.Name, ".")+1:]
		failures[name] = result.Failure
		places[name] = result.Place
		if result.Skipped {
			failures[name] = "skipped"
		}
	}
	if len(results) != 5 || failures["test_many"] != "" || failures["test_few"] != "" || failures["todo_test_later"] != "skipped" {
		t.Errorf("%v", failures)
	}
	if failures["test_wrong"] == "" || places["test_wrong"] != "own/own-rule/rule_test.rego:7" || !strings.Contains(failures["test_error"], "to_number") {
		t.Errorf("%v %v", failures, places)
	}
}

func TestRegoTestsStayInTheirPackage(t *testing.T) {
	source := one("own-rule", "", "deny contains 1 if false\n")
	source.FS.(fstest.MapFS)["own-rule/rule_test.rego"] = &fstest.MapFile{Data: []byte("package elsewhere\n\ntest_x if true\n")}
	if _, err := load(t, source).Test(context.Background(), source); err == nil || !strings.Contains(err.Error(), "package of their rule") {
		t.Errorf("got %v", err)
	}
	if results, err := load(t, builtin()).Test(context.Background(), policy.Source{FS: fstest.MapFS{}, Origin: "own"}); err != nil || results != nil {
		t.Errorf("%v %v", results, err)
	}
}
