package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

// loadRules loads the built-in rules and those of the given directories.
func loadRules(directories []string) (*policy.Set, error) {
	sources := []policy.Source{{FS: rules.Builtin(), Origin: policy.BuiltIn}}
	for _, dir := range directories {
		info, err := os.Stat(dir)
		if err != nil {
			return nil, fmt.Errorf("reading rules: %w", err)
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("reading rules: %s is no directory; give the one that holds a folder for each rule", dir)
		}
		sources = append(sources, policy.Source{FS: os.DirFS(dir), Origin: dir})
	}
	return policy.Load(sources...)
}

func newRules() *cobra.Command {
	var output string
	var directories []string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := loadRules(directories)
			if err != nil {
				return err
			}
			return listRules(cmd.OutOrStdout(), set, output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or markdown")
	cmd.Flags().StringArrayVar(&directories, "rules", nil, "add the rules in this `DIR` (repeatable)")
	return cmd
}

// catalogue is the JSON form of `rules`.
type catalogue struct {
	Digest string       `json:"digest"`
	Rules  []rules.Rule `json:"rules"`
}

func listRules(w io.Writer, set *policy.Set, output string) error {
	switch output {
	case "text":
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, r := range set.Rules() {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Level, r.ID, r.Category, r.Title)
		}
		return table.Flush()
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(catalogue{Digest: set.Digest(), Rules: set.Rules()})
	case "markdown":
		var out strings.Builder
		out.WriteString("| level | rule | what must hold |\n| --- | --- | --- |\n")
		for _, r := range set.Rules() {
			fmt.Fprintf(&out, "| %s | `%s` | %s |\n", r.Level, r.ID, strings.ReplaceAll(r.Title, "|", `\|`))
		}
		_, err := io.WriteString(w, out.String())
		return err
	default:
		return fmt.Errorf("unknown output %q: text, json or markdown", output)
	}
}

func newExplain() *cobra.Command {
	var directories []string
	cmd := &cobra.Command{
		Use:   `explain RULE | "AWS ERROR"`,
		Short: "Explain a rule, or find the rules that foresee an error of AWS",
		Example: `  lambdalint explain workdir-exists
  lambdalint explain "UnsupportedImageLayerDetected"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := loadRules(directories)
			if err != nil {
				return err
			}
			return explain(cmd.OutOrStdout(), set, strings.Join(args, " "))
		},
	}
	cmd.Flags().StringArrayVar(&directories, "rules", nil, "add the rules in this `DIR` (repeatable)")
	return cmd
}

func explain(w io.Writer, set *policy.Set, text string) error {
	found := foreseen(set, text)
	if r, ok := set.Rule(text); ok {
		found = []rules.Rule{r}
	}
	if len(found) == 0 {
		return fmt.Errorf("no rule is called %q and none foresees an error with this text: `lambdalint rules` lists them", text)
	}
	var out strings.Builder
	for i, r := range found {
		if i > 0 {
			out.WriteString("\n")
		}
		explainRule(&out, r)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func explainRule(out *strings.Builder, r rules.Rule) {
	level := string(r.Level)
	if r.MaxLevel != r.Level {
		level += ", up to " + string(r.MaxLevel)
	}
	fmt.Fprintf(out, "%s: %s (%s, %s)\n\n%s\n", r.ID, r.Title, level, r.Origin, r.Description)
	for _, text := range r.Errors {
		fmt.Fprintf(out, "\nAWS says: %s\n", text)
	}
	fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(r.Help))
	for _, reference := range r.References {
		fmt.Fprintf(out, "\nSee %s\n", reference)
	}
}

// foreseen finds the rules of which an error text holds the given one, or is
// held by it: people paste whole log lines. Parts in <angle brackets> stand
// for anything.
func foreseen(set *policy.Set, text string) []rules.Rule {
	var out []rules.Rule
	text = strings.ToLower(text)
	for _, r := range set.Rules() {
		for _, message := range r.Errors {
			if sameError(strings.ToLower(message), text) {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

func sameError(message, text string) bool {
	if len(text) >= 5 && strings.Contains(message, text) {
		return true
	}
	rest := text
	for _, part := range fixedParts(message) {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return true
}

// fixedParts are the parts of a message outside of angle brackets.
func fixedParts(message string) []string {
	var parts []string
	for message != "" {
		before, after, ok := strings.Cut(message, "<")
		if part := strings.TrimSpace(before); part != "" {
			parts = append(parts, part)
		}
		if !ok {
			break
		}
		_, message, _ = strings.Cut(after, ">")
	}
	return parts
}
