package history

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The texts are what the builders write: BuildKit, the classic builder,
// buildah, ko and Bazel.
func TestTextsOfBuilders(t *testing.T) {
	for text, want := range map[string]struct{ instruction, keyword, key string }{
		"RUN /bin/sh -c apt-get update # buildkit":              {"RUN apt-get update", "RUN", "RUN apt-get update"},
		"RUN |1 VERSION=3 /bin/sh -c make v$VERSION # buildkit": {"RUN make v$VERSION", "RUN", "RUN make v$VERSION"},
		"RUN |2 A=one two B=3 /bin/sh -c make # buildkit":       {"RUN make", "RUN", "RUN make"},
		"RUN /bin/bash -o pipefail -c curl x | sh # buildkit":   {"RUN curl x | sh", "RUN", "RUN curl x | sh"},
		"COPY app.py /var/task/ # buildkit":                     {"COPY app.py /var/task/", "COPY", "COPY app.py /var/task/"},
		`ENTRYPOINT ["/app"]`:                                   {`ENTRYPOINT ["/app"]`, "ENTRYPOINT", `ENTRYPOINT ["/app"]`},
		"ARG VERSION=1.2.3":                                     {"ARG VERSION=1.2.3", "ARG", "ARG VERSION"},
		`/bin/sh -c #(nop)  CMD ["app.handler"]`:                {`CMD ["app.handler"]`, "CMD", `CMD ["app.handler"]`},
		"/bin/sh -c #(nop) COPY file:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef in /var/task ": {
			"COPY file:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef in /var/task", "COPY", "COPY file:… in /var/task"},
		"/bin/sh -c apt-get   update\n && true": {"RUN apt-get update && true", "RUN", "RUN apt-get update && true"},
		"|1 VERSION=3 /bin/sh -c make":          {"RUN make", "RUN", "RUN make"},
		"ko build ko://example.com/function":    {"ko build ko://example.com/function", "", "ko build ko://example.com/function"},
		"bazel build @//app:image":              {"bazel build @//app:image", "", "bazel build @//app:image"},
		"":                                      {"", "", NoHistory},
		"RUN /bin/sh -c make DATE=2026-11-24 # buildkit": {"RUN make DATE=2026-11-24", "RUN", "RUN make DATE=…"},
	} {
		got := parse(text)
		if got.Instruction != want.instruction || got.Keyword != want.keyword || got.Key != want.key {
			t.Errorf("%q:\n  got  %q, %q, %q\n  want %q, %q, %q", text, got.Instruction, got.Keyword, got.Key, want.instruction, want.keyword, want.key)
		}
	}
}

func TestBuildArguments(t *testing.T) {
	got := parse("RUN |3 A=one two TOKEN=s=3 C=x /bin/sh -c make # buildkit").Arguments
	want := [][2]string{{"A", "one two"}, {"TOKEN", "s=3"}, {"C", "x"}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEntriesAndLayersPairOrNothingDoes(t *testing.T) {
	entries := []v1.History{{CreatedBy: "ADD a /"}, {CreatedBy: "ENV A=1", EmptyLayer: true}, {CreatedBy: "ADD a /"}}
	got := Read(entries, 2)
	if got[0].Layer != 0 || got[1].Layer != -1 || got[2].Layer != 1 {
		t.Errorf("layers %d, %d, %d", got[0].Layer, got[1].Layer, got[2].Layer)
	}
	if got[0].Key != "ADD a /" || got[2].Key != "ADD a / #2" {
		t.Errorf("keys %q and %q", got[0].Key, got[2].Key)
	}
	for _, e := range Read(entries, 3) {
		if e.Layer != -1 {
			t.Errorf("%q has layer %d though nothing pairs", e.CreatedBy, e.Layer)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("RUN |1 A=1 /bin/sh -c x # buildkit")
	f.Add("/bin/sh -c #(nop)  ENV A=1")
	f.Fuzz(func(t *testing.T, text string) {
		if e := Read([]v1.History{{CreatedBy: text}}, 1)[0]; e.Key == "" {
			t.Errorf("%q has no key", text)
		}
	})
}
