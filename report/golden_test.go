package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens in testdata")

// variants are the forms of each format that the goldens hold, beside the plain
// one of every sample.
func variants() []struct {
	file, format, sample string
	options              Options
} {
	sources := sampleSources()
	return []struct {
		file, format, sample string
		options              Options
	}{
		{"mixed-verbose-140.txt", "text", "mixed", Options{Width: 140, Verbose: true}},
		{"mixed-colour.txt", "text", "mixed", Options{Width: 80, Color: true, Hyperlinks: true}},
		{"mixed-quiet.txt", "text", "mixed", Options{Quiet: true}},
		{"mixed-show-error.txt", "text", "mixed", Options{Width: 80, Show: "error"}},
		{"waived-all.txt", "text", "waived", Options{Width: 80, Show: ShowAll}},
		{"hostile-unbounded.txt", "text", "hostile", Options{Verbose: true, Show: ShowAll}},
		{"hostile-60.txt", "text", "hostile", Options{Width: 60, Color: true, Hyperlinks: true, Verbose: true}},
		{"mixed-dockerfile.sarif", "sarif", "mixed", Options{Dockerfile: "Dockerfile", Sources: sources}},
		{"many-anchor.sarif", "sarif", "many", Options{SARIFAnchor: "deploy/template.yaml"}},
		{"waived-included.sarif", "sarif", "waived", Options{SARIFWaived: true, Sources: sources}},
	}
}

func extension(format string) string {
	return map[string]string{"text": ".txt", "json": ".json", "sarif": ".sarif", "junit": ".xml", "markdown": ".md", "github": ".txt", "gitlab": ".json", "html": ".html"}[format]
}

func write(t *testing.T, format string, r *Report, o Options) []byte {
	t.Helper()
	f, err := ByName(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGoldens(t *testing.T) {
	seen := map[string]bool{}
	check := func(format, file string, got []byte) {
		t.Helper()
		path := filepath.Join("testdata", format, file)
		seen[path] = true
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what is written now (go test ./report -update accepts it):\n%s", path, firstDifference(want, got))
		}
	}
	for _, format := range Formats() {
		for name, r := range samples() {
			check(format, name+extension(format), write(t, format, r, Options{Width: 80, Sources: sampleSources()}))
		}
	}
	for _, v := range variants() {
		check(v.format, v.file, write(t, v.format, samples()[v.sample], v.options))
	}
	files, err := filepath.Glob("testdata/*/*[.]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[f] && filepath.Dir(f) != filepath.Join("testdata", "schema") {
			t.Errorf("%s is no golden of any sample", f)
		}
	}
}

func firstDifference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "- " + w[i] + "\n+ " + g[i]
		}
	}
	return "one ends earlier"
}

// What a caller does with the order of its lists must not show.
func TestOrderOfInputDoesNotShow(t *testing.T) {
	for _, format := range Formats() {
		r := samples()["several"]
		want := write(t, format, r, Options{})
		slices.Reverse(r.Images)
		for i := range r.Images {
			slices.Reverse(r.Images[i].Outcomes)
			for j := range r.Images[i].Outcomes {
				slices.Reverse(r.Images[i].Outcomes[j].Findings)
			}
		}
		slices.Reverse(r.Rules)
		before := write(t, "json", r, Options{})
		if got := write(t, format, r, Options{}); !bytes.Equal(got, want) {
			t.Errorf("%s: %s", format, firstDifference(want, got))
		}
		if after := write(t, "json", r, Options{}); !bytes.Equal(before, after) {
			t.Errorf("%s changed the report it was given", format)
		}
	}
}

func TestUnknownFormatListsFormats(t *testing.T) {
	_, err := ByName("xml")
	if err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Fatalf("got %v", err)
	}
	for _, name := range Formats() {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}
