package policy_test

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

// own judges an image by one rule.
func own(t *testing.T, image *inspect.Image, metadata, body string) rules.Outcome {
	t.Helper()
	set := load(t, one("own-rule", metadata, body))
	// Only a rule that never ends may meet its deadline, however busy the machine is.
	deadline := time.Minute
	if strings.Contains(body, "numbers.range(1, 100000)") {
		deadline = 2 * time.Second
	}
	return judge(t, set, policy.Config{Deadline: deadline}, image)["own-rule"]
}

func TestOutcomes(t *testing.T) {
	tests := map[string]struct {
		body   string
		status rules.Status
		reason string
	}{
		"pass":                {resultOnly + `deny contains result.image("x") if input.config.user == "x"`, rules.Pass, ""},
		"fail":                {resultOnly + `deny contains result.image("x") if input.config.user == ""`, rules.Fail, ""},
		"not applicable":      {resultOnly + "deny contains result.image(\"x\") if true\nnot_applicable := \"no need\" if input.config.user == \"\"\n", rules.NotApplicable, "no need"},
		"applicable":          {resultOnly + "deny contains result.image(\"x\") if true\nnot_applicable := \"no need\" if input.config.user == \"x\"\n", rules.Fail, ""},
		"not judged":          {resultOnly + "deny contains result.image(\"x\") if false\nnot_judged contains result.file(\"/x\", \"too large\") if true\n", rules.Undecided, "too large"},
		"failed and open":     {resultOnly + "deny contains result.image(\"x\") if true\nnot_judged contains result.file(\"/x\", \"too large\") if true\n", rules.Fail, ""},
		"built-in error":      {resultOnly + `deny contains result.image("x") if to_number(input.source.kind) == 3`, rules.Errored, "own/own-rule/rule.rego:11: to_number"},
		"error under not":     {resultOnly + `deny contains result.image("x") if not to_number(input.source.kind)`, rules.Errored, "rule.rego:11: to_number"},
		"conflict":            {resultOnly + "deny contains result.image(\"x\") if value == 1\nvalue := 1 if input.complete\nvalue := 2 if input.complete\n", rules.Errored, "rule.rego:1"},
		"endless":             {resultOnly + "deny contains result.image(\"x\") if count({[a, b, c] | some a in ns; some b in ns; some c in ns; a + b + c == 0}) > 0\nns := numbers.range(1, 100000)\n", rules.Errored, "the rule took longer than 2s"},
		"too many results":    {resultOnly + "deny contains result.file(sprintf(\"/%d\", [n]), \"x\") if some n in numbers.range(1, 10001)\n", rules.Errored, "deny has 10001 results, at most 10000"},
		"no helper":           {`deny contains "x" if true`, rules.Errored, "was not made by a helper"},
		"unknown key":         {`deny contains {"kind": "image", "key": "image", "message": "x", "severity": "high"} if true`, rules.Errored, `"severity"`},
		"unknown kind":        {`deny contains {"kind": "picture", "key": "image", "message": "x"} if true`, rules.Errored, `"picture"`},
		"no message":          {resultOnly + `deny contains result.image("") if true`, rules.Errored, "no message"},
		"no subject":          {resultOnly + `deny contains result.env("", "x") if true`, rules.Errored, "names no subject"},
		"reason is no text":   {resultOnly + "deny contains result.image(\"x\") if true\nnot_applicable := 3 if input.complete\n", rules.Errored, "not_applicable is 3"},
		"reason is empty":     {resultOnly + "deny contains result.image(\"x\") if true\nnot_applicable := \"\" if input.complete\n", rules.Errored, "must be a text"},
		"not_judged conflict": {resultOnly + "deny contains result.image(\"x\") if false\nnot_judged contains result.image(m) if m := to_number(input.source.kind)\n", rules.Errored, "to_number"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			outcome := own(t, image(), "", test.body)
			if outcome.Status != test.status || !strings.Contains(outcome.Reason, test.reason) {
				t.Errorf("%s: %s", outcome.Status, outcome.Reason)
			}
			if outcome.Status == rules.Errored && len(outcome.Findings) > 0 {
				t.Error("an error comes with findings")
			}
		})
	}
}

