package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/rules"
)

// junitForm is what Jenkins' schema (xunit-plugin, junit-10.xsd) allows: for
// each element its children and its attributes, the required ones with a "!".
func junitForm() map[string]struct{ children, attributes string } {
	detail := struct{ children, attributes string }{"", "type message"}
	return map[string]struct{ children, attributes string }{
		"testsuites": {"testsuite", "name time tests failures errors"},
		"testsuite":  {"testsuite properties testcase system-out system-err", "name! tests! failures! errors! group time skipped timestamp hostname id package file log url"},
		"properties": {"property", ""},
		"property":   {"", "name! value!"},
		"testcase":   {"skipped error failure system-out system-err", "name! time classname group"},
		"skipped":    detail, "error": detail, "failure": detail, "system-out": {}, "system-err": {},
	}
}

func TestJUnitKeepsItsForm(t *testing.T) {
	form := junitForm()
	for name, r := range samples() {
		d := xml.NewDecoder(bytes.NewReader(write(t, "junit", r, Options{})))
		stack := []string{""}
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				parent := stack[len(stack)-1]
				if parent != "" && !slices.Contains(strings.Fields(form[parent].children), e.Name.Local) {
					t.Errorf("%s: %s in %s", name, e.Name.Local, parent)
				}
				checkAttributes(t, name, e, form[e.Name.Local].attributes)
				stack = append(stack, e.Name.Local)
			case xml.EndElement:
				stack = stack[:len(stack)-1]
			}
		}
	}
}

func checkAttributes(t *testing.T, name string, e xml.StartElement, allowed string) {
	t.Helper()
	has := map[string]bool{}
	for _, a := range e.Attr {
		has[a.Name.Local] = true
		if !slices.Contains(strings.Fields(strings.ReplaceAll(allowed, "!", "")), a.Name.Local) {
			t.Errorf("%s: %s has an attribute %s", name, e.Name.Local, a.Name.Local)
		}
	}
	for _, a := range strings.Fields(allowed) {
		if required, ok := strings.CutSuffix(a, "!"); ok && !has[required] {
			t.Errorf("%s: %s lacks %s", name, e.Name.Local, required)
		}
	}
}

// A failed test case is what makes the run fail, and nothing else is.
func TestJUnitFailsAsTheRunDoes(t *testing.T) {
	for name, r := range samples() {
		var got junitSuites
		if err := xml.Unmarshal(write(t, "junit", r, Options{}), &got); err != nil {
			t.Fatal(err)
		}
		if (got.Failures > 0) != (r.ExitStatus == 1 || name == "errors") {
			t.Errorf("%s: %d failures, exit status %d", name, got.Failures, r.ExitStatus)
		}
		if got.Errors != r.Summary.Errors {
			t.Errorf("%s: %d errors, the report counts %d", name, got.Errors, r.Summary.Errors)
		}
		for i, s := range got.Suites {
			want := len(r.Images[i].Outcomes)
			if r.Images[i].Error != "" {
				want++
			}
			if s.Tests != want || len(s.Cases) != want {
				t.Errorf("%s: %d cases, want one a rule: %d", name, len(s.Cases), want)
			}
		}
	}
}

func TestJUnitSaysWhatWasNotJudged(t *testing.T) {
	out := string(write(t, "junit", samples()["not-judged"], Options{}))
	if n := strings.Count(out, `<skipped type="not-judged" message="not judged: `); n != 3 {
		t.Errorf("%d cases are skipped as not judged, want 3", n)
	}
}

// GitLab's page on Code Quality names the members, all required, and the
// severities.
func TestGitLabKeepsItsForm(t *testing.T) {
	for name, r := range samples() {
		for _, o := range []Options{{}, {Dockerfile: "./Dockerfile"}} {
			d := json.NewDecoder(bytes.NewReader(write(t, "gitlab", r, o)))
			d.DisallowUnknownFields()
			var issues []codeIssue
			if err := d.Decode(&issues); err != nil || issues == nil {
				t.Fatalf("%s: %v", name, err)
			}
			seen := map[string]bool{}
			for _, i := range issues {
				if i.Description == "" || i.Check == "" || i.Fingerprint == "" || i.Location.Lines.Begin < 1 {
					t.Errorf("%s: a member is empty: %+v", name, i)
				}
				if !slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, i.Severity) {
					t.Errorf("%s: severity %s", name, i.Severity)
				}
				if p := i.Location.Path; p == "" || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "./") || slices.Contains(strings.Split(p, "/"), "..") {
					t.Errorf("%s: path %q", name, p)
				}
				if seen[i.Fingerprint] {
					t.Errorf("%s: two entries of one fingerprint, GitLab would merge them", name)
				}
				seen[i.Fingerprint] = true
			}
			if len(issues) == 0 && r.Summary != (Summary{}) && r.Summary.Waived == 0 {
				t.Errorf("%s: nothing is said", name)
			}
		}
	}
}

