package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

// custom is what a rule's METADATA may say under `custom`.
type custom struct {
	Level    rules.Level            `json:"level"`
	MaxLevel rules.Level            `json:"max_level"`
	Profiles map[string]rules.Level `json:"profiles"`
	Category string                 `json:"category"`
	Params   map[string]any         `json:"params"`
	Files    []string               `json:"files"`
	Contents []string               `json:"contents"`
	Errors   []string               `json:"errors"`
	Preview  bool                   `json:"preview"`
}

// readMetadata reads the annotation of a rule's package.
func readMetadata(m *module, id string) (rules.Rule, error) {
	var found *ast.Annotations
	for _, a := range m.parsed.Annotations {
		if a.Scope == "package" {
			found = a
		}
	}
	if found == nil {
		return rules.Rule{}, fmt.Errorf("%s: the rule has no METADATA comment above its package", m.name)
	}
	c, err := readCustom(found.Custom)
	if err != nil {
		return rules.Rule{}, fmt.Errorf("%s:%d: METADATA: %w", m.name, found.Location.Row, err)
	}
	r := rules.Rule{
		ID: id, Title: strings.TrimSpace(found.Title), Description: strings.TrimSpace(found.Description),
		Category: c.Category, Level: c.Level, MaxLevel: c.MaxLevel, Profiles: c.Profiles, Params: c.Params,
		Files: c.Files, Contents: c.Contents, Errors: c.Errors, Preview: c.Preview,
	}
	for _, resource := range found.RelatedResources {
		r.References = append(r.References, resource.Ref.String())
	}
	if r.MaxLevel == "" {
		r.MaxLevel = r.Level
	}
	if err := checkMetadata(r); err != nil {
		return rules.Rule{}, fmt.Errorf("%s:%d: METADATA: %w", m.name, found.Location.Row, err)
	}
	return r, nil
}

func readCustom(values map[string]any) (custom, error) {
	known := customKeys()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, key) {
			return custom{}, fmt.Errorf("custom.%s is not known%s; known are %s", key, DidYouMean(key, known), strings.Join(known, ", "))
		}
	}
	var c custom
	for _, key := range known {
		value, ok := values[key]
		if !ok {
			continue
		}
		one, err := json.Marshal(map[string]any{key: value})
		if err != nil {
			return custom{}, fmt.Errorf("custom.%s: %w", key, err)
		}
		if err := json.Unmarshal(one, &c); err != nil {
			return custom{}, fmt.Errorf("custom.%s is %s, which is no %s", key, describe(value), customType(key))
		}
	}
	return c, nil
}

func customKeys() []string {
	var keys []string
	for field := range reflect.TypeFor[custom]().Fields() {
		keys = append(keys, field.Tag.Get("json"))
	}
	return keys
}

func customType(key string) string {
	switch key {
	case "params", "profiles":
		return "map"
	case "files", "contents", "errors":
		return "list of strings"
	case "preview":
		return "boolean"
	}
	return "string"
}

func checkMetadata(r rules.Rule) error {
	switch {
	case r.Title == "":
		return fmt.Errorf("title is missing")
	case strings.ContainsAny(r.Title, "\n\r"):
		return fmt.Errorf("title has more than one line")
	case r.Description == "":
		return fmt.Errorf("description is missing")
	case r.Category == "":
		return fmt.Errorf("custom.category is missing")
	case r.Level == "":
		return fmt.Errorf("custom.level is missing: error, warning or note")
	case !r.Level.Valid():
		return fmt.Errorf("custom.level is %q: error, warning and note are known", r.Level)
	case !r.MaxLevel.Valid():
		return fmt.Errorf("custom.max_level is %q: error, warning and note are known", r.MaxLevel)
	case r.MaxLevel.Rank() < r.Level.Rank():
		return fmt.Errorf("custom.max_level %s is below custom.level %s", r.MaxLevel, r.Level)
	}
	for _, profile := range slices.Sorted(maps.Keys(r.Profiles)) {
		if level := r.Profiles[profile]; !level.Valid() {
			return fmt.Errorf("custom.profiles.%s is %q: error, warning and note are known", profile, level)
		}
	}
	for _, key := range []string{"files", "contents"} {
		for _, glob := range map[string][]string{"files": r.Files, "contents": r.Contents}[key] {
			if _, err := inspect.CompileGlob(glob); err != nil {
				return fmt.Errorf("custom.%s: %w", key, err)
			}
		}
	}
	return nil
}
