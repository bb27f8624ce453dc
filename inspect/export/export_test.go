package export_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/export"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/inspect/source"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

const folder = "../../testdata/images/conformance"

func lookup(name string) ([]byte, error) {
	if data, err := os.ReadFile(filepath.Join(folder, name+".txtar")); err == nil {
		return data, nil
	}
	return images.Lookup(name)
}

func build(t *testing.T, name string, text []byte) *source.Image {
	t.Helper()
	parsed, err := recipe.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	image, err := parsed.Build(lookup)
	if err != nil {
		t.Fatal(err)
	}
	return image.Image
}

// An image and the image of what is written of it are alike in everything that
// is not a file's content.
func TestWhatIsWrittenMakesTheSameImage(t *testing.T) {
	recipes, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(recipes, "../../testdata/images/aws-python3.12.txtar") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		image := build(t, path, data)
		written, err := export.Recipe(context.Background(), image, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, got := describe(t, image), describe(t, build(t, path+" written", written))
		if len(want) != len(got) {
			t.Errorf("%s: %d lines, written %d\n%s\n\n%s", path, len(want), len(got), strings.Join(want, "\n"), strings.Join(got, "\n"))
			continue
		}
		for i := range want {
			if want[i] != got[i] {
				t.Errorf("%s:\n%s\nwritten:\n%s", path, want[i], got[i])
			}
		}
	}
}

// describe gives what is not content: of every entry, and of every ELF file what
// is asked of it.
func describe(t *testing.T, image *source.Image) []string {
	t.Helper()
	var lines []string
	for i, l := range image.Layers {
		blob, err := l.Blob(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		questions := []layer.Question{probe.ELF(), probe.GoProgram(), probe.Markers()}
		index, answers, err := layer.Read(context.Background(), blob, func(_ int, e *layer.Entry) []layer.Question {
			if strings.HasPrefix(string(e.Head), "\x7fELF") {
				return questions
			}
			return nil
		}, layer.DefaultBounds())
		if err != nil {
			t.Fatal(err)
		}
		for n, e := range index.Entries {
			line := fmt.Sprintf("%d %s %q %o %d:%d %s %s", i, e.Type, e.RawName, e.Mode, e.UID, e.GID, e.Path, e.Link)
			if !strings.HasPrefix(string(e.Head), "#!") && answers[n] == nil {
				line += fmt.Sprint(" ", e.Size)
			}
			for _, q := range questions {
				line += " " + string(answers[n][q.Name].JSON)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func TestSecretsAreNotWritten(t *testing.T) {
	image := build(t, "test", []byte(`FROM scratch
RUN curl -H "token: hidden-1" https://example.com
	0644 /app/settings.json "{\"key\": \"hidden-2\"}"
	0755 /app/entry.sh "#!/bin/sh\nexport KEY=hidden-3\n"
	0755 /app/main elf buildinfo=@modules
ENV PASSWORD=hidden-4 PATH=/usr/bin
LABEL note=hidden-5
-- modules --
path	example.com/f
build	-ldflags="-X main.key=hidden-6"
build	GOOS=linux
`))
	written, err := export.Recipe(context.Background(), image, nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), "hidden") {
		t.Errorf("something hidden is in:\n%s", written)
	}
	for _, part := range []string{"/app/settings.json 19", `/app/entry.sh "#!/bin/sh\n"`, `"PASSWORD="`, `"PATH=/usr/bin"`, "GOOS=linux"} {
		if !strings.Contains(string(written), part) {
			t.Errorf("%s is not in:\n%s", part, written)
		}
	}
}

func TestOnlyWhatIsWanted(t *testing.T) {
	image := build(t, "test", []byte("FROM debian12\nCOPY a /app/\n\t0644 /app/a 1\n\t0644 \"app/with space\" 2\n"))
	written, err := export.Recipe(context.Background(), image, func(path string) bool { return strings.HasPrefix(path, "/app/") })
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(written), "\n") {
		if strings.HasPrefix(line, "\t") && !strings.Contains(line, "app/") {
			t.Errorf("not wanted: %s", line)
		}
	}
	if !strings.Contains(string(written), "\t0644 \"app/with space\" 2\n") {
		t.Errorf("a name with a space:\n%s", written)
	}
	build(t, "written", written)
}
