package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
)

const testHeader = "# METADATA\n# title: A rule\n# description: It says so.\n# custom:\n#   level: error\n#   category: own\n"

func loadOne(t *testing.T, body string) *Set {
	t.Helper()
	set, err := Load(Source{Origin: "own", FS: fstest.MapFS{
		"a/rule.rego": {Data: []byte(testHeader + "package lambdalint.rules[\"a\"]\n\nimport data.lambdalint.boot\nimport data.lambdalint.paths\nimport data.lambdalint.result\n\nuses := [boot.broken, paths.at(\"/a\"), result.image(\"x\")]\n\n" + body)},
		"a/README.md": {Data: []byte("## Why\n")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func denyNeeds(set *Set) need {
	reader := newReader(set.compiler)
	var all need
	for _, clause := range set.compiler.Modules["own/a/rule.rego"].Rules {
		if clause.Head.Name == ast.Var("deny") {
			all |= reader.needs(clause)
		}
	}
	return all
}

func TestNeedsOfAClause(t *testing.T) {
	tests := map[string]struct {
		body string
		want need
	}{
		"nothing":               {`deny contains result.image("x") if input.as_of < "2026"`, 0},
		"configuration":         {`deny contains result.image("x") if count(input.boot.argv) == 0`, needConfig},
		"manifest":              {`deny contains result.image("x") if input.manifest.kind == "index"`, needManifest},
		"boot chain":            {`deny contains result.image("x") if count(input.boot.steps) == 0`, needConfig | needLayers | needBoot},
		"boot chain by name":    {`deny contains result.image("x") if { b := input.boot; count(b.argv) == 0 }`, needConfig},
		"boot chain, all of it": {`deny contains result.image("x") if { b := input.boot; json.marshal(b) == "" }`, needConfig | needLayers | needBoot},
		"media types":           {`deny contains result.layer(l, "x") if { some l in input.layers; l.media_type == "x" }`, needConfig | needLayerInfo},
		"size of a layer":       {`deny contains result.layer(l, "x") if { some l in input.layers; l.size > 3 }`, needConfig | needLayers},
		"number of layers":      {`deny contains result.image("x") if count(input.layers) > 3`, needConfig},
		"through a helper": {`deny contains result.image("x") if bad
bad if { some l in input.layers; l.media_type == "x" }`, needConfig | needLayerInfo},
		"through a function": {`deny contains result.image("x") if { some l in input.layers; bad(l) }
bad(l) if l.media_type == "x"`, needConfig | needLayerInfo},
		"through a function's else": {`deny contains result.image("x") if { some l in input.layers; bad(l) == 1 }
bad(l) := 1 if l.media_type == "x"
else := 2 if l.size > 3`, needConfig | needLayerInfo | needLayers},
		"through a record that is handed out": {`deny contains result.image("x") if first.media_type == "x"
first := input.layers[0]`, needConfig | needLayerInfo | needLayers},
		"inside every":           {`deny contains result.image("x") if { every l in input.layers { l.media_type == "x" } }`, needConfig | needLayerInfo},
		"under not":              {`deny contains result.image("x") if not input.size.known`, needConfig | needLayers},
		"in a comprehension":     {`deny contains result.image("x") if count({l.media_type | some l in input.layers}) > 1`, needConfig | needLayerInfo},
		"the library's accessor": {`deny contains result.image("x") if paths.at("/etc/passwd")`, needConfig | needLayers},
		"the library's chain":    {`deny contains result.image("x") if boot.broken.rule == "x"`, needConfig | needLayers | needBoot},
		"an index":               {`deny contains result.image("x") if input.config.cmd[input.size.files] == "x"`, needConfig | needLayers},
		"a built-in":             {`deny contains result.image(sprintf("%v", [input.layers])) if true`, needConfig | needLayerInfo | needLayers},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := denyNeeds(loadOne(t, test.body)); got != test.want {
				t.Errorf("got %04b, want %04b", got, test.want)
			}
		})
	}
}

// TestGroundsNameFields holds the list of grounds against the schema: a field
// that was renamed must not silently count as unknown.
func TestGroundsNameFields(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(inspect.SchemaV1(), &schema); err != nil {
		t.Fatal(err)
	}
	for _, ground := range grounds {
		node := schema
		for name := range strings.SplitSeq(ground.path, ".") {
			if name == "*" {
				node, _ = node["items"].(map[string]any)
				continue
			}
			properties, _ := node["properties"].(map[string]any)
			node, _ = properties[name].(map[string]any)
		}
		if node == nil {
			t.Errorf("the schema has no %s", ground.path)
		}
	}
}

// TestPartsThatRestOnLayers writes down which top-level parts of the document
// are taken for unknown without layers, so that a new one is a decision.
func TestPartsThatRestOnLayers(t *testing.T) {
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(inspect.SchemaV1(), &schema); err != nil {
		t.Fatal(err)
	}
	for name := range schema.Properties {
		on := read{path: name}.needs()&needLayers != 0
		known := slices.Contains([]string{"schema", "as_of", "reference", "source", "function", "complete", "manifest", "platform", "config", "history"}, name)
		if on == known {
			t.Errorf("%s: rests on layers is %v", name, on)
		}
	}
}
