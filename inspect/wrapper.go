package inspect

import (
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

const wrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER"

// execWrapper states what AWS_LAMBDA_EXEC_WRAPPER asks for. The start scripts
// end before the wrapper where it is missing, so that the boot chain does not
// show it.
func execWrapper(chain *boot.Chain, in boot.Input, files boot.Files) ExecWrapper {
	w := ExecWrapper{Value: in.Env[wrapperVariable], Layer: -1}
	if w.Value == "" {
		return w
	}
	w.Path = w.Value
	if !strings.HasPrefix(w.Path, "/") {
		w.Path = path.Join(chain.Cwd, w.Path)
	}
	for _, step := range chain.Steps {
		if w.ReadBy == "" && (step.Kind == boot.KindScript || step.Kind == boot.KindBaseScript) && mentions(files, step.Resolved, wrapperVariable) {
			w.ReadBy = step.Path
		}
	}
	in.Entrypoint, in.Command = []string{w.Path}, nil
	first := boot.Follow(in, files).Steps[0]
	w.Layer, w.Problem, w.Detail = first.Layer, first.Problem, first.Detail
	return w
}

// mentions tells whether a text holds a word.
func mentions(files boot.Files, p, word string) bool {
	node, err := files.Stat(p)
	if err != nil {
		return false
	}
	answer, ok := files.Ask(node, probe.Text())
	if !ok {
		return false
	}
	text, err := probe.Decode[probe.TextFile](answer)
	return err == nil && strings.Contains(text.Text, word)
}
