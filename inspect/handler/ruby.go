package handler

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// ruby follows aws_lambda_ric: FILE.METHOD or FILE.CLASS.METHOD, the file is
// required with the working directory in front of the load path; see its
// lambda_handler.rb.
func (f *finder) ruby(t *Target) {
	parts := strings.Split(strings.TrimRight(t.Value, "."), ".")
	if len(parts) != 2 && len(parts) != 3 || parts[0] == "" {
		t.Problem, t.Detail = Malformed, "it is not of the form FILE.METHOD or FILE.CLASS.METHOD"
		return
	}
	t.Name = parts[len(parts)-1]
	class := ""
	if len(parts) == 3 {
		class = parts[1]
	}
	root := f.Chain.Cwd
	if f.client.Name == managed {
		root = taskRoot
	}
	file := resolve(root, parts[0]) + ".rb"
	node, err := f.files.Stat(file)
	if err == nil && !node.IsDir() {
		t.found(file, node)
		if f.readable(t, node, file) {
			f.rubyName(t, node, class)
		}
		return
	}
	t.File = file
	if elsewhere := f.rubyElsewhere(parts[0]); elsewhere != "" {
		t.Undecided = fmt.Sprintf("there is no %s, and %s may be loaded instead", file, elsewhere)
		return
	}
	if boot.Unknown(f.Chain.Env["RUBYLIB"]) || boot.Unknown(f.Chain.Env["RUBYOPT"]) {
		t.Undecided = "where Ruby looks for files is known at run time only"
		return
	}
	t.Problem, t.Detail = NoFile, "there is no "+file
}

// rubyElsewhere finds a file that require could load along the load path.
func (f *finder) rubyElsewhere(name string) string {
	if strings.HasPrefix(name, "/") {
		return ""
	}
	found := ""
	for _, dir := range append([]string{"/usr/lib/ruby", "/usr/local/lib/ruby", "/usr/local/bundle", "/var/lib/gems", "/var/lang/lib/ruby", "/opt/ruby",
		path.Join(f.Chain.Cwd, "vendor")}, strings.Split(f.Chain.Env["RUBYLIB"], ":")...) {
		if dir == "" || found != "" {
			continue
		}
		f.files.Under(dir, func(n rootfs.Node) bool {
			if strings.HasSuffix(n.Path, "/"+name+".rb") && !n.IsDir() {
				found = n.Path
			}
			return found == ""
		})
	}
	return found
}

var rubyDynamic = regexp.MustCompile(`\b(define_method|define_singleton_method|method_missing|eval|class_eval|module_eval|instance_eval|extend|include|alias|alias_method|attr_\w+|delegate|def_delegators?|require|require_relative|load|autoload|private|send|const_set)\b`)

// rubyName looks for the method in the file. Ruby has so many ways to come by a
// method that only a plain file without any of them can lack one.
func (f *finder) rubyName(t *Target, node rootfs.Node, class string) {
	answer, ok := f.files.Ask(node, probe.Text())
	if !ok {
		t.Undecided = t.File + " has not been read"
		return
	}
	text, err := probe.Decode[probe.TextFile](answer)
	if err != nil || text.Binary || text.Truncated {
		t.Undecided = t.File + " cannot be read whole"
		return
	}
	defines, err := regexp.Compile(`\bdef\s+(self\.|[A-Z]\w*\.)?` + regexp.QuoteMeta(t.Name) + `(\b|[?!=]|\s|$)`)
	switch {
	case err != nil:
		t.Undecided = "the method's name is no text"
	case defines.MatchString(text.Text):
	case rubyDynamic.MatchString(text.Text) || class != "":
		t.Undecided = fmt.Sprintf("%s may get %s in a way that cannot be read", t.File, t.Name)
	default:
		t.Problem, t.Detail = NoName, fmt.Sprintf("%s defines no %s", t.File, t.Name)
	}
}