var workflowCommand = regexp.MustCompile(`^::(error|warning|notice) ((?:file=[^:,\n]*,line=\d+,endLine=\d+,)?title=[^:,\n]*)::([^\r\n]+)\n$`)

func TestGitHubAnnotationsKeepTheirForm(t *testing.T) {
	for name, r := range samples() {
		counts := map[string]int{}
		rank := 4
		for line := range strings.Lines(string(write(t, "github", r, Options{Dockerfile: "a,b:c%.dockerfile"}))) {
			if !strings.HasPrefix(line, "::") {
				continue
			}
			m := workflowCommand.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("%s: %s", name, line)
				continue
			}
			counts[m[1]]++
			now := map[string]int{"error": 3, "warning": 2, "notice": 1}[m[1]]
			if now > rank {
				t.Errorf("%s: %s comes after something better", name, m[1])
			}
			rank = now
		}
		for level, n := range counts {
			if n > 10 {
				t.Errorf("%s: %d annotations of %s, GitHub shows 10", name, n, level)
			}
		}
	}
	out := string(write(t, "github", samples()["many"], Options{}))
	if !strings.Contains(out, "25 findings not shown as annotations") || !strings.HasSuffix(out, "lambdalint: exit 0: 35 warnings (--fail-on error)\n") {
		t.Errorf("what is left out is not said:\n%s", out)
	}
}

func TestCommandIsEscapedAsGitHubReadsIt(t *testing.T) {
	got := command(rules.Warning, anchor{path: "a:b,c%\n", line: 2, end: 3, repository: true}, "t:,%", "50%\r\n::error::x")
	want := `::warning file=a%3Ab%2Cc%25\n,line=2,endLine=3,title=t%3A%2C%25::50%25%0D%0A::error::x` + "\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// What is left of the Markdown without the tags and references that we write
// holds nothing that Markdown or HTML gives a meaning to.
func TestMarkdownEscapes(t *testing.T) {
	ours := regexp.MustCompile(`</?code>|<br>|</?span>|</?sub>|</?summary>|</?details>|<a href="https://github\.com/lambdalint/[a-z/-]+/README\.md">|</a>|&#\d+;|\*\*(not judged|failed|The image could not be judged|\d+ findings? left out|There is no more room here):?\*\*`)
	for line := range strings.Lines(string(write(t, "markdown", samples()["hostile"], Options{}))) {
		rest := ours.ReplaceAllString(line, "")
		rest = strings.TrimLeft(rest, "#")
		if strings.HasPrefix(rest, "| ") {
			if n := strings.Count(rest, "|"); n != 5 {
				t.Errorf("%d bars in a row of four cells: %s", n, line)
			}
			rest = strings.ReplaceAll(rest, "|", "")
		}
		if i := strings.IndexAny(rest, "\\`*_{}[]<>#+!|~&$^"); i >= 0 {
			t.Errorf("%q is written as it is: %s", rest[i], line)
		}
		if strings.Contains(strings.ToLower(rest), "www.") || strings.Contains(rest, "://") {
			t.Errorf("an address would become a link: %s", line)
		}
	}
}

func TestMarkdownStaysBelowItsLimit(t *testing.T) {
	list := manyFindings(20_000)
	list[19_999].Level = rules.Error
	first, second := sampleImage(fail("function-files-readable", rules.Warning, list[:10_000]...)), sampleImage(fail("function-files-readable", rules.Warning, list[10_000:]...))
	second.Reference = "zzz"
	out := write(t, "markdown", finish("error", first, second), Options{})
	if len(out) > maxMarkdown {
		t.Errorf("%d bytes", len(out))
	}
	if !bytes.Contains(out, []byte("m19999.py")) {
		t.Error("the error of the last image was left out for warnings of the first")
	}
	left := 0
	for _, m := range regexp.MustCompile(`\*\*(\d+) findings left out`).FindAllSubmatch(out, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		left += n
	}
	if shown := bytes.Count(out, []byte("\n| 🟧")) + bytes.Count(out, []byte("\n| 🟥")); shown+left != 20_000 || shown == 0 {
		t.Errorf("%d shown and %d left out are not 20000", shown, left)
	}
}