// withFiles is an image with a few files, two of which have contents.
func withFiles() *inspect.Image {
	doc := image()
	text := "ID=debian\n"
	doc.Files = []inspect.File{
		{Path: "/etc/big", Type: "file", ContentOmitted: "it has 70000 bytes"},
		{Path: "/etc/os-release", Type: "file", Content: &text},
		{Path: "/opt/a", Type: "directory"},
		{Path: "/opt/a/b", Type: "file", Size: 5},
		{Path: "/usr/bin/sh", Type: "file", Layer: 0},
	}
	doc.Removed = []inspect.RemovedFile{{Path: "/root/key", Layer: 0}}
	doc.Index.ByPath = map[string]int{}
	for i, f := range doc.Files {
		doc.Index.ByPath[f.Path] = i
	}
	doc.Layers = []inspect.Layer{{Position: 0, Digest: "sha256:1", History: 0}}
	doc.History = []inspect.History{{Instruction: "COPY x /", Keyword: "COPY", Key: "COPY x /", Layer: 0}}
	doc.Selection.Aliases = map[string]string{"/bin": "/usr/bin", "/bin/sh": "/usr/bin/sh"}
	doc.Selection.Usages = []inspect.Usage{{Directory: "/opt", Bytes: 5, Files: 1}}
	return doc
}

func TestAccessors(t *testing.T) {
	tests := map[string]struct {
		metadata, condition string
		status              rules.Status
		reason              string
	}{
		"at":                      {"", `paths.at("/etc/os-release").type == "file"`, rules.Fail, ""},
		"at, absent":              {"", `paths.at("/etc/none").type == "file"`, rules.Pass, ""},
		"at, not there":           {"", `not paths.at("/etc/none")`, rules.Fail, ""},
		"at through a link":       {"", `paths.at("/bin/sh").path == "/usr/bin/sh"`, rules.Fail, ""},
		"at, not asked":           {"files: [/opt/**]", `some p in ["/etc/os-release"]; paths.at(p)`, rules.Errored, `own/own-rule/rule.rego:14: paths.at("/etc/os-release"): the rule did not ask for it`},
		"at, not asked under not": {"files: [/opt/**]", `some p in ["/etc/none"]; not paths.at(p)`, rules.Errored, `paths.at("/etc/none"): the rule did not ask for it`},
		"at, asked by files":      {"files: [/etc/**]", `some p in ["/etc/os-release"]; paths.at(p)`, rules.Fail, ""},
		"under":                   {"", `[f.path | some f in paths.under("/opt")] == ["/opt/a", "/opt/a/b"]`, rules.Fail, ""},
		"under, by files":         {"files: [/opt/**]", `some d in ["/opt/a"]; [f.path | some f in paths.under(d)] == ["/opt/a/b"]`, rules.Fail, ""},
		"under, not asked":        {"files: [/opt/**]", `some d in ["/etc"]; count(paths.under(d)) == 0`, rules.Errored, `paths.under("/etc")`},
		"under through a link":    {"", `[f.path | some f in paths.under("/bin")] == ["/usr/bin/sh"]`, rules.Fail, ""},
		"under the root":          {"", `count(paths.under("/")) == 5`, rules.Fail, ""},
		"matching":                {"", `[f.path | some f in paths.matching("/etc/*")] == ["/etc/big", "/etc/os-release"]`, rules.Fail, ""},
		"matching, not asked":     {"files: [/opt/**]", `some g in ["/etc/*"]; count(paths.matching(g)) == 0`, rules.Errored, `paths.matching("/etc/*")`},
		"removed":                 {"", `[f.path | some f in paths.removed_matching("/root/**")] == ["/root/key"]`, rules.Fail, ""},
		"usage":                   {"", `paths.usage("/opt").bytes == 5`, rules.Fail, ""},
		"content of a path":       {"", `paths.content("/etc/os-release") == "ID=debian\n"`, rules.Fail, ""},
		"content of a file":       {"contents: [/etc/os-release]", `some f in paths.under("/etc"); f.path == "/etc/os-release"; contains(paths.content(f), "debian")`, rules.Fail, ""},
		"content left out":        {"contents: [/etc/*]", `some f in paths.under("/etc"); paths.content(f) == "y"`, rules.Undecided, "the content of /etc/big was left out: it has 70000 bytes"},
		"content left out, not":   {"contents: [/etc/*]", `some f in paths.under("/etc"); not contains(paths.content(f), "y")`, rules.Undecided, "left out"},
		"content, asked first":    {"contents: [/etc/*]", `some f in paths.under("/etc"); paths.has_content(f); contains(paths.content(f), "debian")`, rules.Fail, ""},
		"content not asked":       {"contents: [/opt/*]", `some f in paths.under("/etc"); paths.content(f) == "y"`, rules.Errored, "custom.contents"},
		"content of a directory":  {"contents: [/opt/*]", `paths.content(paths.at("/opt/a")) == "y"`, rules.Errored, "no regular file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			outcome := own(t, withFiles(), test.metadata, imports+"deny contains result.image(\"x\") if {\n"+test.condition+"\n}\n")
			if outcome.Status != test.status || !strings.Contains(outcome.Reason, test.reason) {
				t.Errorf("%s: %s", outcome.Status, outcome.Reason)
			}
		})
	}
}

