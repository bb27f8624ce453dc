package report

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever the image is called and holds, no format writes a byte that a
// terminal, a build service or a reader would take for an order.
func TestHostileNamesAreHarmless(t *testing.T) {
	for _, format := range Formats() {
		for _, o := range []Options{{}, {Width: 30, Verbose: true, Show: ShowAll, SARIFWaived: true}, {Quiet: true}} {
			out := string(write(t, format, samples()["hostile"], o))
			if !utf8.ValidString(out) {
				t.Errorf("%s: not UTF-8", format)
			}
			for _, r := range out {
				if r != '\n' && r != ' ' && !unicode.IsPrint(r) {
					t.Errorf("%s: %U is written", format, r)
				}
			}
			for _, bad := range []string{"##[", "##vso["} {
				if strings.Contains(out, bad) {
					t.Errorf("%s: %s is written", format, bad)
				}
			}
			for line := range strings.Lines(out) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") && !(format == "github" && ownCommand(line)) {
					t.Errorf("%s: a workflow command: %s", format, line)
				}
			}
		}
	}
}

// ownCommand reports whether a line is a command that this program means.
func ownCommand(line string) bool {
	for _, start := range []string{"::error ", "::warning ", "::notice "} {
		if strings.HasPrefix(line, start) && strings.Count(line, "::") >= 2 && !strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\n") {
			return true
		}
	}
	return false
}

// Colours and links are ours alone: without them nothing is left of an escape.
func TestOnlyOwnEscapesReachTheTerminal(t *testing.T) {
	out := string(write(t, "text", samples()["hostile"], Options{Width: 60, Color: true, Hyperlinks: true, Verbose: true, Show: ShowAll}))
	for _, own := range []string{"1", "2", "1;31", "1;32", "1;33", "1;36", "0"} {
		out = strings.ReplaceAll(out, "\x1b["+own+"m", "")
	}
	for _, r := range sampleRules() {
		if u := ruleURL(r); u != "" {
			out = strings.ReplaceAll(out, "\x1b]8;;"+u+"\x1b\\", "")
		}
	}
	out = strings.ReplaceAll(out, "\x1b]8;;\x1b\\", "")
	if i := strings.IndexByte(out, '\x1b'); i >= 0 {
		t.Errorf("a foreign escape: %q", out[i:min(i+20, len(out))])
	}
}

func TestJSONKeepsHostileValues(t *testing.T) {
	var r Report
	if err := json.Unmarshal(write(t, "json", samples()["hostile"], Options{}), &r); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, o := range r.Images[0].Outcomes {
		for _, f := range o.Findings {
			keys[f.Subject.Key] = true
		}
	}
	for _, name := range hostileNames() {
		if !keys[strings.ToValidUTF8(name, "\ufffd")] && !strings.Contains(name, "\xff") {
			t.Errorf("%q did not come through", name)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"/var/task/app.py": "/var/task/app.py", "a\nb\tc\r": `a\nb\tc\r`, "\x1b[1m": `\x1b[1m`, "\u202e": `\u202e`, "\xffx": `\xffx`,
		"é日😀": "é日😀", "\u200b\ufeff": `\u200b\ufeff`, "##[group]": `##\[group]`, "##vso[x]": `##vso\[x]`, "# C#": "# C#", "\ufffd": "\ufffd", `\n`: `\n`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
