package report

import (
	"io"

	"github.com/lambdalint/lambdalint/rules"
)

// codeIssue is an entry of GitLab's Code Quality report.
type codeIssue struct {
	Description string       `json:"description"`
	Check       string       `json:"check_name"`
	Fingerprint string       `json:"fingerprint"`
	Severity    string       `json:"severity"`
	Location    codeLocation `json:"location"`
}

type codeLocation struct {
	Path  string    `json:"path"`
	Lines codeLines `json:"lines"`
}

type codeLines struct {
	Begin int `json:"begin"`
}

// gitlab writes GitLab's Code Quality report. What could not be judged is an
// entry too: a list without it would read as "nothing found".
func gitlab(w io.Writer, r *Report, o Options) error {
	r = sorted(r)
	issues := []codeIssue{}
	ids := runIDs(r.Images)
	for i := range r.Images {
		im := &r.Images[i]
		add := func(description, rule, severity string, at anchor, identity ...string) {
			issues = append(issues, codeIssue{
				Description: description, Check: printable(rule), Severity: severity,
				Fingerprint: stableHash(append([]string{ids[i], rule}, identity...)...),
				Location:    codeLocation{printable(at.path), codeLines{at.line}},
			})
		}
		whole := anchorOf(im, nil, o)
		if im.Error != "" {
			add("The image could not be judged: "+printable(im.Error), "lambdalint", "blocker", whole, "error")
		}
		for _, out := range withStatus(im, rules.Errored) {
			add("The rule could not be evaluated: "+printable(out.Reason), out.Rule, "blocker", whole, "error")
		}
		for _, f := range findings(im, false) {
			add(codeDescription(f.finding), f.rule, gitlabSeverity(f.finding.Level), anchorOf(im, f.finding.Location, o),
				string(f.finding.Subject.Kind), f.finding.Subject.Key)
		}
		for _, u := range notJudged(im) {
			for _, rule := range u.rules {
				add("Not judged: "+printable(u.reason), rule, "info", whole, "not judged", u.reason)
			}
		}
	}
	return encode(w, issues, "GitLab")
}

func gitlabSeverity(l rules.Level) string {
	switch l {
	case rules.Error:
		return "critical"
	case rules.Warning:
		return "major"
	default:
		return "info"
	}
}

// codeDescription is one line: GitLab shows nothing else of a finding.
func codeDescription(f rules.Finding) string {
	text := printable(f.Message)
	if f.Location != nil && f.Location.Path != "" {
		text += " (in the image: " + printable(lineOf(f.Location.Path, f.Location.Line)) + ")"
	}
	if f.Fix != "" {
		text += ". Fix: " + printable(f.Fix)
	}
	return text
}