// TestNoRuleSeesWhatAnotherAskedFor gives a document more than one rule wants.
func TestNoRuleSeesWhatAnotherAskedFor(t *testing.T) {
	body := imports + "deny contains result.image(sprintf(\"%d\", [count(paths.matching(\"/**\"))])) if true\n"
	curious := one("curious", "", body)
	reader := one("reader", "contents: [/etc/*]", strings.ReplaceAll(imports+"deny contains result.file(f, \"x\") if { some f in paths.under(\"/etc\"); paths.has_content(f) }\n", "own-rule", "reader"))
	prints := one("prints", "", imports+"deny contains result.image(json.marshal(paths.at(\"/etc/os-release\"))) if true\n")
	together := judge(t, load(t, curious, reader, prints), policy.Config{}, withFiles())
	alone := judge(t, load(t, prints), policy.Config{}, withFiles())
	if !reflect.DeepEqual(alone["prints"], together["prints"]) {
		t.Errorf("alone %+v, together %+v", alone["prints"].Findings, together["prints"].Findings)
	}
	if message := alone["prints"].Findings[0].Message; strings.Contains(message, "debian") {
		t.Errorf("the rule sees a content that it did not ask for: %s", message)
	}
}

func TestWhatIsNotKnownIsNotJudged(t *testing.T) {
	const mixed = resultOnly + `
deny contains result.image("no command") if count(input.boot.argv) == 0

deny contains result.image("too many files") if input.size.files > 3
`
	const behind = resultOnly + `
not_applicable := "broken" if count(input.boot.steps) > 0

deny contains result.image("no user") if input.config.user == ""
`
	quick := func() *inspect.Image {
		doc := image()
		doc.Complete, doc.Boot.Known, doc.Runtime.Known, doc.Size = false, false, false, inspect.Size{}
		return doc
	}
	noCommand := quick()
	noCommand.Boot.Argv = nil
	archive := image()
	archive.Source = inspect.Source{Kind: "docker-archive", Reason: "an archive has no manifest"}
	index := image()
	index.Config.Known, index.Complete, index.Manifest = false, false, inspect.Manifest{Kind: "index", Undecided: "two platforms"}
	holey := image()
	holey.Layers = []inspect.Layer{{Missing: "the blob is gone"}}

	tests := map[string]struct {
		doc      *inspect.Image
		body     string
		status   rules.Status
		reason   string
		findings int
	}{
		"the part that is known passes":   {quick(), mixed, rules.Undecided, "no layer was read", 0},
		"the part that is known fails":    {noCommand, mixed, rules.Fail, "", 1},
		"all of it is known":              {image(), mixed, rules.Pass, "", 0},
		"whether it applies is unknown":   {quick(), behind, rules.Undecided, "no layer was read", 0},
		"negated":                         {quick(), resultOnly + `deny contains result.image("x") if not input.size.known`, rules.Undecided, "no layer was read", 0},
		"an accessor":                     {quick(), imports + `deny contains result.image("x") if not paths.at("/x")`, rules.Undecided, "no layer was read", 0},
		"manifest":                        {archive, resultOnly + `deny contains result.image("x") if input.manifest.kind != "image"`, rules.Undecided, "an archive has no manifest", 0},
		"media types":                     {archive, resultOnly + `deny contains result.layer(l, "x") if { some l in input.layers; l.media_type == "" }`, rules.Undecided, "an archive has no manifest", 0},
		"configuration of an archive":     {archive, resultOnly + `deny contains result.image("x") if input.config.user == ""`, rules.Fail, "", 1},
		"configuration of an index":       {index, resultOnly + `deny contains result.image("x") if input.config.user == ""`, rules.Undecided, "two platforms", 0},
		"manifest of an index":            {index, resultOnly + `deny contains result.image("x") if input.manifest.kind == "index"`, rules.Fail, "", 1},
		"a layer is missing":              {holey, resultOnly + `deny contains result.image("x") if input.size.files == 0`, rules.Undecided, "layer 0 could not be read: the blob is gone", 0},
		"not applicable by what is known": {quick(), resultOnly + "not_applicable := \"scratch\" if input.config.user == \"\"\ndeny contains result.image(\"x\") if input.size.files == 0\n", rules.NotApplicable, "scratch", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			outcome := own(t, test.doc, "", test.body)
			if outcome.Status != test.status || !strings.Contains(outcome.Reason, test.reason) || len(outcome.Findings) != test.findings {
				t.Errorf("%s: %s, %d findings", outcome.Status, outcome.Reason, len(outcome.Findings))
			}
			if test.status == rules.Fail && test.doc == noCommand && len(outcome.NotJudged) != 1 {
				t.Errorf("what was left out is not told: %+v", outcome.NotJudged)
			}
		})
	}
}

