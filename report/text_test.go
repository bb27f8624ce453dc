package report

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

func TestTextKeepsToTheWidth(t *testing.T) {
	for _, width := range []int{60, 80, 140} {
		for name, r := range samples() {
			for line := range strings.Lines(string(write(t, "text", r, Options{Width: width, Verbose: true, Show: ShowAll}))) {
				if n := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s at %d: %d columns: %s", name, width, n, line)
				}
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 7, "one two|three"},
		{"one two three", 0, "one two three"},
		{"abcdefghij kl", 4, "abcd|efgh|ij|kl"},
		{"日本語 x", 4, "日本|語 x"},
		{"", 10, ""},
		{"x ::error::y", 4, `x|\::e|rror|\::y`},
		{"::error", 10, `\::error`},
	} {
		if got := strings.Join(wrap(c.text, c.width), "|"); got != c.want {
			t.Errorf("%q at %d: %s, want %s", c.text, c.width, got, c.want)
		}
	}
}

// The last line answers why the run ended as it did.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		report Report
		want   string
	}{
		{Report{FailOn: "error"}, "exit 0: no findings"},
		{Report{FailOn: "error", Summary: Summary{NotJudged: 2, Waived: 1}}, "exit 0: no findings, 1 waived, 2 not judged"},
		{Report{FailOn: "error", ExitStatus: 1, Summary: Summary{Error: 1}}, "exit 1: 1 error (--fail-on error)"},
		{Report{FailOn: "warning", ExitStatus: 1, Summary: Summary{Error: 1, Warning: 2, Note: 1}}, "exit 1: 1 error, 2 warnings (--fail-on warning), 1 note"},
		{Report{FailOn: "error", Summary: Summary{Warning: 2}}, "exit 0: 2 warnings (--fail-on error)"},
		{Report{FailOn: "never", Summary: Summary{Error: 2}}, "exit 0: 2 errors (--fail-on never)"},
		{Report{FailOn: "error", ExitStatus: 2, Summary: Summary{Error: 1, Errors: 1}}, "exit 2: 1 could not be judged, 1 error"},
		{Report{FailOn: "error", ExitStatus: 2, Summary: Summary{Note: 1}}, "exit 2: not everything could be judged, 1 note"},
		{Report{FailOn: "error", ExitStatus: 1, Summary: Summary{Warning: 1, NotJudged: 2}}, "exit 1: something is not judged (--fail-on-not-judged), 1 warning, 2 not judged"},
		{Report{FailOn: "error", ExitStatus: 1, ExitReason: "a waiver matched nothing", Summary: Summary{Note: 1}}, "exit 1: a waiver matched nothing, 1 note"},
	} {
		if got := verdict(&c.report); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 612 << 20: "612 MiB", 10 << 30: "10 GiB", 1<<30 - 1: "1 GiB", -1: "size not known"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestShowHidesNothingSilently(t *testing.T) {
	out := string(write(t, "text", samples()["mixed"], Options{Show: "error"}))
	if strings.Contains(out, "no-reserved-variables") || !strings.Contains(out, "5 findings below --show error") {
		t.Error(out)
	}
}

// Where nothing was judged, nothing may look as if all were well.
func TestNothingJudgedIsNotClean(t *testing.T) {
	empty := sampleImage()
	empty.Outcomes = nil
	open := samples()["not-judged"]
	for _, r := range []*Report{finish("error", empty), open} {
		for _, im := range r.Images {
			if im.clean() {
				t.Errorf("%s looks clean", im.Reference)
			}
		}
	}
	if moodOf(open) == good {
		t.Error("a run that left rules unjudged looks good")
	}
	for format, mark := range map[string]string{"markdown": "✅", "html": "Every rule that applies holds", "text": "passed   all"} {
		if strings.Contains(string(write(t, format, open, Options{})), mark) {
			t.Errorf("%s says %q", format, mark)
		}
	}
}
