package probe

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPythonNames(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want string
	}{
		"def":               {"def handler(event, context):\n    inner = 1\n    def deep(): pass\n", "handler"},
		"async":             {"async  def handler (e, c): x = 1; y = 2\nz = 1", "handler z"},
		"class":             {"class A(B):\n\tx = 1\n\tdef f(self): pass\n", "A"},
		"assignment":        {"a = b = c.d = e[f] = g = 1\n(h, [i, *j], k.l), m = x\nn: int = 1\no: int\np += 1\n", "a b g h i j m n p"},
		"brackets":          {"(q).r = 1\n(s) = 1\n[t] = u[v] = w\n", "s t"},
		"lambda":            {"a = lambda x=1, y=2: x\nlambda: z\n", "a"},
		"import":            {"import os, a.b.c, d.e as f\nfrom .. import g\nfrom .h import (i as j,\n  k, # comment\n)\nfrom x import *\n", "a f g j k os"},
		"blocks":            {"if x:\n    a = 1\nelif (y):\n    b = 1\nelse: c = 1; d = 2\ntry:\n  import e\nexcept (E, F) as g:\n  h = 1\nfinally: pass\nfor i, (j, k[0]) in x: l = 1\nwhile lambda: x: m = 1\nwith a as n, b as (o, p), c.d as q.r: pass\nwith (open(x) as s, y as t,): pass\nasync for u in x: pass\n", "a b c d e g h i j l m n o p s t u"},
		"match":             {"match x:\n    case [a, *b] if c: pass\n    case D(e=f) | g.h: i = 1\nmatch = 1\ncase: int = 2\nmatch.x = 3\nmatch(y)\n", "a b case f i match"},
		"walrus":            {"if (a := f()) and [b := 1]: pass\nx[c := 1]\n", "a b c"},
		"type":              {"type A = int\ntype B[T] = T\ntype = 3\n", "A B type"},
		"strings":           {"a = '''\ndef no(): pass\n'''\nb = r'\\'\nc = \"\\\"\ndef no2(): pass\"\n", "!"},
		"raw":               {"b = r'\\''; c = rb\"\\\"x\"; d = 'x\\\ny'\n", "b c d"},
		"formatted":         {"a = f'{x['y']:>{w}} {{ {d[\"k\"]!r} }}'\nb = f'''{\n  x:%H:%M\n}'''\nc = rf\"{f'{1}'}\"\n", "a b c"},
		"escaped braces":    {"a = rf'(\\{{)({x})'\nb = f'\\N{DASH}{'x'}\\{y}'\nc = rf'\\{'x'}'\n", "a b c"},
		"joined":            {"a = \\\n  1\nb = (1,\ndef_ , 2)\n", "a b"},
		"comments":          {"# def no(): pass\na = 1 # b = 2\n", "a"},
		"no newline at end": {"a = 1 # x", "a"},
		"carriage returns":  {"def a(): pass\r\nif x:\r\n  b = 1\rc = 1\n", "a b c"},
		"tabs":              {"def f():\n        a = 1\n\tb = 2\nc = 1\n", "c f"},
		"expressions":       {"a == b\nf(c=1)\nd != e\nreturn_ <= g\n", ""},
		"empty":             {"", ""},
		"form feed":         {"\fa = 1\n", "a"},
		"BOM":               {"\xef\xbb\xbfa = 1\n", "a"},
		"not ASCII":         {"größe = 1\n", "größe"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.want == "!" {
				wantFailed(t, PythonModule(), []byte(test.in), "a string that does not end")
				return
			}
			got := mustAsk[PythonFile](t, PythonModule(), []byte(test.in))
			if names := strings.Join(got.Names, " "); names != test.want {
				t.Errorf("got  %s\nwant %s", names, test.want)
			}
		})
	}
}

