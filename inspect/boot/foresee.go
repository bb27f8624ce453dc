package boot

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

// Foresee says which questions the chain will likely ask of a file, so that
// they can be put while its layer is read for the first time. What it leaves
// out costs time only: it is asked later.
func Foresee(in Input) func(e *layer.Entry) []layer.Question {
	named := namedFiles(in)
	return func(e *layer.Entry) []layer.Question {
		if e.Size > layer.HoldLimit {
			return nil
		}
		base := path.Base(e.Path)
		switch {
		case e.Path == "/etc/ld.so.cache":
			return []layer.Question{probe.LdSoCache()}
		case bytes.HasPrefix(e.Head, []byte("\x7fELF")):
			return foreseeELF(e, base, slices.Contains(named, base))
		case bytes.HasPrefix(e.Head, []byte("#!")) && slices.Contains(named, base):
			return []layer.Question{probe.Text()}
		default:
			return nil
		}
	}
}

// libraryDirs hold libraries that loaders find by themselves.
var libraryDirs = []string{
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/var/lang/lib",
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
}

// programDirs hold programs that are found along PATH.
var programDirs = []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/var/lang/bin", "/opt/extensions"}

func foreseeELF(e *layer.Entry, base string, named bool) []layer.Question {
	dir := path.Dir(e.Path)
	switch {
	case strings.HasPrefix(base, "ld-") && slices.Contains(libraryDirs, dir):
		return []layer.Question{probe.ELF(), probe.LdSoDirs()}
	case named, slices.Contains(libraryDirs, dir), dir == "/opt/extensions":
		return []layer.Question{probe.ELF()}
	case slices.Contains(programDirs, dir):
		if name := interpreterName(base); isShell(base) || base == "env" || base == "busybox" || interpreters[name].instead != nil || wrappers[base] != nil {
			return []layer.Question{probe.ELF()}
		}
	}
	return nil
}

// namedFiles are the names of files that the configuration and AWS's own
// scripts name.
func namedFiles(in Input) []string {
	names := []string{"lambda-entrypoint.sh", "bootstrap"}
	for _, word := range append(slices.Clone(in.Entrypoint), in.Command...) {
		for _, part := range strings.Fields(word) {
			names = append(names, path.Base(part))
		}
	}
	return names
}
