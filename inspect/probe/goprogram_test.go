package probe

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lambdaStub has the shape of aws-lambda-go's entry points.
const lambdaStub = `package lambda

import "os"

type Handler interface{ Invoke() }

func Start(h Handler)            { StartWithOptions(h) }
func StartWithOptions(h Handler) { startRuntimeAPILoop(os.Getenv("AWS_LAMBDA_"+"RUNTIME_API"), h) }

//go:noinline
func startRuntimeAPILoop(api string, h Handler) { println(api); h.Invoke() }

// NewHandler links the loop and does not start it.
func NewHandler(h Handler) func() { return func() { startRuntimeAPILoop("", h) } }
`

// buildGo builds a program that uses a module with the path of aws-lambda-go.
func buildGo(t *testing.T, main string, flags ...string) []byte {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool here")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.go":               main,
		"go.mod":                "module example.org/fn\n\ngo 1.22\n\nrequire github.com/aws/aws-lambda-go v1.47.0\n\nreplace github.com/aws/aws-lambda-go => ./stub\n",
		"stub/go.mod":           "module github.com/aws/aws-lambda-go\n\ngo 1.22\n",
		"stub/lambda/lambda.go": lambdaStub,
		"stub/events/events.go": "package events\n\ntype Event struct{ Name string }\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "fn")
	cmd := exec.Command(tool, append(append([]string{"build", "-buildvcs=false", "-o", out}, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOOS=linux", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %v: %v: %s", flags, err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const (
	goStarts  = "package main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\ntype h struct{}\n\nfunc (h) Invoke() {}\n\nfunc main() { lambda.Start(h{}) }\n"
	goLinks   = "package main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\ntype h struct{}\n\nfunc (h) Invoke() {}\n\nfunc main() { lambda.NewHandler(h{})() }\n"
	goEvents  = "package main\n\nimport \"github.com/aws/aws-lambda-go/events\"\n\nfunc main() { println(events.Event{Name: \"x\"}.Name) }\n"
	goMention = "package main\n\nimport \"github.com/aws/aws-lambda-go/events\"\n\nvar s = \"\\x00github.com/aws/aws-lambda-go/lambda.Start\\x00\"\n\nfunc main() { println(events.Event{Name: s}.Name) }\n"
)

func TestGoProgramsThatWereBuilt(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Go programs")
	}
	for name, test := range map[string]struct {
		main            string
		flags           []string
		linked, started bool
	}{
		"plain":      {goStarts, nil, true, true},
		"stripped":   {goStarts, []string{"-ldflags=-s -w", "-trimpath", "-tags=lambda.norpc"}, true, true},
		"not called": {goLinks, nil, true, false},
		"not called, stripped": {
			goLinks, []string{"-ldflags=-s -w", "-trimpath"}, true, false,
		},
		"events only":          {goEvents, nil, false, false},
		"mentioned in text":    {goMention, nil, false, false},
		"position-independent": {goStarts, []string{"-buildmode=pie"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if slices.Contains(test.flags, "-buildmode=pie") && os.Getenv("LAMBDALINT_CORPUS") == "" {
				t.Skip("builds the standard library anew; LAMBDALINT_CORPUS=1 does it")
			}
			data := buildGo(t, test.main, test.flags...)
			g := mustAsk[GoProgramFile](t, GoProgram(), data)
			if !g.BuildInfo || g.Path != "example.org/fn" || !strings.HasPrefix(g.GoVersion, "go1.") {
				t.Errorf("build information: %+v", g)
			}
			if dep, ok := g.Dep("github.com/aws/aws-lambda-go"); !ok || dep.Version != "(devel)" || dep.Replaced != "./stub" {
				t.Errorf("the module: %+v", dep)
			}
			if g.LambdaLinked != test.linked || g.LambdaStarted != test.started {
				t.Errorf("linked %t, started %t; want %t, %t", g.LambdaLinked, g.LambdaStarted, test.linked, test.started)
			}
			if name == "stripped" && g.Setting("-tags") != "lambda.norpc" {
				t.Errorf("settings: %+v", g.Settings)
			}
			if name == "plain" {
				testGoWithoutSections(t, data)
			}
		})
	}
}

// testGoWithoutSections takes away what can be taken from a program that still
// runs: the section headers, and then the build information.
func testGoWithoutSections(t *testing.T, data []byte) {
	t.Helper()
	bare := bytes.Clone(data)
	clear(bare[40:48])
	clear(bare[58:64])
	if g := mustAsk[GoProgramFile](t, GoProgram(), bare); !g.BuildInfo || !g.LambdaStarted {
		t.Errorf("without section headers: %+v", g)
	}
	blank := bytes.ReplaceAll(bare, []byte("\xff Go buildinf:"), make([]byte, 14))
	if g := mustAsk[GoProgramFile](t, GoProgram(), blank); g.BuildInfo || !g.LambdaStarted {
		t.Errorf("without build information: %+v", g)
	}
}

func TestGoProgramThatIsNone(t *testing.T) {
	wantFailed(t, GoProgram(), []byte("#!/bin/sh\n"), "not an ELF file")
	plain := makeELF(elf.EM_X86_64, binary.LittleEndian, "/l", "\x00")
	wantFailed(t, GoProgram(), plain, "not a Go program")
	many := append(bytes.Clone(plain), strings.Repeat("\x00"+goLambdaName, goMaxHits+1)...)
	wantFailed(t, GoProgram(), many, "more often than is read")
}

func TestGoNamesAcrossPieces(t *testing.T) {
	name := "\x00" + goLambdaName + "StartWithOptions\x00"
	for _, before := range []int{goChunk - 1, goChunk, goChunk - len(name), goChunk - 20, goChunk - len(name) + 5} {
		data := bytes.Repeat([]byte{'x'}, goChunk*2)
		copy(data[before:], name)
		found, err := scanGoNames(bytes.NewReader(data), int64(len(data)))
		if err != nil || len(found.linked) != 1 || len(found.started) != 1 || found.linked[0] != int64(before+1) {
			t.Errorf("name at %d: %+v, %v", before, found, err)
		}
	}
}

func FuzzGoProgram(f *testing.F) {
	f.Add(makeELF(elf.EM_X86_64, binary.LittleEndian, "/l", "\x00\xff Go buildinf:\x08\x02................\x08go1.26.0\x00"))
	f.Add(makeELF(elf.EM_X86_64, binary.LittleEndian, "/l", "\xf1\xff\xff\xff\x00\x00\x01\x08"+strings.Repeat("\x30\x00\x00\x00\x00\x00\x00\x00", 6)+"\x00"+goLambdaName+"Start\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, GoProgram(), data) })
}
