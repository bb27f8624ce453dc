package client

import (
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
)

// node decides on Node.js without a file to read.
func (f *finder) node(_ *boot.Step, base string) bool {
	if base != "node" && base != "nodejs" {
		return false
	}
	f.out.Program = "node"
	f.decide(Unknown, "what Node.js runs is not known")
	return true
}

// nodeFile decides on the file that Node.js reads.
func (f *finder) nodeFile(s *boot.Step) {
	f.out.Program = "node"
	for _, c := range f.installed {
		if c.Name == "aws-lambda-ric" && strings.HasPrefix(s.Resolved, c.Path+"/") {
			f.found(c, "Node.js runs aws-lambda-ric")
			return
		}
	}
	if strings.HasSuffix(s.Resolved, "/npm/bin/npx-cli.js") {
		f.npx(s)
		return
	}
	f.sourceMarks(s, "nodejs")
}

// npx looks for the package that npx is to run: in the node_modules above the
// working directory, and beside npm itself.
func (f *finder) npx(s *boot.Step) {
	name := ""
	for _, word := range s.Argv[1:] {
		if !strings.HasPrefix(word, "-") {
			name, _, _ = strings.Cut(word, "@")
			break
		}
	}
	if name != "aws-lambda-ric" {
		f.decide(Unknown, "what npx runs is not known")
		return
	}
	global := path.Dir(path.Dir(path.Dir(s.Resolved)))
	for _, c := range f.installed {
		if c.Name != name {
			continue
		}
		dir := path.Dir(path.Dir(c.Path)) // above node_modules
		if path.Dir(c.Path) == global || f.chain.Cwd == dir || strings.HasPrefix(f.chain.Cwd, strings.TrimSuffix(dir, "/")+"/") {
			f.found(c, "npx runs aws-lambda-ric")
			return
		}
	}
	f.decide(Unknown, "whether npx finds aws-lambda-ric is not known")
}
