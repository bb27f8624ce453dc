package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/inspect"
)

func newFacts() *cobra.Command {
	var o imageOptions
	var files, contents []string
	cmd := &cobra.Command{
		Use:   "facts IMAGE",
		Short: "Print the facts that rules see, as JSON",
		Long: `Facts prints the document that rules see as input. Files are in it only where
something asks for them: --files GLOB shows what a rule that asks for this glob
would get, --contents GLOB shows the text of small files as well.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := loadSettings(cmd, o.config); err != nil {
				return err
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
	cmd.Flags().StringArrayVar(&contents, "contents", nil, "show the files that match this `GLOB` with their text (repeatable)")
	return cmd
}