func TestPythonFlags(t *testing.T) {
	in := "from a.b import *\nfrom . import c\nimport awslambdaric.bootstrap\n@decorate(x)\n@twice\ndef handler(e): pass\ndef plain():\n    global later, more\n    from inner.module import x\n    import other\ndel c, (plain), d.e\n"
	p := mustAsk[PythonFile](t, PythonModule(), []byte(in))
	if !slices.Equal(p.StarImports, []string{"a.b"}) || !slices.Equal(p.Decorated, []string{"handler"}) || !slices.Equal(p.Global, []string{"later", "more"}) ||
		!slices.Equal(p.Deleted, []string{"c", "plain"}) || !slices.Equal(p.Imports, []string{".", "a.b", "awslambdaric.bootstrap", "inner.module", "other"}) || p.GlobalsUsed || !p.Dynamic() {
		t.Errorf("got %+v", p)
	}
	for in, want := range map[string]bool{
		"globals()['handler'] = f":                        true,
		"def f():\n    globals().update(x)\n":             true,
		"exec(code)":                                      true,
		"vars()['x'] = 1":                                 true,
		"locals()['x'] = 1":                               true,
		"setattr(sys.modules[__name__], 'x', 1)":          true,
		"def __getattr__(name): pass":                     true,
		"def f():\n    return locals(), vars(x)\n":        false,
		"'globals()'":                                     false,
		"conn.exec('x')\nf(vars(x))\nsys.modules['json']": false,
		"handler = 1":                                     false,
	} {
		if got := mustAsk[PythonFile](t, PythonModule(), []byte(in)); got.Dynamic() != want {
			t.Errorf("%q: dynamic %t", in, !want)
		}
	}
	if p := mustAsk[PythonFile](t, PythonModule(), []byte("caf\xe9 = 1\n")); !p.Dynamic() {
		t.Errorf("Latin-1: %+v", p)
	}
}

func TestPythonThatIsHostile(t *testing.T) {
	for reason, in := range map[string]string{
		"a NUL at byte 1":            "a\x00b",
		"a bracket that is never":    "a = (1,\n",
		"a ) that closes nothing":    "a = 1)\n",
		"a ] that closes nothing":    "a = (1]\n",
		"line 3: a string that does": "\n\na = 'x\n",
		"line 2: a string that does": "\na = '''x\n\n",
		"is not Python":              "#!/bin/sh\necho $HOME\n",
		"ends no line":               "a = \\ 1\n",
		"nested brackets":            strings.Repeat("(", pythonMaxDepth+1),
		"braces that are read":       strings.Repeat("f'{", pythonMaxNested*3),
		"tokens that are read":       strings.Repeat("a,", pythonMaxTokens),
		"names that are kept":        manyNames(),
		"more than the 16777216":     strings.Repeat(" ", pythonLimit+1),
	} {
		t.Run(reason, func(t *testing.T) { wantFailed(t, PythonModule(), []byte(in), reason) })
	}
}

func manyNames() string {
	var out strings.Builder
	for i := range pythonMaxNames + 1 {
		fmt.Fprintf(&out, "n%d = 1\n", i)
	}
	return out.String()
}

func FuzzPythonModule(f *testing.F) {
	f.Add([]byte("a = f'{x['y']:>{w}}'\nwith (a as b, c as d): pass\n"))
	f.Add([]byte("match x:\n case [a]: pass\nfrom x import (y as z)\n@d\nasync def f(): global q\n"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, PythonModule(), data) })
}

// pythonSymbols prints, for each file named on standard input, the names that
// CPython's own symbol table says the module binds, or null for a file that
// CPython does not compile.
const pythonSymbols = `
import ast, json, sys, symtable, warnings
warnings.simplefilter("ignore")
for name in sys.stdin.read().split("\n"):
    try:
        with open(name, "rb") as f:
            source = f.read()
        table = symtable.symtable(source, name, "exec")
        names = [s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()]
        # "name: type" alone binds nothing, and counts as assigned there.
        bare = [n.target.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.AnnAssign) and n.value is None and isinstance(n.target, ast.Name)]
        names = {"names": names, "bare": bare}
    except Exception as e:
        names = None
    print(json.dumps(names))
`

// TestPythonAgreesWithCPython compares the names of modules of this machine
// with CPython's. LAMBDALINT_CORPUS=1 takes all of them.
func TestPythonAgreesWithCPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	dirs := []string{"/usr/lib/python3", "/usr/lib/python3.11"}
	if out, err := exec.Command(python, "-c", "import os; print(os.path.dirname(os.__file__))").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	files := corpus(t, 100, func(name string) bool { return filepath.Ext(name) == ".py" }, dirs...)
	cmd := exec.Command(python, "-c", pythonSymbols)
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("python3 does not run: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(files) {
		t.Skipf("%d answers for %d files", len(lines), len(files))
	}
	compared, uncompiled := 0, 0
	for i, name := range files {
		var want struct{ Names, Bare []string }
		if err := json.Unmarshal([]byte(lines[i]), &want); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if lines[i] == "null" {
			uncompiled++
			continue
		}
		got, err := ask[PythonFile](t, PythonModule(), data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		compared++
		missing, surplus := without(without(want.Names, want.Bare), got.Names), without(got.Names, want.Names)
		if len(missing)+len(surplus) > 0 {
			t.Errorf("%s:\nmissing %v\nsurplus %v", name, missing, surplus)
		}
	}
	t.Logf("%d modules compared, %d that CPython does not compile", compared, uncompiled)
}

func without(a, b []string) []string {
	var rest []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			rest = append(rest, x)
		}
	}
	return rest
}
