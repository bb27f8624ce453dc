package probe

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestPackageJSON(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want PackageJSONFile
	}{
		"whole": {`{"name":"aws-lambda-ric","version":"4.0.2","type":"module","main":"./index.mjs","bin":{"aws-lambda-ric":"./index.mjs","x":1},"exports":{".":"./i.mjs"},"engines":{"node":">=22"}}`,
			PackageJSONFile{Name: "aws-lambda-ric", Version: "4.0.2", Type: "module", Main: "./index.mjs", Bin: map[string]string{"aws-lambda-ric": "./index.mjs"}, Exports: true, Node: ">=22"}},
		"one command": {`{"name":"x","bin":"x.js","exports":null}`, PackageJSONFile{Name: "x", Bin: map[string]string{"x": "x.js"}}},
		"wrong types": {`{"name":1,"version":{},"type":"esm","main":false,"bin":[1]}`, PackageJSONFile{}},
		"BOM":         {"\xef\xbb\xbf{\"name\":\"x\"}", PackageJSONFile{Name: "x"}},
		"empty":       {`{}`, PackageJSONFile{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustAsk[PackageJSONFile](t, PackageJSON(), []byte(test.in)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v\nwant %+v", got, test.want)
			}
		})
	}
	for _, bad := range []string{"", "null", "[]", "not JSON", `{"name":"x"`, `{"name":"x",}`, strings.Repeat(`{"a":`, 20000)} {
		wantFailed(t, PackageJSON(), []byte(bad), "not a JSON object")
	}
	wantFailed(t, PackageJSON(), make([]byte, jsonLimit+1), "more than the 16777216")
	var many strings.Builder
	for i := range packageMaxBin + 1 {
		fmt.Fprintf(&many, `,"c%d":"f"`, i)
	}
	wantFailed(t, PackageJSON(), []byte(`{"bin":{`+many.String()[1:]+`}}`), "4097 commands")
}

func TestDotnetDeps(t *testing.T) {
	in := `{ // made by hand
  "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64", "signature": ""},
  "libraries": {
    "App/1.0.0": {"type": "project"}, /* a // comment */
    "Amazon.Lambda.RuntimeSupport/1.10.0": {"type": "package", "path": "http://x/*y*/"}
  }
}`
	got := mustAsk[DotnetDepsFile](t, DotnetDeps(), []byte(in))
	want := DotnetDepsFile{".NETCoreApp,Version=v8.0/linux-x64", []DotnetLibrary{{"Amazon.Lambda.RuntimeSupport", "1.10.0", "package"}, {"App", "1.0.0", "project"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if l, ok := got.Library("amazon.lambda.runtimesupport"); !ok || l.Version != "1.10.0" {
		t.Errorf("library: %+v", l)
	}
	wantFailed(t, DotnetDeps(), []byte("MZ"), "not a JSON object")
	wantFailed(t, DotnetDeps(), []byte("{} /* open"), "not a JSON object")
}

func TestDotnetRuntimeConfig(t *testing.T) {
	in := `{"runtimeOptions":{"tfm":"net8.0","rollForward":"Major","frameworks":[{"name":"Microsoft.NETCore.App","version":"8.0.0"},{"name":"Microsoft.AspNetCore.App","version":"8.0.0"}],"configProperties":{"System.Globalization.Invariant":true}}}`
	want := DotnetRuntimeConfigFile{TFM: "net8.0", RollForward: "Major", InvariantGlobalization: true,
		Frameworks: []DotnetFramework{{"Microsoft.NETCore.App", "8.0.0"}, {"Microsoft.AspNetCore.App", "8.0.0"}}}
	if got := mustAsk[DotnetRuntimeConfigFile](t, DotnetRuntimeConfig(), []byte(in)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	one := `{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"6.0.0"}}}`
	if got := mustAsk[DotnetRuntimeConfigFile](t, DotnetRuntimeConfig(), []byte(one)); len(got.Frameworks) != 1 || got.Frameworks[0].Version != "6.0.0" {
		t.Errorf("got %+v", got)
	}
	own := `{"runtimeOptions":{"includedFrameworks":[{"name":"Microsoft.NETCore.App","version":"6.0.0"}]}}`
	if got := mustAsk[DotnetRuntimeConfigFile](t, DotnetRuntimeConfig(), []byte(own)); len(got.Frameworks) != 0 || len(got.Included) != 1 {
		t.Errorf("got %+v", got)
	}
	wantFailed(t, DotnetRuntimeConfig(), []byte(`{}`), "runtimeOptions")
	wantFailed(t, DotnetRuntimeConfig(), []byte(`{"runtimeOptions":{"frameworks":7}}`), "frameworks")
}

func TestOSRelease(t *testing.T) {
	in := "# a comment\nNAME=\"Amazon Linux\"\r\nID=amzn\nVERSION_ID='2023'\nPRETTY_NAME=\"Amazon \\\"Linux\\\" 2023\"\nnonsense\nID_LIKE=\"fedora\"\n"
	want := OSReleaseFile{ID: "amzn", VersionID: "2023", PrettyName: `Amazon "Linux" 2023`}
	if got := mustAsk[OSReleaseFile](t, OSRelease(), []byte(in)); got != want {
		t.Errorf("got %+v", got)
	}
	wantFailed(t, OSRelease(), []byte("ID=\xff\n"), "not UTF-8")
	wantFailed(t, OSRelease(), make([]byte, osReleaseLimit+1), "more than the 65536")
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"name":"x","bin":{"a":"b"},"engines":{"node":"1"}}`))
	f.Add([]byte(`{"runtimeOptions":{"framework":{"name":"x","version":"1"}}} // x`))
	f.Add([]byte(`{"libraries":{"a/1":{"type":"package"}} /* x */}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		noPanic(t, PackageJSON(), data)
		noPanic(t, DotnetDeps(), data)
		noPanic(t, DotnetRuntimeConfig(), data)
	})
}

func FuzzOSRelease(f *testing.F) {
	f.Add([]byte("ID=\"a\\\"\nPRETTY_NAME='"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, OSRelease(), data) })
}
