package probe

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNodeExports(t *testing.T) {
	for name, test := range map[string]struct{ in, names, flags string }{
		"exports.name":        {"exports.handler = async (event) => { return 1 };\nexports.x == 1; exports['y'] = 2;", "handler y", "cjs"},
		"module.exports":      {"module.exports = { handler, async a() {}, b: 1, 'c': function () {}, get d() { return 1 }, *e() {} };", "a b c d e handler", "cjs"},
		"nested values":       {"module.exports = { a: { no: 1, no2: [no3] }, b: (no4, no5) };\n", "a b", "cjs"},
		"module.exports.name": {"module.exports.handler = x\nmodule.exports.a.b = y", "handler", "cjs"},
		"chain":               {"exports = module.exports = { a };\nmodule.exports = exports = { b };", "a b", "cjs"},
		"function":            {"module.exports = function () {};", "", "cjs dynamic"},
		"whole re-export":     {"module.exports = require('./lib/app');", "", "cjs re-exports=./lib/app"},
		"part re-export":      {"module.exports = require('./lib/app').x;", "", "cjs dynamic"},
		"spread":              {"module.exports = { ...require('./a'), ...b, c };", "c", "cjs dynamic re-exports=./a"},
		"computed":            {"exports[name] = 1", "", "cjs dynamic"},
		"handed on":           {"(function (e) { e.handler = 1 })(exports)", "", "cjs dynamic"},
		"UMD":                 {"typeof exports === 'object' ? factory(exports) : 0", "", "cjs dynamic"},
		"TypeScript":          {"\"use strict\";\nObject.defineProperty(exports, \"__esModule\", { value: true });\nexports.handler = exports.b = void 0;\nObject.defineProperty(exports, \"c\", { enumerable: true, get: function () { return d.c; } });\nconst handler = 1;\nexports.handler = handler;\n__exportStar(require(\"./e\"), exports);\ntslib_1.__exportStar(require(\"./f\"), exports);\n", "b c handler", "cjs re-exports=./e,./f"},
		"esbuild":             {"var i_exports = {};\n__export(i_exports, {\n  handler: () => handler,\n  b: () => b\n});\n__export(other, { no: () => no });\nmodule.exports = __toCommonJS(i_exports);\n", "b handler", "cjs"},
		"esbuild, unknown":    {"module.exports = __toCommonJS(i_exports);\n", "", "cjs dynamic"},
		"esbuild, minified":   {"var h=()=>1;0&&(module.exports={handler});", "handler", "cjs"},
		"assign":              {"Object.assign(exports, { a, b: 1 });", "a b", "cjs"},
		"assign more":         {"Object.assign(module.exports, { a }, other);", "a", "cjs dynamic"},
		"this":                {"this.handler = 1", "handler", ""},
		"mentions":            {"// exports.no = 1\n/* exports.no = 1 */ x = 'exports.no = 1'; y = `exports.no = ${ exports2.no } 1`; z = /exports.no = [/]`/g; a = b / c / d; q.exports.no = 1", "", ""},
		"regular expressions": {"if (x) /'/.test(y); a = (b) / 2; c = d[0] / e / 2; return_ = { f: 1 } / 2; () => { } \n/'/g; exports.g = x++ / 2 / y; return /\"/", "g", "cjs"},
		"templates":           {"a = `x${`y${ { b: '}' }.b }`}` / 2; exports.c = `'`;", "c", "cjs"},
		"declarations":        {"export async function a() {}\nexport function* b() {}\nexport class C {}\nexport const d = () => { let no; }, e = 2\nexport let f\nconst no = 1;\nexport var { g, h: i, ...j } = k, [l] = m;\n", "C a b d e f g i j l", "esm"},
		"list":                {"const a = 1, b = 2;\nexport { a, b as c, d as default, e as 'f' };\nexport { g } from './g.mjs';", "a c f g", "esm default imports=./g.mjs"},
		"stars":               {"export * from './a.mjs';\nexport * as b from 'b';", "b", "esm re-exports=./a.mjs imports=./a.mjs,b"},
		"default":             {"export default { handler: async () => 1, b() {} }", "", "esm default default=b,handler"},
		"imports":             {"import { run } from 'aws-lambda-ric';\nimport x, * as y from \"y\"\nimport 'z'\nconst w = await import('w'); const v = require('v');\nimport.meta.url", "", "cjs esm imports=aws-lambda-ric,v,w,y,z"},
		"script":              {"#!/usr/bin/env node\nexports.a = 1", "a", "cjs"},
		"private":             {"class A { #x = 1; @d y = 2 }\nexports.a = A", "a", "cjs"},
	} {
		t.Run(name, func(t *testing.T) {
			n := mustAsk[NodeFile](t, NodeModule(), []byte(test.in))
			if got := strings.Join(n.Names, " "); got != test.names {
				t.Errorf("names: got %q, want %q", got, test.names)
			}
			imports := ""
			if strings.Contains(test.flags, "imports=") {
				imports = strings.Join(n.Imports, ",")
			}
			var flags []string
			for _, f := range []struct {
				on   bool
				text string
			}{
				{n.CommonJS, "cjs"}, {n.ESM, "esm"}, {n.Dynamic, "dynamic"}, {n.Default, "default"}, {len(n.DefaultNames) > 0, "default=" + strings.Join(n.DefaultNames, ",")},
				{len(n.ReExports) > 0, "re-exports=" + strings.Join(n.ReExports, ",")}, {imports != "", "imports=" + imports},
			} {
				if f.on {
					flags = append(flags, f.text)
				}
			}
			if got := strings.Join(flags, " "); got != test.flags {
				t.Errorf("flags: got %q, want %q", got, test.flags)
			}
		})
	}
}

