package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/inspect/source"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

// open opens the image that a reference names.
func (o *imageOptions) open(ctx context.Context, cmd *cobra.Command, reference, architecture string) (*source.Image, error) {
	if ref, ok := strings.CutPrefix(reference, stdinScheme); ok {
		reference = "-:" + ref
	}
	image, err := source.Open(ctx, reference, source.Options{
		Platform: o.platform, Architecture: architecture, Quick: o.quick, Offline: o.offline,
		Stdin: cmd.InOrStdin(), UserAgent: "lambdalint/" + version().Version, OpenRecipe: openRecipe,
	})
	if err != nil {
		return nil, err
	}
	return image, nil
}

// openRecipe makes the image of a recipe. Its base stands beside it, or comes
// with the program.
func openRecipe(ctx context.Context, path string, options source.Options) (*source.Image, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the recipe: %w", err)
	}
	parsed, err := recipe.Parse(path, data)
	if err != nil {
		return nil, err
	}
	image, err := parsed.Open(ctx, func(name string) ([]byte, error) {
		if strings.ContainsAny(name, `/\`) {
			return nil, fmt.Errorf("the name of a base recipe is no path")
		}
		beside := filepath.Join(filepath.Dir(path), name+".txtar")
		if data, err := os.ReadFile(beside); err == nil {
			return data, nil
		}
		return images.Lookup(name)
	}, options)
	if err != nil {
		return nil, err
	}
	return image.Image, nil
}
