package report

import (
	"fmt"
	"strings"

	"github.com/lambdalint/lambdalint/inspect"
)

// bootStep is one link of the boot chain in words.
type bootStep struct {
	number, what, how, problem string
}

// bootSteps puts the boot chain into words, each printable.
func bootSteps(im *Image) []bootStep {
	var steps []bootStep
	for i, s := range im.Facts.Boot.Steps {
		step := bootStep{number: fmt.Sprintf("%d.", i+1), what: printable(strings.Join(s.Argv, " "))}
		if step.what == "" {
			step.what = printable(s.Name)
		}
		step.what = shorten(step.what, 300)
		how := []string{s.Why}
		if s.Path != "" && s.Path != s.Name {
			how = append(how, s.Path)
		}
		if s.Resolved != "" && s.Resolved != s.Path {
			how = append(how, "links to "+s.Resolved)
		}
		how = append(how, stepKind(s)...)
		if s.Layer >= 0 {
			how = append(how, fmt.Sprintf("layer %d", s.Layer))
		}
		step.how = strings.Join(printableAll(how), ", ")
		if s.Problem != "" {
			step.problem = printable(strings.TrimRight(s.Problem+": "+s.Detail, ": "))
		}
		steps = append(steps, step)
	}
	return steps
}

func stepKind(s inspect.Step) []string {
	var kind []string
	switch {
	case s.Interpreter != "":
		kind = append(kind, "script for "+s.Interpreter)
	case s.Kind == "elf":
		kind = append(kind, strings.TrimSpace("ELF "+s.Architecture+" "+s.Libc))
	case s.Kind != "" && s.Kind != "unknown":
		kind = append(kind, strings.ReplaceAll(s.Kind, "-", " "))
	}
	if s.By != "" && s.By != "kernel" {
		kind = append(kind, "read by the "+s.By)
	}
	return kind
}

// bootEnd says how the boot chain ends, printable.
func bootEnd(im *Image) string {
	end := im.Facts.Boot.End
	text := map[string]string{
		"program": "The last step is the program that runs.",
		"broken":  "The last step cannot be taken.",
		"unknown": "The chain could not be followed further",
		"none":    "There is nothing to execute",
	}[end.Kind]
	switch {
	case end.Reason == "" && text != "" && !strings.HasSuffix(text, "."):
		return text + "."
	case end.Reason != "" && text != "":
		return strings.TrimSuffix(text, ".") + ": " + printable(end.Reason)
	case text == "":
		return printable(end.Reason)
	}
	return text
}
