package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const longHelp = `lambdalint tells whether a container image will work on AWS Lambda, before it is
pushed: what is wrong, where it is and how to mend it. It runs nothing of the
image, needs no AWS account, and uses no network but the image's registry.

Exit status: 0 nothing at or above --fail-on, 1 findings at or above it,
2 something could not be judged because of an error, 130 interrupted.`

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "lambdalint",
		Short:         "Tells whether a container image will work on AWS Lambda",
		Long:          longHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newCheck(), newFacts(), newRules(), newExplain(), newVersion())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w (see: %s --help)", err, cmd.CommandPath())
	})
	return root
}

// stdinScheme stands for "-:" while flags are parsed, which take a word with a
// leading dash for one of theirs.
const stdinScheme = "stdin:"

// shieldStdin rewrites the reference -:REF, an image of an archive on standard
// input.
func shieldStdin(args []string) []string {
	out := slices.Clone(args)
	for i, arg := range out {
		if ref, ok := strings.CutPrefix(arg, "-:"); ok {
			out[i] = stdinScheme + ref
		}
	}
	return out
}

// oneLine makes an error's text safe to print: one line, without control
// characters, which may have come from an image or a registry.
func oneLine(err error) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '�'
		default:
			return r
		}
	}, err.Error())
}

// isTerminal reports whether a writer is a terminal.
func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
