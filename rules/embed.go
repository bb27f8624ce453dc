package rules

import (
	"embed"
	"io/fs"
)

//go:embed */rule.rego */README.md
var builtin embed.FS

// Builtin gives the built-in rules, one folder each.
func Builtin() fs.FS { return builtin }
