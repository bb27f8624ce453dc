package report

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/rules"
)

// Format writes a finished report in one form. It changes neither the report
// nor the exit status, and equal reports and options give equal bytes.
type Format func(io.Writer, *Report, Options) error

// ShowAll as Options.Show shows waived findings too.
const ShowAll rules.Level = "all"

// Options are what a format is told beside the report. The zero value is
// right for a file that a program reads.
type Options struct {
	// Show is the least level that the text shows; "" means note.
	Show rules.Level
	// Color allows terminal colours, Hyperlinks terminal links.
	Color, Hyperlinks bool
	// Width is the number of columns to wrap text to; 0 means never.
	Width int
	// Verbose adds the boot chain, the rules that passed or did not apply, and
	// every finding of a rule. Quiet leaves one line a finding.
	Verbose, Quiet bool
	// Sources is the repository. Paths of Dockerfiles are relative to its
	// root; nil where there is none.
	Sources fs.FS
	// Dockerfile is where a finding lands whose own line is not known.
	Dockerfile string
	// SARIFAnchor is where a finding lands without any Dockerfile.
	SARIFAnchor string
	// SARIFWaived includes waived findings, marked as suppressed. GitHub would
	// open an alert for each.
	SARIFWaived bool
}

type namedFormat struct {
	name   string
	format Format
}

func formats() []namedFormat {
	return []namedFormat{
		{"text", text},
		{"json", writeJSON},
		{"sarif", sarifLog},
		{"junit", junit},
		{"markdown", markdown},
		{"github", githubCommands},
		{"gitlab", gitlab},
		{"html", page},
	}
}

// Formats lists the names of the formats.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// ByName finds a format; the error of an unknown one lists those there are.
func ByName(name string) (Format, error) {
	for _, f := range formats() {
		if f.name == name {
			return f.format, nil
		}
	}
	return nil, fmt.Errorf("unknown format %q: want one of %s", name, strings.Join(Formats(), ", "))
}

// sorted gives a copy in the order of (image, rule, subject), with lists
// instead of nil, so that equal facts are equal bytes.
func sorted(r *Report) *Report {
	out := *r
	out.Schema = SchemaName
	out.Images = make([]Image, len(r.Images))
	copy(out.Images, r.Images)
	slices.SortStableFunc(out.Images, func(a, b Image) int {
		return compareAll(a.Reference, b.Reference, a.Platform, b.Platform)
	})
	for i := range out.Images {
		im := &out.Images[i]
		im.Layers = append([]Layer{}, im.Layers...)
		im.Outcomes = append([]rules.Outcome{}, im.Outcomes...)
		slices.SortStableFunc(im.Outcomes, func(a, b rules.Outcome) int { return strings.Compare(a.Rule, b.Rule) })
		for j := range im.Outcomes {
			o := &im.Outcomes[j]
			o.Findings = slices.Clone(o.Findings)
			slices.SortStableFunc(o.Findings, func(a, b rules.Finding) int {
				return compareAll(string(a.Subject.Kind), string(b.Subject.Kind), a.Subject.Key, b.Subject.Key, a.Message, b.Message)
			})
			o.NotJudged = slices.Clone(o.NotJudged)
			slices.SortStableFunc(o.NotJudged, func(a, b rules.NotJudged) int {
				return compareAll(string(a.Subject.Kind), string(b.Subject.Kind), a.Subject.Key, b.Subject.Key, a.Reason, b.Reason)
			})
		}
	}
	out.Rules = slices.Clone(r.Rules)
	slices.SortStableFunc(out.Rules, func(a, b rules.Rule) int { return strings.Compare(a.ID, b.ID) })
	return &out
}

// compareAll compares pair by pair until one differs.
func compareAll(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if c := strings.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}