func TestNodeModuleThatIsHostile(t *testing.T) {
	for reason, in := range map[string]string{
		"a NUL at byte 2":             "ab\x00",
		"line 2: a string that does":  "\nx = 'y\n",
		"a string that does not end":  "x = \"",
		"line 1: a template that":     "x = `y\n\n",
		"a template that does":        "x = `${",
		"a comment that does not end": "/* x",
		"a ( that is never closed":    "f(",
		"a ] that closes nothing":     "f(]",
		"nested brackets":             strings.Repeat("[", scriptMaxDepth+1),
		"is not JavaScript":           "\x7fELF\x01",
		"names that are kept":         "module.exports={" + strings.Repeat("a,", nodeMaxNames+1) + "}",
		"more than the 33554432":      strings.Repeat(" ", scriptLimit+1),
	} {
		t.Run(reason, func(t *testing.T) { wantFailed(t, NodeModule(), []byte(in), reason) })
	}
	deep := strings.Repeat("`${", 2000)
	wantFailed(t, NodeModule(), []byte(deep), "nested brackets")
}

func FuzzNodeModule(f *testing.F) {
	f.Add([]byte("module.exports = { ...require('a'), b: `${c}`, [d]: /e/ }; export const { f, g: h } = i"))
	f.Add([]byte("Object.defineProperty(exports, 'a', {}); __export(x, { a: () => a }); import * as y from 'z'; export * as q from 'r'"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, NodeModule(), data) })
}

// TestNodeSourcesOfThisMachine cuts sources that Node.js itself takes. Those
// that it refuses are not counted. LAMBDALINT_CORPUS=1 takes all of them.
func TestNodeSourcesOfThisMachine(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node here")
	}
	files := corpus(t, 150, func(name string) bool {
		return slices.Contains([]string{".js", ".mjs", ".cjs"}, filepath.Ext(name))
	}, "/usr/lib/node_modules", "/usr/share/nodejs", "/usr/local/lib/node_modules")
	if len(files) == 0 {
		t.Skip("no sources here")
	}
	read, dynamic := 0, 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		n, err := ask[NodeFile](t, NodeModule(), data)
		if err != nil {
			if exec.Command(node, "--check", name).Run() == nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		read++
		if n.Dynamic {
			dynamic++
		}
	}
	t.Logf("%d sources read, %d of them export what cannot be seen", read, dynamic)
}
