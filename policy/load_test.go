package policy_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lambdalint/lambdalint/policy"
)

const resultOnly = "import data.lambdalint.result\n\n"

const imports = "import data.lambdalint.paths\nimport data.lambdalint.result\n\n"

// denies is a rule whose deny has this body.
func denies(body string) policy.Source {
	return one("own-rule", "", "import data.lambdalint.result\n\ndeny contains result.image(\"x\") if {\n"+body+"\n}\n")
}

func asks(metadata, body string) policy.Source {
	return one("own-rule", metadata, imports+"deny contains result.image(\"x\") if {\n"+body+"\n}\n")
}

// TestRefusedRules tries what a rule must not do. Each is refused at load, by
// name, with the cause.
func TestRefusedRules(t *testing.T) {
	tests := map[string]struct {
		source policy.Source
		want   []string
	}{
		"network":          {denies(`http.send({"method": "get", "url": "https://example.com"}).status_code == 200`), []string{"own/own-rule/rule.rego:", "undefined function http.send"}},
		"clock":            {denies(`time.now_ns() > 0`), []string{"undefined function time.now_ns"}},
		"environment":      {denies(`opa.runtime().env.HOME`), []string{"undefined function opa.runtime"}},
		"random":           {denies(`rand.intn("x", 3) == 1`), []string{"undefined function rand.intn"}},
		"uuid":             {denies(`uuid.rfc4122("x") != ""`), []string{"undefined function uuid.rfc4122"}},
		"name lookup":      {denies(`net.lookup_ip_addr("example.com")`), []string{"undefined function net.lookup_ip_addr"}},
		"schema from afar": {denies(`json.match_schema({}, {"$ref": "https://example.com/x"})[0]`), []string{"undefined function json.match_schema"}},
		"signing":          {denies(`providers.aws.sign_req({}, {}, 1)`), []string{"undefined function providers.aws.sign_req"}},

		"files directly":       {denies(`some f in input.files; f.size > 3`), []string{"own-rule/rule.rego:", "input.files is not for rules", "data.lambdalint.paths"}},
		"index directly":       {denies(`not input.index.by_path["/x"]`), []string{"input.index is not for rules"}},
		"removed directly":     {denies(`count(input.removed) > 0`), []string{"input.removed is not for rules"}},
		"asked directly":       {denies(`count(input.asked.globs) > 0`), []string{"input.asked is not for rules"}},
		"the whole input":      {denies(`x := input; count(x) > 0`), []string{"the input as a whole"}},
		"a computed field":     {denies(`some part in ["files"]; count(input[part]) > 0`), []string{"hides what the rule reads"}},
		"object.get":           {denies(`object.get(input.config, "usr", "") == ""`), []string{"object.get on the input hides"}},
		"object.get by a name": {denies(`c := input.config; object.get(c, "usr", "") == ""`), []string{"object.get on the input hides"}},
		"object.get of a file": {asks("", `f := paths.at("/x"); object.get(f, "usr", "") == ""`), []string{"object.get on the input hides"}},
		"walk":                 {denies(`walk(input.boot, [_, value]); value == "x"`), []string{"walk on the input hides"}},
		"content past paths":   {asks("contents: [/x]", `paths.at("/x").content == ""`), []string{"past paths.content"}},

		"typo":             {denies(`input.config.usr == ""`), []string{"undefined ref: input.config.usr", `input.config.usr == ""`, "^", "user"}},
		"typo under not":   {denies(`not input.config.usr`), []string{"undefined ref: input.config.usr"}},
		"typo in every":    {denies(`every e in input.config.env { e.nam != "x" }`), []string{"own-rule/rule.rego:", "undefined ref", "nam"}},
		"typo in a helper": {one("own-rule", "", imports+"deny contains result.file(f, \"x\") if { some f in paths.under(\"/x\"); f.sice > 3 }\n"), []string{"undefined ref", "sice"}},
		"wrong type":       {denies(`startswith(input.size.flattened, "x")`), []string{"invalid argument"}},
		"unused variable":  {denies(`x := 3`), []string{"assigned var x unused"}},
		"syntax":           {denies(`if if`), []string{"own-rule/rule.rego:", "^"}},

		"dynamic at":      {asks("", `some p in input.config.volumes; paths.at(p).size > 3`), []string{"paths.at is called with an argument that is known only when the rule runs", "custom.files"}},
		"dynamic under":   {asks("", `some p in input.config.volumes; count(paths.under(p)) > 3`), []string{"paths.under is called"}},
		"dynamic usage":   {asks("files: [/x]", `some p in input.config.volumes; paths.usage(p).bytes > 3`), []string{"paths.usage needs a constant directory"}},
		"content unasked": {asks("", `some f in paths.under("/x"); paths.content(f) == ""`), []string{"custom.contents does not say"}},
		"relative path":   {asks("", `paths.at("etc/passwd").size > 3`), []string{`paths.at("etc/passwd")`, "absolute"}},
		"bad glob":        {asks("", `count(paths.matching("/a**")) > 3`), []string{"** must be a whole segment"}},
		"private helper":  {denies(`data.lambdalint.paths._shown("/x")`), []string{"private to its package"}},

		"another rule":        {denies(`count(data.lambdalint.rules["image-size"].deny) > 0`), []string{"reaches other rules"}},
		"all data":            {denies(`data.lambdalint`), []string{"recursive"}},
		"another's parameter": {denies(`data.lambdalint.params["image-size"].limit > 3`), []string{"reads its parameters as"}},
		"undeclared parameter": {one("own-rule", "params: {limit: 3}", "import data.lambdalint.result\n\ndeny contains result.image(\"x\") if data.lambdalint.params[\"own-rule\"].limt > 3\n"),
			[]string{`declares no "limt"`, `did you mean "limit"?`}},
		"with": {denies(`input.as_of == "x" with input as {}`), []string{"`with` belongs into tests"}},

		"not and an element":   {denies(`not startswith(input.config.cmd[0], "/")`), []string{"input.config.cmd[0] under `not`"}},
		"not and a file":       {asks("", `not paths.at("/x").size > 3`), []string{`paths.at("/x") under `, "helper rule"}},
		"not and a helper":     {one("own-rule", "", imports+"deny contains result.image(\"x\") if not large(first)\nfirst := paths.at(\"/x\")\nlarge(f) if f.size > 3\n"), []string{"first under `not`"}},
		"deny is no set":       {one("own-rule", "", "deny := {1}\n"), []string{"deny must be a set"}},
		"no deny":              {one("own-rule", "", "x := 1\n"), []string{"defines no deny"}},
		"reason is no text":    {one("own-rule", "", imports+"deny contains result.image(\"x\") if false\nnot_applicable contains \"x\"\n"), []string{"not_applicable must be one text"}},
		"wrong package":        {folder("own-rule", metadata+"package lambdalint.rules[\"other\"]\n\ndeny contains 1 if true\n"), []string{`must be lambdalint.rules["own-rule"]`}},
		"redefines library":    {folder("own-rule", metadata+"package lambdalint.paths\n\nat(p) := p\n"), []string{`must be lambdalint.rules["own-rule"]`}},
		"no metadata":          {folder("own-rule", "package lambdalint.rules[\"own-rule\"]\n\ndeny contains 1 if true\n"), []string{"has no METADATA"}},
		"unknown metadata":     {one("own-rule", "levle: note", "deny contains 1 if true\n"), []string{"custom.levle is not known", `did you mean "level"?`}},
		"wrong metadata":       {one("own-rule", "files: /x", "deny contains 1 if true\n"), []string{"custom.files", "list of strings"}},
		"level unknown":        {folder("own-rule", strings.Replace(metadata, "level: error", "level: fatal", 1)+"package lambdalint.rules[\"own-rule\"]\n\ndeny contains 1 if true\n"), []string{`custom.level is "fatal"`}},
		"max level too low":    {one("own-rule", "max_level: note", "deny contains 1 if true\n"), []string{"max_level note is below"}},
		"folder's name":        {folder("Own_Rule", metadata+"package lambdalint.rules[\"Own_Rule\"]\n\ndeny contains 1 if true\n"), []string{"lower case with hyphens"}},
		"no README":            {policy.Source{Origin: "own", FS: fstest.MapFS{"own-rule/rule.rego": {Data: []byte(metadata + "package lambdalint.rules[\"own-rule\"]\n\ndeny contains 1 if true\n")}}}, []string{"no README.md"}},
		"another file's name":  {policy.Source{Origin: "own", FS: fstest.MapFS{"own-rule/check.rego": {Data: []byte("package x")}}}, []string{"must be named rule.rego"}},
		"no folder":            {policy.Source{Origin: "own", FS: fstest.MapFS{"rule.rego": {Data: []byte("package x")}}}, []string{"a rule is a folder"}},
		"library elsewhere":    {library("package lambdalint.paths\n\nat(p) := p\n"), []string{"own/lib/x.rego", "lambdalint.lib.NAME"}},
		"library reads files":  {library("package lambdalint.lib.x\n\nbig := input.files\n"), []string{"own/lib/x.rego", "input.files is not for rules"}},
		"library has no rules": {library("package lambdalint.lib\n\nbig := 1\n"), []string{"lambdalint.lib.NAME"}},
		"huge":                 {folder("own-rule", strings.Repeat("#", 2<<20)), []string{"too many for a rule"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Load(test.source)
			if err == nil {
				t.Fatal("the rule was accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

const metadata = "# METADATA\n# title: A rule\n# description: It says so.\n# custom:\n#   level: error\n#   category: own\n"

func folder(name, text string) policy.Source {
	return policy.Source{Origin: "own", FS: fstest.MapFS{name + "/rule.rego": {Data: []byte(text)}, name + "/README.md": {Data: []byte("## Why\n")}}}
}

func library(text string) policy.Source {
	return policy.Source{Origin: "own", FS: fstest.MapFS{"lib/x.rego": {Data: []byte(text)}}}
}

// TestAcceptedRules guards against refusing too much.
func TestAcceptedRules(t *testing.T) {
	tests := map[string]policy.Source{
		"object.get of its own":     denies(`object.get({"a": 1}, "b", 2) == input.size.files`),
		"object.get of content":     asks("", `doc := json.unmarshal(paths.content("/x")); object.get(doc, "b", 2) == 2`),
		"not and a constant":        one("own-rule", "", resultOnly+"deny contains result.image(\"x\") if not input.config.user in allowed\nallowed := {\"a\"}\n"),
		"not and content":           asks("", `not contains(paths.content("/x"), "y")`),
		"not and what is there":     denies(`input.config.cmd[0] != ""; not startswith(input.config.cmd[0], "/")`),
		"not and a named field":     one("own-rule", "", resultOnly+"deny contains result.image(\"x\") if not user in {\"a\"}\nuser := input.config.user\n"),
		"not and a comparison":      denies(`not input.config.cmd[0] == "x"`),
		"not and a helper's answer": one("own-rule", "", resultOnly+"deny contains result.image(\"x\") if not large(\"/x\")\nlarge(p) if input.config.user == p\n"),
		"dynamic with files":        asks("files: [/x/**]", `some p in input.config.volumes; paths.at(p).size > 3`),
		"own data":                  denies(`data.team.allowed[input.config.user]`),
		"every":                     denies(`every e in input.config.env { e.name != "x" }`),
	}
	for name, source := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := policy.Load(source); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRequestIsReadFromTheSource(t *testing.T) {
	source := one("own-rule", "files: [/srv/**]\ncontents: [/etc/*-release]", imports+`
deny contains result.image("x") if {
	paths.at("/etc/a*b").size > 3
	count(paths.under("/opt")) > 3
	count(paths.matching("/usr/**/*.so")) > 3
	count(paths.removed_matching("/root/**")) > 3
	paths.content("/etc/hosts") == ""
	paths.usage("/var/cache").bytes > 3
	helped
}

helped if data.lambdalint.lib.x.helps
`)
	source.FS.(fstest.MapFS)["lib/x.rego"] = &fstest.MapFile{Data: []byte("package lambdalint.lib.x\n\nimport data.lambdalint.paths\n\nhelps if paths.at(\"/lib/asks\")\n")}
	source.FS.(fstest.MapFS)["lib/y.rego"] = &fstest.MapFile{Data: []byte("package lambdalint.lib.y\n\nimport data.lambdalint.paths\n\nhelps if paths.at(\"/not/used\")\n")}
	request := load(t, source).Request("own-rule").Rules[0]
	globs := strings.Join(request.Globs, " ")
	want := `/srv/** /etc/*-release /etc/a\*b /opt/*/** /usr/**/*.so /root/** /etc/hosts /lib/asks`
	if globs != want {
		t.Errorf("globs\n%s\nwant\n%s", globs, want)
	}
	if contents := strings.Join(request.Contents, " "); contents != "/etc/*-release /etc/hosts" {
		t.Errorf("contents %s", contents)
	}
	if usage := strings.Join(request.Usage, " "); usage != "/var/cache" {
		t.Errorf("usage %s", usage)
	}
}

func TestReplacing(t *testing.T) {
	own := one("image-size", "", "import data.lambdalint.result\n\ndeny contains result.image(\"never enough\") if true\n")
	set := load(t, builtin(), own)
	rule, ok := set.Rule("image-size")
	if !ok || !rule.Replaces || rule.Origin != "own" {
		t.Errorf("%+v", rule)
	}
	outcome := judge(t, set, policy.Config{}, image())["image-size"]
	if len(outcome.Findings) != 1 || outcome.Findings[0].Message != "never enough" {
		t.Errorf("the built-in rule still speaks: %+v", outcome)
	}
	if set.Digest() == load(t, builtin()).Digest() {
		t.Error("another set has the same digest")
	}
	if load(t, builtin()).Digest() != load(t, policy.Source{FS: onDisk(t), Origin: "elsewhere"}).Digest() {
		t.Error("the same rules from elsewhere have another digest")
	}
}

func onDisk(t *testing.T) fs.FS {
	t.Helper()
	return os.DirFS("../rules")
}
