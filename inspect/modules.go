package inspect

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// ForeignModules are native modules of the function that are built for another
// platform than the image's, while none for the image's own lies beside them.
// All in one directory that are built for the same are one record.
type ForeignModules struct {
	// Directory is the directory that they lie in.
	Directory string `json:"directory"`
	// Path is the first of them.
	Path string `json:"path"`
	// Platform is what they are built for: an architecture in Go's words, macos or windows.
	Platform string `json:"platform"`
	// Layer is the index of the layer that holds the first of them.
	Layer int `json:"layer"`
	// Count is how many there are.
	Count int `json:"count"`
}

// nativeModule is a file that an interpreter may load into its process.
type nativeModule struct {
	node     rootfs.Node
	platform string
	// family is the directory below which packages keep the same module for
	// several platforms.
	family string
}

// foreignModules looks at native modules in the function's directories. Which
// of them are loaded is known at run time only, so one for the image's own
// platform in the same family speaks for all.
func foreignModules(chain *boot.Chain, architecture string, env map[string]string, files boot.Files) []ForeignModules {
	var modules []nativeModule
	served := make(map[string]bool)
	for _, root := range functionDirs(chain, env, files) {
		files.Under(root, func(n rootfs.Node) bool {
			if n.Entry == nil || n.Entry.Type != layer.File || !isModule(n.Path) {
				return true
			}
			if platform := platformOf(n.Entry.Head); platform != "" {
				m := nativeModule{n, platform, family(n.Path)}
				modules = append(modules, m)
				served[m.family] = served[m.family] || platform == architecture
			}
			return true
		})
	}
	out := []ForeignModules{}
	at := make(map[[2]string]int)
	for _, m := range modules {
		if m.platform == architecture || served[m.family] {
			continue
		}
		key := [2]string{path.Dir(m.node.Path), m.platform}
		if i, ok := at[key]; ok {
			out[i].Count++
			continue
		}
		at[key] = len(out)
		out = append(out, ForeignModules{Directory: key[0], Path: m.node.Path, Platform: m.platform, Layer: m.node.Layer, Count: 1})
	}
	slices.SortStableFunc(out, func(a, b ForeignModules) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

func isModule(p string) bool { return strings.HasSuffix(p, ".so") || strings.HasSuffix(p, ".node") }

// platformOf tells by a file's first bytes for what it is built, "" for what is
// no native module.
func platformOf(head []byte) string {
	if architecture := probe.ELFArchitecture(head); architecture != "" {
		return architecture
	}
	switch {
	case len(head) >= 4 && (string(head[1:4]) == "\xfa\xed\xfe" && head[0]|1 == 0xcf || string(head[:4]) == "\xca\xfe\xba\xbe"):
		return "macos" // Mach-O of 32 and 64 bits, and for several architectures
	case strings.HasPrefix(string(head), "MZ"):
		return "windows"
	default:
		return ""
	}
}

// platformWord is how packages name platforms in directories and files.
var platformWord = regexp.MustCompile(`(?i)(?:^|[-_.])(?:linux|linuxmusl|darwin|win32|windows|android|freebsd|macosx?|musl|x64|x86_64|amd64|ia32|i686|arm64|aarch64|armv[678]\w*)(?:$|[-_.])`)

// family is the part of a path before the first name that names a platform;
// where none does, the module is alone.
func family(p string) string {
	segments := strings.Split(p, "/")
	for i, segment := range segments {
		if platformWord.MatchString(segment) {
			return strings.Join(segments[:i], "/")
		}
	}
	return p
}
