package inspect

import (
	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// extensionsDir is where Lambda's init looks for extensions: each entry that is
// no directory is started, whatever its name (ListExternalAgentPaths in the
// sources of AWS's emulator).
const extensionsDir = "/opt/extensions"

// Extension is an entry of /opt/extensions that Lambda starts beside the
// function.
type Extension struct {
	// Path is the entry's path.
	Path string `json:"path"`
	// Layer is the index of the layer that holds the entry.
	Layer int `json:"layer"`
	// Steps are the programs and scripts that are started, the entry first.
	Steps []Step `json:"steps"`
	// End tells how this chain ends, as that of the boot chain does.
	End BootEnd `json:"end"`
}

// extensions follows each extension as the boot chain is followed. It has the
// environment and the directory that the function has.
func extensions(doc *Image, v *view) []Extension {
	out := []Extension{}
	in, files := bootInput(doc), v.atRunTime()
	files.Under(extensionsDir, func(n rootfs.Node) bool {
		if n.IsDir() {
			return false
		}
		in.Entrypoint, in.Command = []string{n.Path}, nil
		chain := boot.Follow(in, files)
		e := Extension{Path: n.Path, Layer: n.Layer, Steps: []Step{}, End: BootEnd{Kind: chain.End, Reason: chain.Reason}}
		for _, step := range chain.Steps {
			e.Steps = append(e.Steps, stepFacts(step))
		}
		out = append(out, e)
		return true
	})
	return out
}