func TestFindingsFold(t *testing.T) {
	outcome := own(t, withFiles(), "max_level: error", imports+`
deny contains result.at_level(result.file(paths.at("/opt/a/b"), sprintf("fault %d", [n])), "note") if some n in [1, 2, 3, 4]

deny contains result.at_line(result.with_fix(result.file("/opt/a/b", "worst"), "mend it"), 7) if true

deny contains result.image("other") if true
`)
	if len(outcome.Findings) != 2 {
		t.Fatalf("%+v", outcome.Findings)
	}
	first := outcome.Findings[0]
	want := "worst; fault 1; fault 2 (and 2 more)"
	if first.Message != want || first.Level != rules.Error || first.Fix != "mend it" {
		t.Errorf("%+v", first)
	}
	location := first.Location
	if location.Path != "/opt/a/b" || location.Line != 7 || location.Layer == nil || location.Layer.Digest != "sha256:1" || location.Instruction != "COPY x /" {
		t.Errorf("%+v", location)
	}
	if outcome.Findings[1].Subject.Kind != rules.SubjectImage {
		t.Error("findings are not ordered by subject")
	}
}

func TestFingerprintSurvivesARebuild(t *testing.T) {
	body := imports + "deny contains result.file(paths.at(\"/opt/a/b\"), sprintf(\"size %d\", [paths.at(\"/opt/a/b\").size])) if true\n"
	before := own(t, withFiles(), "", body)
	rebuilt := withFiles()
	rebuilt.Layers = append([]inspect.Layer{{Position: 0, Digest: "sha256:base", History: -1}}, inspect.Layer{Position: 1, Digest: "sha256:2", History: 0})
	for i := range rebuilt.Files {
		rebuilt.Files[i].Layer = 1
	}
	rebuilt.Files[3].Size = 6
	after := own(t, rebuilt, "", body)
	if before.Findings[0].Message == after.Findings[0].Message {
		t.Fatal("the test changes nothing")
	}
	if before.Findings[0].Fingerprint != after.Findings[0].Fingerprint {
		t.Error("a rebuild gives another fingerprint")
	}
}

func TestEvaluateIsTheSameEachTime(t *testing.T) {
	set := load(t, builtin(), one("own-rule", "files: [/**]", imports+"deny contains result.file(f, \"x\") if some f in paths.matching(\"/**\")\n"))
	evaluator, err := set.Compile(policy.Config{Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	want, err := evaluator.Evaluate(context.Background(), withFiles())
	if err != nil {
		t.Fatal(err)
	}
	shared := withFiles()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got, err := evaluator.Evaluate(context.Background(), shared)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("another outcome: %v", err)
			}
		})
	}
	wait.Wait()
}

func TestEvaluateEndsWithItsContext(t *testing.T) {
	set := load(t, one("own-rule", "", resultOnly+"deny contains result.image(\"x\") if count({[a, b, c] | some a in ns; some b in ns; some c in ns; a + b + c == 0}) > 0\nns := numbers.range(1, 100000)\n"))
	evaluator, err := set.Compile(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := evaluator.Evaluate(ctx, image()); err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("got %v", err)
	}
}

func TestUnorderedFilesAreAnError(t *testing.T) {
	doc := withFiles()
	doc.Files[0], doc.Files[1] = doc.Files[1], doc.Files[0]
	evaluator, err := load(t, builtin()).Compile(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evaluator.Evaluate(context.Background(), doc); err == nil || !strings.Contains(err.Error(), "not ordered by path") {
		t.Errorf("got %v", err)
	}
}
