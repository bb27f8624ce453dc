package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

func sarifSchemaForTest(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/schema/sarif-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, "sarif.json", text)
}

func TestSARIFKeepsTheSchema(t *testing.T) {
	s := sarifSchemaForTest(t)
	validateGoldens(t, "testdata/sarif/*.sarif", s)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"x"},"suppressions":[{"kind":"external","status":null}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Validate(doc) == nil {
		t.Error("the schema accepts a null, so this test proves nothing")
	}
}

func sarifOf(t *testing.T, r *Report, o Options) sarif.Report {
	t.Helper()
	var log sarif.Report
	if err := json.Unmarshal(write(t, "sarif", r, o), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// GitHub's uploader computes the same hashes and warns of others. The values
// are those that its own tests expect (codeql-action, src/fingerprints.test.ts).
func TestRollingHashIsGitHubs(t *testing.T) {
	crlf := "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1"
	for text, want := range map[string]string{
		"":                   "c129715d7a2bc9a3:1",
		" a\nb\n  \t\tc\n d": "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1",
		" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End":               "8b7cf3e952e7aeb2:1 b1ae1287ec4718d9:1 bff680108adb0fcc:1 c6805c5e1288b612:1 b86d3392aea1be30:1 e6ceba753e1a442:1",
		" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n":             crlf,
		" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r":             crlf,
		" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n": crlf,
		" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n":         crlf,
		strings.Repeat("Lorem ipsum dolor sit amet.\n", 10): "a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff13bc495cf2:4 a7f2ff13bc495cf2:5 " +
			"a7f2ff13bc495cf2:6 a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1",
	} {
		if got := strings.Join(rollingHashes(text), " "); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestAnchor(t *testing.T) {
	im := &Image{Key: "shop/orders"}
	at := func(path string, line int) *rules.Location {
		return &rules.Location{Path: "/var/task/a.py", Line: 7, Dockerfile: &rules.DockerfileRef{Path: path, Line: line, EndLine: line + 1}}
	}
	for _, c := range []struct {
		name     string
		location *rules.Location
		options  Options
		want     string
	}{
		{"own line", at("app/Dockerfile", 3), Options{Dockerfile: "Dockerfile"}, "app/Dockerfile:3-4"},
		{"outside the repository", at("../Dockerfile", 3), Options{}, "orders/var/task/a.py:7-7"},
		{"absolute", at("/home/Dockerfile", 3), Options{SARIFAnchor: "template.yaml"}, "template.yaml:1-1"},
		{"no line known", &rules.Location{Path: "/a"}, Options{Dockerfile: "./x/../Dockerfile", SARIFAnchor: "template.yaml"}, "Dockerfile:1-1"},
		{"nothing known", nil, Options{}, "orders:1-1"},
		{"climbing name", &rules.Location{Path: "../../etc/passwd"}, Options{}, "orders/etc/passwd:1-1"},
	} {
		a := anchorOf(im, c.location, c.options)
		if got := fmt.Sprintf("%s:%d-%d", a.uri(), a.line, a.end); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if uri := anchorOf(&Image{Key: "a:b c"}, nil, Options{}).uri(); uri != "a%3Ab%20c" {
		t.Errorf("a colon or a space is left in %s", uri)
	}
}

// One alert of GitHub is (rule, uri, line hash): two results of one would be
// one lost.
func TestSARIFLosesNoResult(t *testing.T) {
	for name, r := range samples() {
		for _, o := range []Options{{}, {Dockerfile: "Dockerfile", Sources: sampleSources()}, {Dockerfile: "gone"}, {SARIFAnchor: "Dockerfile", Sources: sampleSources()}} {
			for _, run := range sarifOf(t, r, o).Runs {
				seen := map[string]bool{}
				for _, result := range run.Results {
					id := fmt.Sprint(*result.RuleID, *result.Locations[0].PhysicalLocation.ArtifactLocation.URI, result.PartialFingerprints["primaryLocationLineHash"])
					if seen[id] {
						t.Errorf("%s: two results are %s", name, id)
					}
					seen[id] = true
				}
			}
		}
	}
}

func TestSARIFCountsEveryFinding(t *testing.T) {
	for name, r := range samples() {
		got := 0
		for _, run := range sarifOf(t, r, Options{Dockerfile: "Dockerfile", SARIFWaived: true}).Runs {
			for _, result := range run.Results {
				n := 1
				if result.OccurrenceCount != nil {
					n = int(*result.OccurrenceCount)
				}
				got += n
			}
		}
		s := r.Summary
		if want := s.Error + s.Warning + s.Note + s.Waived; got != want {
			t.Errorf("%s: %d findings in SARIF, %d in the report", name, got, want)
		}
	}
}

func TestSARIFLeavesWaivedOut(t *testing.T) {
	out := write(t, "sarif", samples()["waived"], Options{})
	if n := bytes.Count(out, []byte(`"ruleId"`)); n != 1 {
		t.Errorf("%d results, want the one that is not waived", n)
	}
	if bytes.Contains(out, []byte("suppressions")) {
		t.Error("suppressions are written, GitHub would open alerts for them")
	}
}

func TestSARIFKeepsTheWorst(t *testing.T) {
	list := manyFindings(maxResults + 10)
	list[maxResults+5].Level = rules.Error
	run := sarifOf(t, finish("error", sampleImage(fail("function-files-readable", rules.Warning, list...))), Options{}).Runs[0]
	if len(run.Results) != maxResults {
		t.Fatalf("%d results", len(run.Results))
	}
	if *run.Results[0].Level != "error" {
		t.Error("the error is not first")
	}
	note := run.Invocations[0].ToolExecutionNotifications[0]
	if *note.Descriptor.Id != "left-out" || !strings.HasPrefix(*note.Message.Text, "10 results") {
		t.Errorf("what is left out is not said: %s", *note.Message.Text)
	}
}

func TestSARIFErrorsAreNoSuccess(t *testing.T) {
	for _, run := range sarifOf(t, samples()["errors"], Options{}).Runs {
		in := run.Invocations[0]
		if *in.ExecutionSuccessful || in.ToolExecutionNotifications[0].Level != "error" {
			t.Errorf("%s: an error looks like a success", *run.AutomationDetails.ID)
		}
	}
	in := sarifOf(t, samples()["mixed"], Options{}).Runs[0].Invocations[0]
	if !*in.ExecutionSuccessful {
		t.Error("findings alone are no failure of the run")
	}
}

func TestRunsAreToldApart(t *testing.T) {
	got := runIDs([]Image{{Key: "a", Platform: "linux/arm64"}, {Key: "a", Platform: "linux/amd64"}, {Key: "b", Platform: "linux/arm64"}, {Key: "c"}, {Key: "c"}})
	want := "[lambdalint/a/linux/arm64/ lambdalint/a/linux/amd64/ lambdalint/b/ lambdalint/c/ lambdalint/c/2/]"
	if fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestProvenanceTakesWebAddressesOnly(t *testing.T) {
	for source, want := range map[string]bool{
		"https://github.com/example/orders": true, "javascript:alert(1)": false, "https://user:secret@example.com/x": false, "git@github.com:x/y": false, "": false,
	} {
		im := &Image{Facts: &inspect.Image{Config: inspect.Config{Labels: []inspect.Pair{{Name: "org.opencontainers.image.source", Value: source}}}}}
		if got := provenance(im) != nil; got != want {
			t.Errorf("%q: %v", source, got)
		}
	}
}

func TestSecuritySeverityOfCredentialRulesOnly(t *testing.T) {
	for _, d := range sarifOf(t, samples()["clean"], Options{}).Runs[0].Tool.Driver.Rules {
		_, got := d.Properties["security-severity"].(string)
		if want := strings.HasPrefix(d.ID, "no-credentials-"); got != want {
			t.Errorf("%s: %v", d.ID, got)
		}
	}
}
