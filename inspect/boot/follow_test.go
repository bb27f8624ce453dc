package boot_test

import (
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// image is a file system of texts; a file whose text begins with ELF is a
// static program.
type image struct {
	*rootfs.FS
	texts map[string]string
}

const elf = "ELF"

func newImage(texts map[string]string) *image {
	index := &layer.Index{}
	for p, text := range texts {
		e := layer.Entry{Path: p, Mode: 0o755, Size: int64(len(text)), Head: []byte(text[:min(len(text), 256)])}
		if text == elf {
			e.Head = []byte("\x7fELF")
		}
		index.Entries = append(index.Entries, e)
	}
	return &image{rootfs.Merge([]*layer.Index{index}), texts}
}

func (i *image) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	if i.texts[node.Path] == elf {
		return layer.Answer{JSON: []byte(`{"class":64,"architecture":"amd64","type":"exec","static":true}`)}, true
	}
	return layer.AnswerBytes(q, []byte(i.texts[node.Path])), true
}

func follow(script string, command ...string) *boot.Chain {
	files := newImage(map[string]string{"/bin/sh": elf, "/bin/node": elf, "/app/main": elf, "/app/run.sh": script, "/app/lib.sh": "export LIB=1\n"})
	in := boot.Input{Entrypoint: []string{"/app/run.sh"}, Command: command, WorkingDir: "/app", Env: map[string]string{"PATH": "/bin"}, Architecture: "amd64"}
	return boot.Follow(in, files)
}

func end(c *boot.Chain) string {
	last := c.Steps[len(c.Steps)-1]
	return strings.Join(append([]string{c.End, last.Path, last.Problem}, last.Argv...), " ")
}

func TestShellIdioms(t *testing.T) {
	for name, test := range map[string]struct{ script, want string }{
		"set -- and exec \"$@\"":  {"#!/bin/sh\nset -e\nset -- /app/main one\nexec \"$@\"\n", "program /app/main  /app/main one"},
		"set -- with more":        {"#!/bin/sh\nset -- /app/main \"$@\"\nexec \"$@\"\n", "program /app/main  /app/main x"},
		"exec of nothing":         {"#!/bin/sh\nshift\nexec \"$@\"\n", "program /bin/sh  /bin/sh"},
		"npm's shim":              {"#!/bin/sh\nbasedir=$(dirname \"$(echo \"$0\" | sed -e 's,\\\\,/,g')\")\ncase `uname` in\n  *CYGWIN*) exec /gone;;\nesac\nif [ -x \"$basedir/node\" ]; then\n  exec \"$basedir/node\" \"$@\"\nelse\n  exec \"$basedir/main\" \"$@\"\nfi\n", "program /app/main  /app/main x"},
		"cd and pwd":              {"#!/bin/sh\nhere=$(cd \"$(dirname \"$0\")\" && pwd)\nexec \"$here/main\"\n", "program /app/main  /app/main"},
		"readlink -f":             {"#!/bin/sh\nexec \"$(readlink -f /app/../app/main)\"\n", "program /app/main  /app/main"},
		"basename":                {"#!/bin/sh\nexec ./$(basename /x/main)\n", "program /app/main  ./main"},
		"source":                  {"#!/bin/sh\n. ./lib.sh\n[ -n \"$LIB\" ] && exec ./main\nexec /gone\n", "program /app/main  ./main"},
		"a loop that polls":       {"#!/bin/sh\nbase=\"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation\"\nwhile :; do curl \"$base/next\"; done\n", "program /bin/sh  /bin/sh"},
		"the output of a program": {"#!/bin/sh\nexec $(cat /etc/program)\n", "unknown /bin/sh  /bin/sh"},
		"PATH from a program":     {"#!/bin/sh\nexport PATH=$(cat /etc/path)\nexec main\n", "unknown   main"},
		"eval":                    {"#!/bin/sh\neval \"$1\"\n", "unknown /bin/sh  /bin/sh"},
	} {
		if got := end(follow(test.script, "x")); got != test.want {
			t.Errorf("%s:\n got  %q\n want %q", name, got, test.want)
		}
	}
}

