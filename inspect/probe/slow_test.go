package probe

import (
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// TestSourcesThatWouldBeSlow asks about sources that make a careless reader
// look at the same bytes again and again: with work that grows as the square
// of their size, the test would not end.
func TestSourcesThatWouldBeSlow(t *testing.T) {
	const n = 1 << 18
	for name, test := range map[string]struct {
		question layer.Question
		in       string
	}{
		"python as":         {PythonModule(), "with " + strings.Repeat("as ", n) + ": pass\n"},
		"python global":     {PythonModule(), "if x: " + strings.Repeat("global ", n)},
		"python characters": {PythonModule(), "f'''" + strings.Repeat(`\N{`, n) + "'''"},
		"node import":       {NodeModule(), strings.Repeat("import ", n)},
		"node declarators":  {NodeModule(), strings.Repeat("export const a ", n)},
		"node nested":       {NodeModule(), strings.Repeat("module.exports={a:", scriptMaxDepth-1) + strings.Repeat("a+", n) + strings.Repeat("}", scriptMaxDepth-1)},
		"node slashes":      {NodeModule(), strings.Repeat(`/\`, n)},
		"node lists":        {NodeModule(), strings.Repeat("export {", scriptMaxDepth-1) + strings.Repeat("a+", n)},
		"php comments":      {PHPFile(), "<?php" + strings.Repeat(" #?><?php", n)},
		"php documents":     {PHPFile(), "<?php " + strings.Repeat("<<<1", n)},
		"ruby documents":    {RubyFile(), strings.Repeat("<<A ", n)},
	} {
		t.Run(name, func(t *testing.T) { noPanic(t, test.question, []byte(test.in)) })
	}
}
