package inspect

import _ "embed"

//go:embed schema/image/v1.json
var schemaV1 []byte

// SchemaV1 is the JSON Schema of the facts document, image/v1. It is generated
// from the doc comments of the types that make up Image: `go test ./inspect
// -run Schema -update` writes it anew. Rules are type-checked against it.
func SchemaV1() []byte { return schemaV1 }
