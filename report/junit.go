package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/rules"
)

// The elements of a JUnit report as Jenkins' schema has them (xunit-plugin,
// junit-10.xsd), which GitLab, Azure and CircleCI read too.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Skipped *junitDetail `xml:"skipped"`
		Error   *junitDetail `xml:"error"`
		Failure *junitDetail `xml:"failure"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitDetail struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit writes one test suite an image and one test case a rule. A failure is
// what makes the exit status 1, so that a report turns no build red that the
// run itself left green; findings below that, waived ones and what was not
// judged are skipped cases that say so.
func junit(w io.Writer, r *Report, _ Options) error {
	r = sorted(r)
	c := catalogueOf(r)
	out := junitSuites{Name: "lambdalint"}
	for i := range r.Images {
		s := suite(&r.Images[i], c, rules.Level(r.FailOn))
		out.Tests += s.Tests
		out.Failures += s.Failures
		out.Errors += s.Errors
		out.Suites = append(out.Suites, s)
	}
	text, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, xml.Header+string(text)+"\n"); err != nil {
		return fmt.Errorf("writing the JUnit report: %w", err)
	}
	return nil
}

func suite(im *Image, c catalogue, failOn rules.Level) junitSuite {
	s := junitSuite{Name: "lambdalint " + printable(im.Reference)}
	for _, p := range []junitProperty{{"platform", im.Platform}, {"source", im.Source}, {"digest", im.Digest}, {"child", im.Child}} {
		if p.Value != "" {
			s.Properties = append(s.Properties, junitProperty{p.Name, printable(p.Value)})
		}
	}
	if im.Error != "" {
		s.Cases = append(s.Cases, junitCase{Class: "lambdalint", Name: "image",
			Error: &junitDetail{Type: "error", Message: "the image could not be judged: " + printable(im.Error)}})
	}
	for _, o := range im.Outcomes {
		s.Cases = append(s.Cases, testCase(o, c[o.Rule], failOn))
	}
	s.Tests = len(s.Cases)
	for _, t := range s.Cases {
		switch {
		case t.Error != nil:
			s.Errors++
		case t.Failure != nil:
			s.Failures++
		case t.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// testCase is one rule's outcome.
func testCase(o rules.Outcome, rule rules.Rule, failOn rules.Level) junitCase {
	t := junitCase{Class: "lambdalint", Name: printable(o.Rule)}
	if rule.Category != "" {
		t.Class += "." + printable(rule.Category)
	}
	active, waived := split(o.Findings)
	detail := &junitDetail{Text: caseText(o, active)}
	switch {
	case o.Status == rules.Errored:
		t.Error = &junitDetail{Type: "error", Message: "the rule could not be evaluated: " + printable(o.Reason)}
	case len(active) > 0:
		worst := active[0].Level
		detail.Type = string(worst)
		detail.Message = printable(active[0].Message)
		if len(active) > 1 {
			detail.Message += fmt.Sprintf(" (and %d more)", len(active)-1)
		}
		if failOn.Rank() > 0 && worst.Rank() >= failOn.Rank() {
			t.Failure = detail
			break
		}
		detail.Message = fmt.Sprintf("%s below --fail-on %s: %s", worst, failOn, detail.Message)
		t.Skipped = detail
	case o.Status == rules.Undecided || len(o.NotJudged) > 0:
		detail.Type, detail.Message = "not-judged", "not judged: "+printable(undecidedReason(o))
		t.Skipped = detail
	case o.Status == rules.NotApplicable:
		t.Skipped = &junitDetail{Type: "not-applicable", Message: "not applicable: " + printable(o.Reason)}
	case len(waived) > 0:
		t.Skipped = &junitDetail{Type: "waived", Message: fmt.Sprintf("waived: %s (%s)", printable(waived[0].Message), waiver(waived[0].Waived))}
	}
	return t
}

// split parts findings from waived ones, each the worst first.
func split(list []rules.Finding) (active, waived []rules.Finding) {
	im := &Image{Outcomes: []rules.Outcome{{Findings: list}}}
	for _, f := range findings(im, false) {
		active = append(active, f.finding)
	}
	for _, f := range findings(im, true) {
		waived = append(waived, f.finding)
	}
	return active, waived
}

func undecidedReason(o rules.Outcome) string {
	if o.Reason != "" || len(o.NotJudged) == 0 {
		return o.Reason
	}
	return o.NotJudged[0].Reason
}

// caseText lists all that a rule said.
func caseText(o rules.Outcome, active []rules.Finding) string {
	var b strings.Builder
	for _, f := range active {
		fmt.Fprintf(&b, "%s: %s\n", f.Level, printable(f.Message))
		if parts := place(f.Location); len(parts) > 0 {
			fmt.Fprintf(&b, "  at %s\n", strings.Join(parts, "  "))
		}
		if f.Fix != "" {
			fmt.Fprintf(&b, "  fix: %s\n", printable(f.Fix))
		}
	}
	for _, n := range o.NotJudged {
		fmt.Fprintf(&b, "not judged: %s: %s\n", printable(n.Subject.Key), printable(n.Reason))
	}
	return b.String()
}
