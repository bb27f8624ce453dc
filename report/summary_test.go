package report

import (
	"testing"

	"github.com/lambdalint/lambdalint/rules"
)

func TestSummarise(t *testing.T) {
	finding := func(level rules.Level, waived bool) rules.Finding {
		f := rules.Finding{Level: level}
		if waived {
			f.Waived = &rules.Waived{}
		}
		return f
	}
	got := Summarise([]Image{
		{Error: "it is not there"},
		{Outcomes: []rules.Outcome{
			{Status: rules.Pass},
			{Status: rules.NotApplicable},
			{Status: rules.Undecided},
			{Status: rules.Errored},
			{Status: rules.Fail, NotJudged: []rules.NotJudged{{}}, Findings: []rules.Finding{
				finding(rules.Error, false), finding(rules.Error, true), finding(rules.Warning, false), finding(rules.Note, false), finding(rules.Note, false),
			}},
		}},
	})
	want := Summary{Error: 1, Warning: 1, Note: 2, Waived: 1, NotApplicable: 1, NotJudged: 2, Errors: 2, FailedRules: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
