package handler

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// nodeHandler is a handler's text in the parts that aws-lambda-ric makes of it:
// for dir/module.a.b the directory, the module up to its first dot, and the
// path of properties behind it.
type nodeHandler struct{ dir, module, name string }

// node follows aws-lambda-ric; see UserFunction.js of 3.x and the module loader
// of 4.x.
func (f *finder) node(t *Target) {
	if strings.Contains(t.Value, "..") {
		t.Problem, t.Detail = Malformed, "it contains two dots in a row"
		return
	}
	base := path.Base(t.Value)
	module, name, ok := strings.Cut(base, ".")
	switch {
	case !ok:
		t.Problem, t.Detail = Malformed, "there is no dot between the module and the function"
		return
	case name == "":
		t.Problem, t.Detail = Malformed, "there is no function behind the dot"
		return
	}
	dir, _, _ := strings.Cut(t.Value, base)
	h := nodeHandler{dir: dir, module: module, name: name}
	t.Name, _, _ = strings.Cut(name, ".")
	root := f.Chain.Cwd
	modern := f.client.Name == managed || major(f.client.Version) >= 4
	if modern {
		root = taskRoot
	}
	where := resolve(root, h.dir)
	f.nodeModule(t, where, h, modern)
}

// resolve is path.resolve of Node.js for a root and what may be absolute.
func resolve(root, p string) string {
	if strings.HasPrefix(p, "/") {
		return path.Clean(p)
	}
	return path.Join(root, p)
}

// nodeModule looks for the module's file: as it is called, then with an
// extension, then as a package.
func (f *finder) nodeModule(t *Target, dir string, h nodeHandler, modern bool) {
	stem := path.Join(dir, h.module)
	extensions := []string{"", ".js", ".mjs", ".cjs"}
	if f.client.Name != managed && major(f.client.Version) < 3 {
		extensions = []string{"", ".js", ".json", ".node"}
	}
	for _, extension := range extensions {
		node, err := f.files.Stat(stem + extension)
		switch {
		case err != nil || extension != "" && node.IsDir():
			continue
		case node.IsDir():
			if f.nodeDirectory(t, stem, modern) {
				return
			}
			continue
		}
		t.found(stem+extension, node)
		if f.readable(t, node, stem+extension) {
			f.nodeName(t, node, modern)
		}
		return
	}
	if p, ok := f.nodePackage(dir, h.module); ok {
		t.File, t.Undecided = p, "the module is the package "+p
		return
	}
	if boot.Unknown(f.Chain.Env["NODE_PATH"]) {
		t.Undecided = "NODE_PATH is known at run time only"
		return
	}
	if slices.Contains(nodeBuiltIn, h.module) {
		t.Undecided = "Node.js has a module " + h.module + " of its own"
		return
	}
	t.File = stem + ".js"
	t.Problem, t.Detail = NoFile, fmt.Sprintf("there is no %s.js, .mjs or .cjs", stem)
	for _, extension := range []string{".ts", ".mts", ".tsx"} {
		if _, err := f.files.Stat(stem + extension); err == nil {
			t.Detail += fmt.Sprintf("; %s%s is there, and was not compiled", stem, extension)
		}
	}
}

// nodeBuiltIn are modules of Node.js that people may name a handler's file
// after.
var nodeBuiltIn = []string{"assert", "buffer", "crypto", "events", "fs", "http", "https", "module", "net", "os", "path", "process", "stream", "test", "url", "util"}

// nodeDirectory decides on a directory of the module's name: older clients
// require it, newer ones import it, which Node.js refuses for a directory.
func (f *finder) nodeDirectory(t *Target, dir string, modern bool) bool {
	for _, name := range []string{"package.json", "index.js", "index.json", "index.node"} {
		node, err := f.files.Stat(path.Join(dir, name))
		if err != nil || node.IsDir() {
			continue
		}
		t.found(path.Join(dir, name), node)
		t.Undecided = dir + " is a directory; whether it can be loaded depends on the client's version"
		if f.client.Name != managed && modern {
			t.Undecided = ""
			t.Problem, t.Detail = NoFile, dir+" is a directory, which aws-lambda-ric 4 cannot import"
		}
		return true
	}
	// require fails for a directory without these, and goes no further.
	t.File = dir
	t.Undecided = dir + " is a directory, and stands in the way of a file of that name"
	if f.client.Name != managed {
		t.Undecided = ""
		t.Problem, t.Detail = NoFile, dir+" is a directory, and is taken for the module"
	}
	return true
}

// nodePackage looks for a package of the module's name, as require does, in
// the node_modules above and along NODE_PATH.
func (f *finder) nodePackage(dir, module string) (string, bool) {
	dirs := strings.Split(f.Chain.Env["NODE_PATH"], ":")
	for at := dir; ; at = path.Dir(at) {
		dirs = append(dirs, path.Join(at, "node_modules"))
		if at == "/" {
			break
		}
	}
	for _, d := range dirs {
		if d == "" {
			continue
		}
		for _, extension := range []string{"", ".js", ".json", ".node"} {
			p := path.Join(d, module) + extension
			if _, err := f.files.Stat(p); err == nil {
				return p, true
			}
		}
	}
	return "", false
}

// nodeName looks for the function among the file's exports.
func (f *finder) nodeName(t *Target, node rootfs.Node, modern bool) {
	extension := path.Ext(t.File)
	if extension == ".json" || extension == ".node" {
		t.Undecided = "what " + t.File + " exports is not read"
		return
	}
	answer, ok := f.files.Ask(node, probe.NodeModule())
	if !ok {
		t.Undecided = t.File + " has not been read"
		return
	}
	source, err := probe.Decode[probe.NodeFile](answer)
	if err != nil {
		t.Undecided = fmt.Sprintf("%s cannot be read as JavaScript: %v", t.File, err)
		return
	}
	esm := extension == ".mjs" || extension == ".js" && f.typeModule(path.Dir(t.File))
	switch {
	case extension == ".js" && source.ESM && !source.CommonJS && !esm:
		t.Undecided = t.File + ` is an ECMAScript module, and no package.json says "type": "module"`
	case source.Has(t.Name):
	case modern && slices.Contains(source.DefaultNames, t.Name):
	case source.Dynamic || len(source.ReExports) > 0 || modern && source.Default:
		t.Undecided = fmt.Sprintf("%s may export %s in a way that cannot be read", t.File, t.Name)
	default:
		t.Problem, t.Detail = NoName, fmt.Sprintf("%s does not export %s", t.File, t.Name)
	}
}

// typeModule reports whether the nearest package.json says "type": "module".
func (f *finder) typeModule(dir string) bool {
	for ; ; dir = path.Dir(dir) {
		node, err := f.files.Stat(path.Join(dir, "package.json"))
		if err == nil && node.Entry != nil && node.Entry.Type == layer.File {
			answer, ok := f.files.Ask(node, probe.PackageJSON())
			if !ok {
				return false
			}
			manifest, err := probe.Decode[probe.PackageJSONFile](answer)
			return err == nil && manifest.Type == "module"
		}
		if dir == "/" || path.Base(dir) == "node_modules" {
			return false
		}
	}
}
