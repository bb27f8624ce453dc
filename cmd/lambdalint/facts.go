package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/export"
)

func newFacts() *cobra.Command {
	var o imageOptions
	var files, contents []string
	var asRecipe bool
	cmd := &cobra.Command{
		Use:   "facts IMAGE",
		Short: "Print the facts that rules see, as JSON",
		Long: `Facts prints the document that rules see as input. Files are in it only where
something asks for them: --files GLOB shows what a rule that asks for this glob
would get, --contents GLOB shows the text of small files as well.

With --recipe the image is written as a recipe instead: paths, modes, owners,
links, sizes and the headers of programs, without contents, for a bug report.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := loadSettings(cmd, o.config); err != nil {
				return err
			}
			if asRecipe {
				return writeRecipe(cmd, &o, args[0], files)
			}
			request := inspect.Request{}
			if len(files)+len(contents) > 0 {
				request.Rules = []inspect.RuleRequest{{Globs: append(files, contents...), Contents: contents}}
			}
			ctx, cancel := o.context(cmd.Context())
			defer cancel()
			doc, _, err := o.inspect(ctx, cmd, args[0], request)
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetIndent("", "  ")
			encoder.SetEscapeHTML(false)
			return encoder.Encode(doc)
		},
	}
	o.register(cmd)
	cmd.Flags().StringArrayVar(&files, "files", nil, "show the files that match this `GLOB` (repeatable)")
	cmd.Flags().BoolVar(&asRecipe, "recipe", false, "write the image as a recipe, with --files those files alone")
	cmd.Flags().StringArrayVar(&contents, "contents", nil, "show the files that match this `GLOB` with their text (repeatable)")
	cmd.MarkFlagsMutuallyExclusive("recipe", "contents")
	return cmd
}

// writeRecipe prints an image as a recipe.
func writeRecipe(cmd *cobra.Command, o *imageOptions, reference string, files []string) error {
	var globs []*inspect.Glob
	for _, file := range files {
		glob, err := inspect.CompileGlob(file)
		if err != nil {
			return fmt.Errorf("--files: %w", err)
		}
		globs = append(globs, glob)
	}
	var keep func(string) bool
	if len(globs) > 0 {
		keep = func(path string) bool {
			return slices.ContainsFunc(globs, func(g *inspect.Glob) bool { return g.Match(path) })
		}
	}
	function, err := o.function()
	if err != nil {
		return err
	}
	ctx, cancel := o.context(cmd.Context())
	defer cancel()
	image, err := o.open(ctx, cmd, reference, function.Architecture)
	if err != nil {
		return timedOut(ctx, err)
	}
	defer func() { _ = image.Close() }() // nothing was written
	text, err := export.Recipe(ctx, image, keep)
	if err != nil {
		return timedOut(ctx, fmt.Errorf("%s: %w", reference, err))
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}
