package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write generated files anew")

const schemaFile = "schema/image/v1.json"

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := generateSchema(".")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, SchemaV1()) {
		t.Fatalf("%s does not agree with the Go types; run: go test ./inspect -run Schema -update", schemaFile)
	}
}

// TestSchemaDescribesTheDocument holds the schema against what encoding/json
// makes of an Image, so that the generator cannot drift from the encoder.
func TestSchemaDescribesTheDocument(t *testing.T) {
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(SchemaV1(), &schema); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(&Image{})
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	for name := range document {
		if schema.Properties[name] == nil {
			t.Errorf("the encoder writes %q, the schema does not know it", name)
		}
	}
	for name := range schema.Properties {
		if _, ok := document[name]; !ok {
			t.Errorf("the schema knows %q, the encoder does not write it", name)
		}
	}
}

func TestSchemaRefusesAnUndocumentedField(t *testing.T) {
	dir := t.TempDir()
	source := "package inspect\n\n// Image is it.\ntype Image struct {\n\tBare string `json:\"bare\"`\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "document.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := generateSchema(dir)
	if err == nil || !strings.Contains(err.Error(), "Image.Bare has no doc comment") {
		t.Fatalf("got %v, want a complaint about Image.Bare", err)
	}
}

// generateSchema makes the JSON Schema of Image from the Go source in dir.
func generateSchema(dir string) ([]byte, error) {
	types, err := parseTypes(dir)
	if err != nil {
		return nil, err
	}
	g := generator{types: types}
	root := g.object("Image")
	if len(g.faults) > 0 {
		return nil, errors.Join(g.faults...)
	}
	schema := property{
		{"$schema", "http://json-schema.org/draft-07/schema#"},
		{"title", "lambdalint facts document, " + SchemaName},
	}
	out, err := json.MarshalIndent(append(schema, root...), "", "  ")
	if err != nil {
		return nil, err
	}
	return append(out, '\n'), nil
}

type documented struct {
	doc  string
	spec *ast.StructType
}

func parseTypes(dir string) (map[string]documented, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	types := make(map[string]documented)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, spec := range gen.Specs {
				named := spec.(*ast.TypeSpec)
				if record, ok := named.Type.(*ast.StructType); ok {
					doc := named.Doc
					if doc == nil {
						doc = gen.Doc
					}
					types[named.Name.Name] = documented{oneLine(doc), record}
				}
			}
		}
	}
	return types, nil
}

func oneLine(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }

type generator struct {
	types  map[string]documented
	faults []error
}

func (g *generator) fault(format string, args ...any) {
	g.faults = append(g.faults, fmt.Errorf(format, args...))
}

// property is a JSON object whose members keep their order.
type property []member

type member struct {
	name  string
	value any
}

func (p property) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range p {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func (g *generator) object(name string) property {
	record, ok := g.types[name]
	if !ok {
		g.fault("type %s is not a struct of this package", name)
		return nil
	}
	if record.doc == "" {
		g.fault("type %s has no doc comment", name)
	}
	fields := property{}
	required := []string{}
	for _, field := range record.spec.Fields.List {
		for _, ident := range field.Names {
			tag := jsonTag(field)
			if !ident.IsExported() || tag == "-" {
				continue
			}
			key, options, _ := strings.Cut(tag, ",")
			if key == "" {
				g.fault("%s.%s has no JSON name", name, ident.Name)
			}
			doc := oneLine(field.Doc)
			if doc == "" {
				g.fault("%s.%s has no doc comment", name, ident.Name)
			}
			fields = append(fields, member{key, append(property{{"description", doc}}, g.typeOf(field.Type)...)})
			if !strings.Contains(options, "omitempty") {
				required = append(required, key)
			}
		}
	}
	return property{
		{"type", "object"}, {"properties", fields},
		{"required", required}, {"additionalProperties", false},
	}
}

func jsonTag(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	return reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
}

func (g *generator) typeOf(expr ast.Expr) property {
	switch t := expr.(type) {
	case *ast.Ident:
		switch t.Name {
		case "string":
			return property{{"type", "string"}}
		case "bool":
			return property{{"type", "boolean"}}
		case "int", "int64":
			return property{{"type", "integer"}}
		}
		return g.object(t.Name)
	case *ast.StarExpr:
		return g.typeOf(t.X)
	case *ast.ArrayType:
		return property{{"type", "array"}, {"items", g.typeOf(t.Elt)}}
	case *ast.MapType:
		return property{{"type", "object"}, {"additionalProperties", g.typeOf(t.Value)}}
	}
	g.fault("a field's type %T has no place in the schema", expr)
	return nil
}
