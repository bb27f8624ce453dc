package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

// manyFiles is a document of n files in directories of a hundred.
func manyFiles(n int) *inspect.Image {
	doc := &inspect.Image{
		Schema: inspect.SchemaName, AsOf: "2026-01-01", Complete: true,
		Source: inspect.Source{VouchesManifest: true, VouchesLayers: true},
		Config: inspect.Config{Known: true, Env: []inspect.Variable{{Name: "A", Value: "b"}}, Labels: []inspect.Pair{{Name: "c", Value: "d"}}},
		Boot:   inspect.Boot{Known: true, Argv: []string{"/main"}, Steps: []inspect.Step{{Path: "/main", Layer: -1}}},
		Size:   inspect.Size{Known: true}, Runtime: inspect.Runtime{Known: true},
		Layers: []inspect.Layer{{Position: 0, History: -1}},
		Index:  inspect.Index{ByPath: make(map[string]int)},
	}
	text := "text"
	for i := range n {
		file := inspect.File{Path: fmt.Sprintf("/var/task/d%05d/f%02d.py", i/100, i%100), Type: "file", Mode: 0o644, ModeText: "0644", Size: int64(i), Readable: true}
		if i%1000 == 0 {
			file.Content = &text
		}
		doc.Index.ByPath[file.Path] = i
		doc.Files = append(doc.Files, file)
	}
	return doc
}

// TestConversionAgreesWithJSON holds the converter to what encoding/json and
// OPA make of a document together. Lists are filled, since JSON writes null for
// a nil list where the schema, and the converter, have an empty one.
func TestConversionAgreesWithJSON(t *testing.T) {
	doc := manyFiles(2000)
	doc.Selection = inspect.Selection{Usages: []inspect.Usage{{Directory: "/x"}}}
	got, err := new(converter).toValue(doc)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	want, err := ast.InterfaceToValue(withoutNull(tree))
	if err != nil {
		t.Fatal(err)
	}
	if got.Compare(want) != 0 {
		t.Error("the converter and encoding/json disagree")
	}
}

func withoutNull(node any) any {
	switch n := node.(type) {
	case nil:
		return []any{}
	case []any:
		for i := range n {
			n[i] = withoutNull(n[i])
		}
	case map[string]any:
		for key := range n {
			n[key] = withoutNull(n[key])
		}
	}
	return node
}

func BenchmarkConvert20000Files(b *testing.B) {
	doc := manyFiles(20000)
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := new(converter).toValue(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("InterfaceToValue", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ast.InterfaceToValue(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLoadBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := Load(Source{FS: rules.Builtin(), Origin: BuiltIn}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	set, err := Load(Source{FS: rules.Builtin(), Origin: BuiltIn})
	if err != nil {
		b.Fatal(err)
	}
	evaluator, err := set.Compile(Config{Preview: true})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{10, 20000} {
		doc := manyFiles(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := evaluator.Evaluate(context.Background(), doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
