package images_test

import (
	"os"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/recipe"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

func TestEveryRecipeMakesAnImage(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".txtar")
		if !ok {
			continue
		}
		data, err := images.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := recipe.Parse(name, data)
		if err != nil {
			t.Error(err)
			continue
		}
		first, err := parsed.Build(images.Lookup)
		if err != nil {
			t.Error(err)
			continue
		}
		second, err := parsed.Build(images.Lookup)
		if err != nil || first.Top != nil && first.Top.Digest != second.Top.Digest {
			t.Errorf("%s: not the same image twice: %v", name, err)
		}
	}
}
