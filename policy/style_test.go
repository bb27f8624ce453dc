package policy

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/loader"
)

var update = flag.Bool("update", false, "write files anew as opa fmt has them")

func regoFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, root := range []string{"lib", "../rules"} {
		err := filepath.WalkDir(root, func(p string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(p, ".rego") {
				files = append(files, p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestRegoIsFormatted holds our Rego to what `opa fmt` makes of it.
func TestRegoIsFormatted(t *testing.T) {
	for _, file := range regoFiles(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.SourceWithOpts(file, source, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Error(err)
			continue
		}
		switch {
		case bytes.Equal(source, want):
		case *update:
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is not as opa fmt has it; run: go test ./policy -run Formatted -update", file)
		}
	}
}

// TestStockCheck does what `opa check --strict --schema inspect/schema
// policy/lib rules` does, with nothing of our own set up.
func TestStockCheck(t *testing.T) {
	schemas, err := loader.Schemas("../inspect/schema")
	if err != nil {
		t.Fatal(err)
	}
	modules := make(map[string]*ast.Module)
	for _, file := range regoFiles(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if modules[file], err = ast.ParseModuleWithOpts(file, string(source), ast.ParserOptions{ProcessAnnotation: true}); err != nil {
			t.Fatal(err)
		}
	}
	compiler := ast.NewCompiler().WithSchemas(schemas).WithUseTypeCheckAnnotations(true).WithStrict(true)
	if compiler.Compile(modules); compiler.Failed() {
		t.Error(compiler.Errors)
	}
	// The same must not compile where a field is misspelt, or nothing was checked.
	modules["x"] = ast.MustParseModule("package lambdalint.rules.x\n\nfound := input.config.usr\n")
	broken := ast.NewCompiler().WithSchemas(schemas).WithUseTypeCheckAnnotations(true)
	if broken.Compile(modules); !broken.Failed() {
		t.Error("a misspelt field compiles")
	}
}

// TestSandbox writes down which built-ins are out of reach, so that an upgrade
// of OPA that brings new ones of their kind is noticed.
func TestSandbox(t *testing.T) {
	inside := make(map[string]bool)
	for _, builtin := range sandbox().Builtins {
		inside[builtin.Name] = true
	}
	var outside []string
	for _, builtin := range ast.CapabilitiesForThisVersion().Builtins {
		if !inside[builtin.Name] {
			outside = append(outside, builtin.Name)
		}
	}
	want := "http.send io.jwt.decode_verify io.jwt.encode_sign io.jwt.encode_sign_raw json.match_schema json.verify_schema net.lookup_ip_addr opa.runtime providers.aws.sign_req rand.intn time.now_ns trace uuid.rfc4122"
	if got := strings.Join(outside, " "); got != want {
		t.Errorf("out of reach are\n%s\nwant\n%s", got, want)
	}
	if net := sandbox().AllowNet; net == nil || len(net) > 0 {
		t.Errorf("hosts in reach: %v", net)
	}
}
