// Package images holds base images as recipes, shared by tests, by cases of
// rules and by examples. The language is described in README.md beside it.
//
// The recipes imitate what has been observed of real images, in as much as a
// rule looks at it. They hold no bytes of real images.
package images

import (
	"embed"
	"fmt"
)

//go:embed *.txtar
var recipes embed.FS

// Lookup gives the text of a base recipe by its name.
func Lookup(name string) ([]byte, error) {
	data, err := recipes.ReadFile(name + ".txtar")
	if err != nil {
		return nil, fmt.Errorf("there is no recipe %s.txtar", name)
	}
	return data, nil
}
