package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/policy"
)

var console = regexp.MustCompile("(?s)```console\n\\$ lambdalint ([^\n]*)\n(.*?)```")

// TestREADMEScreens runs what README.md shows, and holds it to the output.
func TestREADMEScreens(t *testing.T) {
	t.Chdir("../..")
	t.Setenv("SOURCE_DATE_EPOCH", "1795478400") // 2026-11-24
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	screens := 0
	changed := console.ReplaceAllFunc(text, func(block []byte) []byte {
		screens++
		m := console.FindSubmatch(block)
		var stdout, stderr bytes.Buffer
		run(context.Background(), strings.Fields(string(m[1])), strings.NewReader(""), &stdout, &stderr)
		if stderr.Len() > 0 {
			t.Errorf("lambdalint %s: %s", m[1], stderr.String())
		}
		if !*update && stdout.String() != string(m[2]) {
			t.Errorf("lambdalint %s prints\n%s\nREADME.md shows\n%s", m[1], stdout.String(), m[2])
		}
		return []byte("```console\n$ lambdalint " + string(m[1]) + "\n" + stdout.String() + "```")
	})
	if screens == 0 {
		t.Error("README.md shows no screen")
	}
	if *update {
		if err := os.WriteFile("README.md", changed, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var settingsExample = regexp.MustCompile("(?s)```yaml\n(fail_on:.*?)```")

// TestREADMESettings reads the settings that README.md shows, and holds them
// to the rules that they name.
func TestREADMESettings(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := settingsExample.FindSubmatch(text)
	if example == nil {
		t.Fatal("README.md shows no settings")
	}
	path := filepath.Join(t.TempDir(), settingsName)
	if err := os.WriteFile(path, example[1], 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := loadSettings(newCheck(), path)
	if err != nil {
		t.Fatal(err)
	}
	set, err := loadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Compile(policy.Config{Levels: got.levels, Params: got.params}); err != nil {
		t.Error(err)
	}
	if len(got.images) != 1 || got.images[0].platform != "linux/arm64" {
		t.Errorf("images %+v", got.images)
	}
}
