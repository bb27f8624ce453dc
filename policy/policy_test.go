package policy_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

func load(t *testing.T, sources ...policy.Source) *policy.Set {
	t.Helper()
	set, err := policy.Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func builtin() policy.Source { return policy.Source{FS: rules.Builtin(), Origin: policy.BuiltIn} }

// judge evaluates with a configuration and gives the outcomes by rule.
func judge(t *testing.T, set *policy.Set, config policy.Config, image *inspect.Image) map[string]rules.Outcome {
	t.Helper()
	evaluator, err := set.Compile(config)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := evaluator.Evaluate(context.Background(), image)
	if err != nil {
		t.Fatal(err)
	}
	byRule := make(map[string]rules.Outcome)
	for _, outcome := range outcomes {
		byRule[outcome.Rule] = outcome
	}
	return byRule
}

// image is a small document with everything known.
func image() *inspect.Image {
	return &inspect.Image{
		Schema: inspect.SchemaName, AsOf: "2026-01-01", Complete: true,
		Source:   inspect.Source{Kind: "recipe", VouchesManifest: true, VouchesLayers: true},
		Manifest: inspect.Manifest{Kind: "image"},
		Platform: inspect.Platform{OS: "linux", Architecture: "arm64"},
		Config:   inspect.Config{Known: true},
		Boot: inspect.Boot{Known: true, Argv: []string{"/main"}, Entrypoint: []string{"/main"},
			WorkingDir: inspect.WorkingDir{Path: "/", From: "default"}},
		Size:    inspect.Size{Known: true},
		Runtime: inspect.Runtime{Known: true},
	}
}

func one(id, metadata, body string) policy.Source {
	text := "# METADATA\n# title: A rule\n# description: It says so.\n# custom:\n#   level: error\n#   category: own\n"
	for line := range strings.Lines(metadata) {
		text += "#   " + strings.TrimRight(line, "\n") + "\n"
	}
	text += "package lambdalint.rules[\"" + id + "\"]\n\n" + body
	return policy.Source{Origin: "own", FS: fstest.MapFS{
		id + "/rule.rego": {Data: []byte(text)},
		id + "/README.md": {Data: []byte("## Why\n")},
	}}
}

func TestBuiltinRulesJudge(t *testing.T) {
	set := load(t, builtin())
	three := policy.Config{Only: []string{"command-set", "workdir-exists", "image-size"}}
	for id, outcome := range judge(t, set, three, image()) {
		if outcome.Status != rules.Pass {
			t.Errorf("%s: %+v", id, outcome)
		}
	}
	bad := image()
	bad.Boot.Argv, bad.Boot.Entrypoint = nil, nil
	bad.Boot.WorkingDir = inspect.WorkingDir{Path: "/app", From: "image", Problem: "missing", Detail: "/app"}
	bad.Size.Flattened = 11 << 30
	for id, outcome := range judge(t, set, three, bad) {
		if outcome.Status != rules.Fail || len(outcome.Findings) != 1 || outcome.Findings[0].Fix == "" {
			t.Errorf("%s: %+v", id, outcome)
		}
	}
}

// edit replaces text in the rules of a source.
func edit(source policy.Source, old, new string) policy.Source {
	edited := fstest.MapFS{}
	for name, file := range source.FS.(fstest.MapFS) {
		edited[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(file.Data), old, new))}
	}
	return policy.Source{FS: edited, Origin: source.Origin}
}
