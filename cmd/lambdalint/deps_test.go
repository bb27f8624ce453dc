package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/lambdalint/lambdalint"

// house says who may import whom. A package may import the standard library,
// packages below its own room, and what stands here. Libraries that have one
// home are named in homes; others are free to all but rules.
var house = []struct {
	room  string
	rooms []string // rooms of this project it may import
}{
	{"rules", nil},
	{"inspect", []string{"rules"}},
	{"policy", []string{"rules", "inspect", "testdata/images"}},
	{"report", []string{"rules", "inspect"}},
	{"testdata/images", nil},
	{"testdata/images/conformance", []string{"inspect", "testdata/images"}},
	{"cmd/lambdalint", []string{"rules", "inspect", "policy", "report", "testdata/images"}},
}

var homes = map[string]string{
	"github.com/google/go-containerregistry": "inspect",
	"github.com/open-policy-agent/opa":       "policy",
	"github.com/owenrumney/go-sarif":         "report",
	"github.com/spf13/cobra":                 "cmd/lambdalint",
}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestWhoImportsWhom(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", module+"/...", module+"/testdata/images/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, imported := range p.Imports {
			if why := forbidden(strings.TrimPrefix(p.ImportPath, module+"/"), imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
	if packages < 10 {
		t.Errorf("only %d packages were looked at", packages)
	}
}

func TestForbiddenImportsAreFound(t *testing.T) {
	for _, c := range [][2]string{
		{"rules", "github.com/spf13/cobra"}, {"rules", module + "/inspect"}, {"inspect/layer", module + "/policy"},
		{"report", module + "/policy"}, {"policy", module + "/report"}, {"policy", "github.com/google/go-containerregistry/pkg/v1"},
		{"report", "github.com/google/go-containerregistry/pkg/v1"}, {"inspect", "github.com/open-policy-agent/opa/v1/ast"},
		{"inspect", module + "/cmd/lambdalint"}, {"unknown", "strings/x.y"},
	} {
		if forbidden(c[0], c[1]) == "" {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
}

// forbidden says why a package may not import another; "" where it may.
func forbidden(pkg, imported string) string {
	room := ""
	var rooms []string
	for _, r := range house {
		if pkg == r.room || strings.HasPrefix(pkg, r.room+"/") {
			room, rooms = r.room, r.rooms
		}
	}
	if room == "" {
		return "the package stands in no room of the house"
	}
	if rest, ok := strings.CutPrefix(imported, module+"/"); ok {
		for _, allowed := range append([]string{room}, rooms...) {
			if rest == allowed || strings.HasPrefix(rest, allowed+"/") {
				return ""
			}
		}
		return "that room is not open to " + room
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return ""
	}
	if room == "rules" {
		return "rules imports the standard library only"
	}
	for library, home := range homes {
		if strings.HasPrefix(imported, library) && room != home {
			return "its home is " + home
		}
	}
	return ""
}
