package policy

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// converter turns the Go types of the facts document into Rego's. It remembers
// the fields of each type it has met, and may be used by several goroutines.
type converter struct {
	members sync.Map // reflect.Type -> []member
}

// toValue converts a part of the facts document by its JSON names. Going
// through encoding/json as ast.InterfaceToValue does takes several times as
// long; a test holds both to the same result. A nil list is an empty one: the
// schema knows no null.
func (c *converter) toValue(part any) (ast.Value, error) {
	return c.convert(reflect.Indirect(reflect.ValueOf(part)))
}

func (c *converter) convert(v reflect.Value) (ast.Value, error) {
	switch v.Kind() {
	case reflect.String:
		return ast.String(v.String()), nil
	case reflect.Bool:
		return ast.Boolean(v.Bool()), nil
	case reflect.Int, reflect.Int64:
		return ast.InternedTerm(v.Int()).Value, nil
	case reflect.Slice:
		terms := make([]*ast.Term, v.Len())
		for i := range terms {
			item, err := c.convert(v.Index(i))
			if err != nil {
				return nil, err
			}
			terms[i] = ast.NewTerm(item)
		}
		return ast.NewArray(terms...), nil
	case reflect.Map:
		return c.convertMap(v)
	case reflect.Struct:
		return c.convertStruct(v)
	case reflect.Pointer:
		if !v.IsNil() {
			return c.convert(v.Elem())
		}
	}
	return nil, fmt.Errorf("converting the facts for the rules: a %s has no place there", v.Type())
}

func (c *converter) convertMap(v reflect.Value) (ast.Value, error) {
	pairs := make([][2]*ast.Term, 0, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		item, err := c.convert(entries.Value())
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, ast.Item(ast.StringTerm(entries.Key().String()), ast.NewTerm(item)))
	}
	return ast.NewObject(pairs...), nil
}

// member is one field of a struct as JSON writes it.
type member struct {
	index     int
	key       *ast.Term
	omitempty bool
}

func (c *converter) membersOf(t reflect.Type) []member {
	if known, ok := c.members.Load(t); ok {
		return known.([]member)
	}
	var list []member
	for i := range t.NumField() {
		tag := t.Field(i).Tag.Get("json")
		if tag == "-" || !t.Field(i).IsExported() {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		list = append(list, member{i, ast.StringTerm(name), strings.Contains(options, "omitempty")})
	}
	c.members.Store(t, list)
	return list
}

func (c *converter) convertStruct(v reflect.Value) (ast.Value, error) {
	fields := c.membersOf(v.Type())
	pairs := make([][2]*ast.Term, 0, len(fields))
	for _, field := range fields {
		value := v.Field(field.index)
		if field.omitempty && value.IsZero() {
			continue
		}
		item, err := c.convert(value)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]*ast.Term{field.key, ast.NewTerm(item)})
	}
	return ast.NewObject(pairs...), nil
}
