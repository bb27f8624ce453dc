package handler_test

import (
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/client"
	"github.com/lambdalint/lambdalint/inspect/handler"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// image is a file system of texts.
type image struct {
	*rootfs.FS
	texts map[string]string
}

func newImage(texts map[string]string) *image {
	index := &layer.Index{}
	for p, text := range texts {
		index.Entries = append(index.Entries, layer.Entry{Path: p, Mode: 0o644, Size: int64(len(text))})
	}
	return &image{rootfs.Merge([]*layer.Index{index}), texts}
}

func (i *image) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	return layer.AnswerBytes(q, []byte(i.texts[node.Path])), true
}

var files = map[string]string{
	"/usr/bin/python3.11": "", "/usr/lib/python3.11/os.py": "",
	"/f/app.py": "def handler(e, c): pass\n", "/f/star.py": "from x import *\n", "/f/broken.py": "def handler(:\n'''", "/f/pkg/__init__.py": "", "/f/pkg/mod.py": "handler = 1\n", "/f/time.py": "", "/f/json.py": "",
	"/f/app.js": "exports.handler = () => 1;\n", "/f/esm.mjs": "export const handler = 1;\n", "/f/bad.js": "`${", "/f/dir/index.js": "exports.handler = 1;\n", "/f/min.js": "module.exports = f();\n", "/f/node_modules/lib/index.js": "",
	"/f/app.rb": "def handler(event:, context:)\nend\n", "/f/meta.rb": "define_method(:x) {}\n", "/f/classes.rb": "class App\n  def self.run(event:, context:); end\nend\n",
	"/var/task/app.js": "exports.handler = () => 1;\n", "/var/task/dir/index.js": "", "/f/com/example/App.class": "", "/f/bad.jar": "no zip",
}

// find looks a handler up for a client.
func find(language, version, value string) handler.Target {
	c := client.Client{Kind: "client", Language: language, Version: version, Started: client.Yes}
	step := boot.Step{Path: "/usr/bin/x", Resolved: "/usr/bin/x"}
	switch language {
	case "python":
		c.Name, step.Path, step.Resolved, step.Argv = "awslambdaric", "/usr/bin/python3.11", "/usr/bin/python3.11", []string{"python", "-m", "awslambdaric", value}
	case "nodejs":
		c.Name, step.Argv = "aws-lambda-ric", []string{"/ric/index.mjs", value}
	case "ruby":
		c.Name, step.Argv = "aws_lambda_ric", []string{"aws_lambda_ric", value}
	case "java":
		c.Name, step.Argv = "aws-lambda-java-runtime-interface-client", []string{"java", "-cp", "./*", "com.amazonaws.services.lambda.runtime.api.client.AWSLambda", value}
	}
	chain := &boot.Chain{End: "program", Cwd: "/f", Env: map[string]string{"_HANDLER": value}, Steps: []boot.Step{step}}
	found := handler.Find(handler.Input{Chain: chain, Runtime: &client.Result{Started: client.Yes, Clients: []client.Client{c}}}, newImage(files))
	return found.Targets[0]
}

func TestHandlers(t *testing.T) {
	for _, test := range []struct{ language, version, value, want string }{
		{"python", "4.0.1", "app.handler", "/f/app.py"},
		{"python", "4.0.1", "pkg/mod.handler", "/f/pkg/mod.py"},
		{"python", "4.0.1", "pkg.mod.handler", "/f/pkg/mod.py"},
		{"python", "4.0.1", "app.other", "name-missing"},
		{"python", "4.0.1", "gone.handler", "file-missing"},
		{"python", "4.0.1", "star.handler", "undecided"},
		{"python", "4.0.1", "broken.handler", "undecided"},
		{"python", "4.0.1", "json.handler", "undecided"},
		{"python", "4.0.1", "time.handler", "malformed"},
		{"python", "4.0.1", "handler", "malformed"},
		{"python", "4.0.1", "../../x", "malformed"},
		{"python", "4.0.1", "app..handler", "malformed"},
		{"python", "4.0.1", ".handler", "malformed"},
		{"python", "4.0.1", "app.", "malformed"},
		{"python", "4.0.1", "", "not-set"},
		{"nodejs", "3.3.0", "app.handler", "/f/app.js"},
		{"nodejs", "3.3.0", "esm.handler", "/f/esm.mjs"},
		{"nodejs", "3.3.0", "/f/app.handler", "/f/app.js"},
		{"nodejs", "3.3.0", "app.min.handler", "name-missing"},
		{"nodejs", "3.3.0", "app.other", "name-missing"},
		{"nodejs", "3.3.0", "gone.handler", "file-missing"},
		{"nodejs", "3.3.0", "min.handler", "undecided"},
		{"nodejs", "3.3.0", "bad.handler", "undecided"},
		{"nodejs", "3.3.0", "dir.handler", "undecided"},
		{"nodejs", "3.3.0", "lib.handler", "undecided"},
		{"nodejs", "3.3.0", "handler", "malformed"},
		{"nodejs", "3.3.0", "../../x.handler", "malformed"},
		{"nodejs", "4.0.2", "app.handler", "/var/task/app.js"},
		{"nodejs", "4.0.2", "esm.handler", "file-missing"},
		{"nodejs", "4.0.2", "dir.handler", "file-missing"},
		{"ruby", "2.0.0", "app.handler", "/f/app.rb"},
		{"ruby", "3.1.0", "classes.App.run", "/f/classes.rb"},
		{"ruby", "3.1.0", "app.other", "name-missing"},
		{"ruby", "3.1.0", "meta.other", "undecided"},
		{"ruby", "3.1.0", "gone.handler", "file-missing"},
		{"ruby", "3.1.0", "a.b.c.d", "malformed"},
		{"java", "2.10.1", "com.example.App", "/f"},
		{"java", "2.10.1", "com.example.App::run", "undecided"},
		{"java", "2.10.1", "com.example.Gone::run", "undecided"}, // bad.jar cannot be read
		{"java", "2.10.1", "::run", "malformed"},
	} {
		target := find(test.language, test.version, test.value)
		got := target.File
		switch {
		case target.Problem != "":
			got = target.Problem
		case target.Undecided != "":
			got = "undecided"
		}
		if got != test.want {
			t.Errorf("%s %s %q: got %s, want %s (%+v)", test.language, test.version, test.value, got, test.want, target)
		}
	}
}

// FuzzHandler holds that no text of a handler can break the search, and that
// nothing is found that does not exist.
func FuzzHandler(f *testing.F) {
	for _, value := range []string{"app.handler", "../../x", "/.", "a::b", "....", "pkg/mod.handler", strings.Repeat("a/", 300) + "b.c", "\x00.\xff"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, c := range [][2]string{{"python", "4.0.1"}, {"nodejs", "3.3.0"}, {"nodejs", "4.0.2"}, {"ruby", "3.1.0"}, {"java", "2.10.1"}} {
			target := find(c[0], c[1], value)
			if target.Problem == "" && target.Undecided == "" && !strings.HasPrefix(target.File, "/") {
				t.Fatalf("%s %q: neither found nor judged: %+v", c[0], value, target)
			}
		}
	})
}
