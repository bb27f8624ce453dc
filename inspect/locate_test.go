package inspect

import (
	"fmt"
	"testing"

	"github.com/lambdalint/lambdalint/rules"
)

func TestLocate(t *testing.T) {
	doc := &Image{
		Layers: []Layer{
			{Position: 0, Digest: "sha256:base", History: -1},
			{Position: 1, Digest: "sha256:app", DiffID: "sha256:diff", History: 1},
			{Position: 2, Digest: "sha256:more", History: -1},
		},
		History: []History{
			{Instruction: `ENV PATH=/bin "MODE"=x`, Keyword: "ENV", Key: "ENV PATH MODE", Layer: -1},
			{Instruction: "COPY app /app", Keyword: "COPY", Key: "COPY app /app", Layer: 1},
			{Instruction: "WORKDIR /one", Keyword: "WORKDIR", Key: "WORKDIR /one", Layer: -1},
			{Instruction: "ENV PATH /opt/bin", Keyword: "ENV", Key: "ENV PATH", Layer: -1},
			{Instruction: "WORKDIR /two", Keyword: "WORKDIR", Key: "WORKDIR /two", Layer: -1},
			{Instruction: "LABEL a=b", Keyword: "LABEL", Key: "LABEL a", Layer: -1},
			{Instruction: `ENTRYPOINT ["/entry.sh"]`, Keyword: "ENTRYPOINT", Key: "ENTRYPOINT", Layer: -1},
		},
		Files: []File{{Path: "/app", Layer: 1}, {Path: "/entry.sh", Layer: 0}},
		Boot: Boot{Entrypoint: []string{"/entry.sh"}, Steps: []Step{
			{Path: "/entry.sh", Name: "/entry.sh", Layer: 0},
			{Path: "/gone", Name: "gone", Layer: -1, From: "/entry.sh", Line: 4},
		}},
	}
	tests := []struct {
		kind rules.SubjectKind
		key  string
		want string // path, line, layer, instruction
	}{
		{rules.SubjectFile, "/app", "/app 0 1 COPY app /app"},
		{rules.SubjectFile, "/entry.sh", "/entry.sh 0 0 "},
		{rules.SubjectFile, "/elsewhere", "/elsewhere 0 - "},
		{rules.SubjectWrite, "/app -> /var/log/x", "/app 0 1 COPY app /app"},
		{rules.SubjectCommand, "/entry.sh", "/entry.sh 0 0 "},
		{rules.SubjectCommand, "/gone", "/entry.sh 4 0 "},
		{rules.SubjectCommand, "gone", "/entry.sh 4 0 "},
		{rules.SubjectCommand, "other", ` 0 - ENTRYPOINT ["/entry.sh"]`},
		{rules.SubjectConfig, "WorkingDir", " 0 - WORKDIR /two"},
		{rules.SubjectConfig, "Cmd", " 0 - "},
		{rules.SubjectConfig, "Unknown", " 0 - "},
		{rules.SubjectEnv, "PATH", " 0 - ENV PATH /opt/bin"},
		{rules.SubjectEnv, "MODE", ` 0 - ENV PATH=/bin "MODE"=x`},
		{rules.SubjectEnv, "NONE", " 0 - "},
		{rules.SubjectLabel, "a", " 0 - LABEL a=b"},
		{rules.SubjectHistory, "COPY app /app", " 0 1 COPY app /app"},
		{rules.SubjectLayer, "COPY app /app", " 0 1 COPY app /app"},
		{rules.SubjectLayer, "(no history)", " 0 0 "},
		{rules.SubjectLayer, "(no history) #2", " 0 2 "},
		{rules.SubjectImage, "image", " 0 - "},
	}
	for _, test := range tests {
		l := doc.Locate(rules.Subject{Kind: test.kind, Key: test.key})
		layer := "-"
		if l.Layer != nil {
			layer = fmt.Sprint(l.Layer.Index)
		}
		if got := fmt.Sprintf("%s %d %s %s", l.Path, l.Line, layer, l.Instruction); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.kind, test.key, got, test.want)
		}
	}
	if in := doc.LocateIn(rules.Subject{Kind: rules.SubjectFile, Key: "/removed"}, 1); in.Path != "/removed" || in.Layer.DiffID != "sha256:diff" {
		t.Errorf("%+v", in)
	}
	if in := doc.LocateIn(rules.Subject{Kind: rules.SubjectFile, Key: "/removed"}, 9); in.Layer != nil {
		t.Errorf("%+v", in)
	}
}