func TestWrappers(t *testing.T) {
	texts := map[string]string{
		"/bin/python3": elf, "/bin/ruby": elf, "/bin/uv": elf, "/bin/tini": elf, "/bin/stub": "#!/bin/ruby\n", "/app/main": elf, "/app/.venv/bin/python": elf,
		"/bin/ddtrace-run": "#!/bin/python3\n", "/bin/newrelic-admin": "#!/bin/python3\n", "/bin/bundle": "#!/bin/ruby\n", "/bin/poetry": "#!/bin/python3\n",
	}
	for command, want := range map[string]string{
		"ddtrace-run /app/main x":            "program /app/main  /app/main x",
		"newrelic-admin run-program python3": "program /bin/python3  python3",
		"newrelic-admin validate-config":     "unknown /bin/newrelic-admin  /bin/newrelic-admin validate-config",
		"bundle exec stub app.handler":       "program /bin/stub  /bin/stub app.handler",
		"bundle exec gone":                   "unknown /bin/bundle  /bin/bundle exec gone",
		"uv run python -m x":                 "program /app/.venv/bin/python  python -m x",
		"poetry run python":                  "program /app/.venv/bin/python  python",
		"tini -g -- /app/main":               "program /app/main  /app/main",
	} {
		in := boot.Input{Entrypoint: strings.Fields(command), WorkingDir: "/app", Env: map[string]string{"PATH": "/bin"}, Architecture: "amd64"}
		if got := end(boot.Follow(in, newImage(texts))); got != want {
			t.Errorf("%s:\n got  %q\n want %q", command, got, want)
		}
	}
	delete(texts, "/app/.venv/bin/python")
	in := boot.Input{Entrypoint: []string{"uv", "run", "python"}, WorkingDir: "/app", Env: map[string]string{"PATH": "/bin"}}
	if chain := boot.Follow(in, newImage(texts)); chain.End != "unknown" {
		t.Errorf("uv run without an environment ends as %s", chain.End)
	}
}

func TestUnknownWordsStayUnknown(t *testing.T) {
	chain := follow("#!/bin/sh\nexec /app/main \"$(date)\"\n")
	last := chain.Steps[len(chain.Steps)-1]
	if chain.End != "program" || len(last.Argv) != 2 || !boot.Unknown(last.Argv[1]) {
		t.Errorf("got %s %q", chain.End, last.Argv)
	}
}

// TestScriptsThatStartThemselves ends where a chain would go on for ever.
func TestScriptsThatStartThemselves(t *testing.T) {
	chain := follow("#!/bin/sh\nexec /app/run.sh \"$@\"\n")
	if chain.End != "unknown" || !strings.Contains(chain.Reason, "more than") {
		t.Errorf("got %s: %s", chain.End, chain.Reason)
	}
	if sourced := follow("#!/bin/sh\n. /app/run.sh\n"); sourced.End == "program" {
		t.Errorf("a script that sources itself ends as %s", sourced.End)
	}
}

func TestForeseeAsksWhatTheChainNeeds(t *testing.T) {
	ask := boot.Foresee(boot.Input{Entrypoint: []string{"/app/run.sh"}})
	for p, head := range map[string]string{
		"/app/run.sh": "#!/bin/sh", "/etc/ld.so.cache": "glib", "/usr/lib64/libc.so.6": "\x7fELF", "/usr/bin/bash": "\x7fELF", "/opt/extensions/agent": "\x7fELF",
	} {
		if len(ask(&layer.Entry{Path: p, Head: []byte(head), Size: 100})) == 0 {
			t.Errorf("nothing is asked of %s", p)
		}
	}
	for _, e := range []layer.Entry{{Path: "/usr/share/doc/x", Head: []byte("text"), Size: 4}, {Path: "/usr/lib64/libbig.so", Head: []byte("\x7fELF"), Size: layer.HoldLimit + 1}} {
		if len(ask(&e)) != 0 {
			t.Errorf("%s is asked", e.Path)
		}
	}
}

// FuzzFollow holds that no script of an image can break the follower.
func FuzzFollow(f *testing.F) {
	for _, seed := range []string{
		"#!/bin/sh\nexec \"$@\"\n", "#!/bin/sh\nset -- a\nif [ -x \"$1\" ]; then exec $1; fi\n", "#!/bin/bash\ncase $1 in a*) exec b;; esac\n[[ -v X && $Y = z* ]] || exit\n",
		"#!/bin/sh\nx=${1:-${2#a}}\n. $x\nwhile read l; do :; done <<E\nE\n", "#!/bin/sh\n$(($(dirname /a)))\n", "\x00\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		chain := follow(script, "app.handler")
		switch chain.End {
		case "program", "broken", "unknown":
		default:
			t.Fatalf("the chain ends as %q", chain.End)
		}
	})
}
