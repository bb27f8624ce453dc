//go:build integration

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/testdata/images/conformance"
)

// TestConformanceObserved runs images of the conformance set under AWS's
// emulator once more, and checks the images that really ran: what lambdalint
// says of them must be what it says of their recipes.
//
// LAMBDALINT_CONFORMANCE=all takes every image that can be made on this machine,
// which takes half an hour; else those with no base, and a few on Debian.
func TestConformanceObserved(t *testing.T) {
	p := realParts(t)
	set, err := conformance.Read(conformanceDir)
	if err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	args := []string{"run", "./observe", "-dir", ".", "-cache", t.TempDir(), "-keep", kept}
	if os.Getenv("LAMBDALINT_CONFORMANCE") != "all" {
		args = append(args, quickImages(t, set)...)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = conformanceDir
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+p.docker)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob(filepath.Join(kept, "*.tar"))
	if err != nil || len(archives) == 0 {
		t.Skip("no image was made: what is needed is not at hand, see above")
	}
	findingsOf := judge(t)
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".tar")
		image, ok := set.Image(name)
		if !ok {
			t.Errorf("%s is not in verdicts.json", name)
			continue
		}
		found := findingsOf("docker-archive:" + archive)
		if wrong := disagreement(image, found); (wrong == "") != (image.Pending == "") {
			t.Errorf("%s: pending %q: %s", name, image.Pending, wrong)
		}
		recipe := filepath.Join(conformanceDir, name+".txtar")
		if _, err := os.Stat(recipe); err != nil {
			continue
		}
		if of := findingsOf("recipe:" + recipe); !slices.EqualFunc(found, of, sameFinding) {
			t.Errorf("%s: the real image gives %v, its recipe %v", name, found, of)
		}
	}
}

// byteCount is a size in a message: a real program has more bytes than the
// header that stands for it in a recipe.
var byteCount = regexp.MustCompile(`[0-9.]+ (?:[KMGT]i)?B\b`)

// sameFinding reports whether two findings say the same but for sizes.
func sameFinding(a, b conformanceError) bool {
	a.message, b.message = byteCount.ReplaceAllString(a.message, ""), byteCount.ReplaceAllString(b.message, "")
	return a == b
}

// quickImages are the images that take seconds to make, and a few on Debian.
func quickImages(t *testing.T, set *conformance.Set) []string {
	t.Helper()
	names := []string{"c-glibc", "glibc-too-new", "missing-library", "workdir-removed"}
	for _, image := range set.Images {
		data, err := os.ReadFile(filepath.Join(conformanceDir, image.Name+".txtar"))
		if err == nil && strings.Contains(string(data), "\nFROM scratch\n") {
			names = append(names, image.Name)
		}
	}
	return names
}
