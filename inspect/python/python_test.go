package python_test

import (
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/python"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// image is a file system of texts; a path that ends in a slash is a directory,
// "0600 " in front of a text is its mode.
type image struct {
	*rootfs.FS
	texts map[string]string
}

func newImage(texts map[string]string) *image {
	index := &layer.Index{}
	clean := make(map[string]string)
	for p, text := range texts {
		e := layer.Entry{Path: strings.TrimSuffix(p, "/"), Mode: 0o755}
		if rest, ok := strings.CutPrefix(text, "closed "); ok {
			e.Mode, text = 0o700, rest
		}
		if strings.HasSuffix(p, "/") {
			e.Type = layer.Directory
		}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			e.Type, e.Link = layer.Symlink, target
		}
		e.Size = int64(len(text))
		clean[e.Path] = text
		index.Entries = append(index.Entries, e)
	}
	return &image{rootfs.Merge([]*layer.Index{index}), clean}
}

func (i *image) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	return layer.AnswerBytes(q, []byte(i.texts[node.Path])), true
}

const debian = "/usr/bin/python3.11"

func TestSearch(t *testing.T) {
	base := map[string]string{
		"/usr/bin/python3.11": "", "/usr/lib/python3.11/os.py": "", "/usr/lib/python3/dist-packages/": "", "/usr/local/lib/python3.11/dist-packages/": "",
		"/function/": "", "/opt/code/": "", "/home/u/.local/lib/python3.11/site-packages/": "",
		"/usr/local/bin/python3.12": "", "/usr/local/lib/python3.12/os.py": "", "/usr/local/lib/python3.12/site-packages/editable.pth": "# comment\n/opt/code\nmissing\n",
		"/venv/bin/python": "-> /usr/bin/python3.11", "/venv/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = false\n", "/venv/lib/python3.11/site-packages/": "",
		"/both/bin/python": "-> /usr/bin/python3.11", "/both/pyvenv.cfg": "include-system-site-packages = TRUE\n", "/both/lib/python3.11/site-packages/hook.pth": "import sys; hook()\n",
		"/x.zip": "PK",
	}
	files := newImage(base)
	for name, test := range map[string]struct {
		in    python.Interpreter
		want  string
		doubt string
	}{
		"Debian": {python.Interpreter{Path: debian, Resolved: debian, First: "/function"},
			"/function /usr/lib/python3.11 /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages", ""},
		"PYTHONPATH": {python.Interpreter{Path: debian, Resolved: debian, First: "/function", Env: map[string]string{"PYTHONPATH": "/opt/code:/none:"}},
			"/function /opt/code /usr/lib/python3.11 /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages", ""},
		"isolated": {python.Interpreter{Path: debian, Resolved: debian, First: "/function", Flags: []string{"-I"}, Env: map[string]string{"PYTHONPATH": "/opt/code"}},
			"/usr/lib/python3.11 /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages", ""},
		"safe path": {python.Interpreter{Path: debian, Resolved: debian, First: "/function", Env: map[string]string{"PYTHONSAFEPATH": "1"}},
			"/usr/lib/python3.11 /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages", ""},
		"home": {python.Interpreter{Path: debian, Resolved: debian, Env: map[string]string{"HOME": "/home/u"}},
			"/usr/lib/python3.11 /home/u/.local/lib/python3.11/site-packages /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages", ""},
		".pth": {python.Interpreter{Path: "/usr/local/bin/python3.12", Resolved: "/usr/local/bin/python3.12"},
			"/usr/local/lib/python3.12 /usr/local/lib/python3.12/site-packages /opt/code", ""},
		"virtual environment": {python.Interpreter{Path: "/venv/bin/python", Resolved: debian},
			"/usr/lib/python3.11 /venv/lib/python3.11/site-packages", ""},
		"with the system's, and a hook": {python.Interpreter{Path: "/both/bin/python", Resolved: debian},
			"/usr/lib/python3.11 /both/lib/python3.11/site-packages /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages",
			"/both/lib/python3.11/site-packages/hook.pth runs code that may change where modules are found"},
		"archive": {python.Interpreter{Path: debian, Resolved: debian, Env: map[string]string{"PYTHONPATH": "/x.zip"}},
			"/usr/lib/python3.11 /usr/local/lib/python3.11/dist-packages /usr/lib/python3/dist-packages", "/x.zip is an archive of modules"},
		"no library": {python.Interpreter{Path: "/bin/python3.9", Resolved: "/bin/python3.9", First: "/function"}, "/function",
			"where the library of /bin/python3.9 lies is not known"},
	} {
		got := python.Path(files, test.in)
		if dirs := strings.Join(got.Dirs, " "); dirs != test.want || got.Doubt != test.doubt {
			t.Errorf("%s:\n got  %s (%s)\n want %s (%s)", name, dirs, got.Doubt, test.want, test.doubt)
		}
	}
}

func TestFind(t *testing.T) {
	files := newImage(map[string]string{
		"/a/pkg/__init__.py": "", "/a/pkg/mod.py": "", "/a/pkg.py": "", "/a/plain.py": "", "/a/space/inner.py": "", "/b/space/other.py": "",
		"/a/native.cpython-311-x86_64-linux-gnu.so": "", "/a/wrong.cpython-313-x86_64-linux-gnu.so": "", "/a/abi.abi3.so": "", "/a/byte.pyc": "",
		"/a/secret.py": "closed x", "/a/shut/": "closed ", "/a/shut/__init__.py": "", "/b/late.py": "",
	})
	search := python.Search{Dirs: []string{"/a", "/b"}, Version: "3.11"}
	for name, want := range map[string]string{
		"pkg": "/a/pkg/__init__.py source", "pkg.mod": "/a/pkg/mod.py source", "plain": "/a/plain.py source", "late": "/b/late.py source",
		"space": "/a/space namespace", "space.inner": "/a/space/inner.py source", "space.other": "/b/space/other.py source",
		"native": "/a/native.cpython-311-x86_64-linux-gnu.so native", "abi": "/a/abi.abi3.so native", "byte": "/a/byte.pyc bytecode",
		"wrong": "missing wrong", "none.sub": "missing none", "pkg.none": "missing pkg.none", "plain.sub": "missing plain.sub", "": "missing ", "pkg..mod": "missing pkg.",
		"secret": "/a/secret.py closed /a/secret.py", "shut": "/a/shut/__init__.py closed /a/shut",
	} {
		got := python.Find(files, search, name)
		text := got.File + " " + got.Kind
		switch {
		case got.Closed != "":
			text = got.File + " closed " + got.Closed
		case got.File == "":
			text = "missing " + got.Missing
		}
		if text != want {
			t.Errorf("%q: got %q, want %q", name, text, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	files := newImage(map[string]string{"/a/pkg/__init__.py": "", "/a/pkg/mod.py": "", "/a/x.py": ""})
	f.Add("pkg.mod", "import x\n/a\n")
	f.Add("..", "\x00")
	f.Fuzz(func(t *testing.T, name, pth string) {
		python.Find(files, python.Search{Dirs: []string{"/a"}}, name)
		image := newImage(map[string]string{"/usr/bin/python3.11": "", "/usr/lib/python3.11/os.py": "", "/usr/lib/python3/dist-packages/a.pth": pth})
		python.Path(image, python.Interpreter{Path: debian, Resolved: debian})
	})
}
