package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compile(t *testing.T, name string, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validateGoldens holds every golden of a format against a schema.
func validateGoldens(t *testing.T, pattern string, s *jsonschema.Schema) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < len(samples()) {
		t.Fatalf("%d goldens match %s (%v)", len(files), pattern, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if bytes.Contains(text, []byte(": null")) {
			t.Errorf("%s holds a null", file)
		}
		if !bytes.HasSuffix(text, []byte("\n")) {
			t.Errorf("%s does not end in a newline", file)
		}
	}
}

func TestJSONKeepsItsSchema(t *testing.T) {
	s := compile(t, "report.json", Schema())
	validateGoldens(t, "testdata/json/*.json", s)
	for _, bad := range []string{
		`{}`,
		strings.Replace(string(write(t, "json", samples()["mixed"], Options{})), `"level": "error"`, `"level": "fatal"`, 1),
		strings.Replace(string(write(t, "json", samples()["mixed"], Options{})), `"images": [`, `"surprise": 1, "images": [`, 1),
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(doc) == nil {
			t.Error("the schema accepts a bad report")
		}
	}
}

// The schema is written by hand; every field of the Go types must be in it, as
// required where it is always written, and nothing else.
func TestJSONSchemaMatchesTypes(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	defs := doc["$defs"].(map[string]any)
	var check func(path string, typ reflect.Type, node map[string]any)
	check = func(path string, typ reflect.Type, node map[string]any) {
		if node["description"] == nil && node["$ref"] == nil {
			t.Errorf("%s has no description", path)
		}
		if ref, ok := node["$ref"].(string); ok {
			node = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		switch typ.Kind() {
		case reflect.Pointer:
			check(path, typ.Elem(), node)
		case reflect.Slice:
			check(path+"[]", typ.Elem(), node["items"].(map[string]any))
		case reflect.Struct:
			checkStruct(t, path, typ, node, check)
		}
	}
	check("report", reflect.TypeFor[Report](), doc)
}

func checkStruct(t *testing.T, path string, typ reflect.Type, node map[string]any, check func(string, reflect.Type, map[string]any)) {
	t.Helper()
	properties := node["properties"].(map[string]any)
	required := map[string]bool{}
	for _, name := range node["required"].([]any) {
		required[name.(string)] = true
	}
	seen := 0
	for i := range typ.NumField() {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		seen++
		property, ok := properties[name].(map[string]any)
		if !ok {
			t.Errorf("%s.%s is not in the schema", path, name)
			continue
		}
		if required[name] == (options == "omitempty") {
			t.Errorf("%s.%s: required is %v in the schema, %q in Go", path, name, required[name], options)
		}
		check(path+"."+name, typ.Field(i).Type, property)
	}
	if seen != len(properties) || node["additionalProperties"] != false {
		t.Errorf("%s: the schema has other properties than Go", path)
	}
}

// The encoding may look different, the values may not.
func TestHarmlessJSONChangesNoValue(t *testing.T) {
	for _, text := range append(hostileNames(), "😀\U000e0001\U0010ffff", "a#\\##[", "\x7f\u0085\u00a0\ufeff") {
		text = strings.ToValidUTF8(text, "\ufffd")
		plain, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		got := harmlessJSON(plain)
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != text {
			t.Errorf("%q came back as %q (%v)", text, back, err)
		}
	}
}
