package inspect_test

import (
	"context"
	"slices"
	"testing"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/recipe"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

// factsOf states the facts of a recipe.
func factsOf(t *testing.T, text string) *inspect.Image {
	t.Helper()
	parsed, err := recipe.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	image, err := parsed.Build(images.Lookup)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := inspect.Inspect(context.Background(), image.Image, inspect.Request{}, inspect.Options{AsOf: "2026-11-24"})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestALayerThatIsNoArchiveIsNotRead(t *testing.T) {
	// The digest lies, so that reading it would fail.
	doc := factsOf(t, "FROM go\nCOPY p.json /\n\t0644 /p.json \"{}\"\n\tas application/vnd.in-toto+json\n\tlie digest\n")
	if doc.Complete {
		t.Error("the facts call themselves complete")
	}
	if want := "it is of type application/vnd.in-toto+json, which is no archive"; doc.Layers[1].Missing != want {
		t.Errorf("got %q, want %q", doc.Layers[1].Missing, want)
	}
}

func TestSetIDFilesAreFoundWhereverTheyLie(t *testing.T) {
	doc := factsOf(t, `FROM go
RUN install
	4755 12:0 /usr/bin/a "x"
	2755 0:42 /b "x"
	6755 /c "x"
	1755 /sticky "x"
	4755 /replaced "x"
	2775 /directory/
	link /link -> /usr/bin/a
RUN chmod u-s /replaced
	0755 /replaced "x"
`)
	want := []inspect.SetIDFile{
		{Path: "/b", ModeText: "2755", GID: 42, Layer: 1},
		{Path: "/c", ModeText: "6755", Layer: 1},
		{Path: "/usr/bin/a", ModeText: "4755", UID: 12, Layer: 1},
	}
	if !slices.Equal(doc.SetID, want) {
		t.Errorf("got  %+v\nwant %+v", doc.SetID, want)
	}
}

func TestOnlyValuesOfAWSBasesAreTheirs(t *testing.T) {
	doc := factsOf(t, "FROM aws-python3.12\nENV LAMBDA_TASK_ROOT=/function\nENV OWN=\n")
	base := []string{}
	for _, variable := range doc.Config.Env {
		if variable.Base {
			base = append(base, variable.Name)
		}
	}
	if want := []string{"LANG", "TZ", "PATH", "LD_LIBRARY_PATH", "LAMBDA_RUNTIME_DIR"}; !slices.Equal(base, want) {
		t.Errorf("got %q, want %q", base, want)
	}
}
