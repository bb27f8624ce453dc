package report

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/rules"
)

// home is where the project and the rules' documents are read.
const home = "https://github.com/lambdalint/lambdalint"

// catalogue finds rules by ID. Outcomes of a rule that it does not have get
// one made of the outcome.
type catalogue map[string]rules.Rule

func catalogueOf(r *Report) catalogue {
	c := catalogue{}
	for _, rule := range r.Rules {
		c[rule.ID] = rule
	}
	for _, im := range r.Images {
		for _, o := range im.Outcomes {
			if _, ok := c[o.Rule]; !ok {
				c[o.Rule] = rules.Rule{ID: o.Rule, Title: o.Rule, Level: o.Level, Origin: "unknown"}
			}
		}
	}
	return c
}

// sorted lists the rules by ID.
func (c catalogue) sorted() []rules.Rule {
	list := make([]rules.Rule, 0, len(c))
	for _, r := range c {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b rules.Rule) int { return strings.Compare(a.ID, b.ID) })
	return list
}

var ruleID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ruleURL is where a person reads about the rule, "" where there is no such
// place.
func ruleURL(r rules.Rule) string {
	if (r.Origin == "" || r.Origin == "built-in") && !r.Replaces && ruleID.MatchString(r.ID) {
		return home + "/blob/main/rules/" + r.ID + "/README.md"
	}
	for _, ref := range r.References {
		if u, ok := webAddress(ref); ok {
			return u
		}
	}
	return ""
}

// webAddress reads an absolute address of the web, without a user's name in it.
func webAddress(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return "", false
	}
	return u.String(), true
}

// found is a finding with its rule.
type found struct {
	rule    string
	finding rules.Finding
}

// findings lists an image's findings, the worst first, then in the report's
// order. Waived ones are left out or, with waived, the only ones.
func findings(im *Image, waived bool) []found {
	var list []found
	for _, o := range im.Outcomes {
		for _, f := range o.Findings {
			if (f.Waived != nil) == waived {
				list = append(list, found{o.Rule, f})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b found) int {
		return b.finding.Level.Rank() - a.finding.Level.Rank()
	})
	return list
}

// group is the findings of one rule at one level.
type group struct {
	rule     string
	level    rules.Level
	findings []rules.Finding
}

func groups(list []found) []group {
	var out []group
	for _, f := range list {
		if n := len(out) - 1; n >= 0 && out[n].rule == f.rule && out[n].level == f.finding.Level {
			out[n].findings = append(out[n].findings, f.finding)
			continue
		}
		out = append(out, group{f.rule, f.finding.Level, []rules.Finding{f.finding}})
	}
	return out
}

// commonFix is the fix that all findings of a group share, "" where they
// differ.
func (g group) commonFix() string {
	for _, f := range g.findings {
		if f.Fix != g.findings[0].Fix {
			return ""
		}
	}
	return g.findings[0].Fix
}

// undecided is a reason for which rules could not be decided.
type undecided struct {
	reason   string
	rules    []string
	subjects int
}

// notJudged gathers what could not be decided by reason; the reason that stops
// most rules comes first.
func notJudged(im *Image) []undecided {
	var list []undecided
	add := func(rule, reason string, subjects int) {
		i := slices.IndexFunc(list, func(u undecided) bool { return u.reason == reason })
		if i < 0 {
			i = len(list)
			list = append(list, undecided{reason: reason})
		}
		if !slices.Contains(list[i].rules, rule) {
			list[i].rules = append(list[i].rules, rule)
		}
		list[i].subjects += subjects
	}
	for _, o := range im.Outcomes {
		for _, n := range o.NotJudged {
			add(o.Rule, n.Reason, max(n.Count, 1))
		}
		if o.Status == rules.Undecided && len(o.NotJudged) == 0 {
			add(o.Rule, o.Reason, 0)
		}
	}
	slices.SortStableFunc(list, func(a, b undecided) int { return len(b.rules) - len(a.rules) })
	return list
}

// withStatus lists the outcomes that ended in one way.
func withStatus(im *Image, s rules.Status) []rules.Outcome {
	var list []rules.Outcome
	for _, o := range im.Outcomes {
		if o.Status == s {
			list = append(list, o)
		}
	}
	return list
}

// clean reports that rules were judged, all that apply, and nothing was found.
func (im *Image) clean() bool {
	judged := false
	for _, o := range im.Outcomes {
		if len(o.NotJudged) > 0 || (o.Status != rules.Pass && o.Status != rules.NotApplicable) {
			return false
		}
		judged = judged || o.Status == rules.Pass
	}
	return judged && im.Error == ""
}

// mood is how a run ended at a glance. A run that left something unjudged is
// never simply good.
type mood int

const (
	bad mood = iota
	open
	good
)

func moodOf(r *Report) mood {
	switch {
	case r.ExitStatus != 0:
		return bad
	case r.Summary.NotJudged > 0:
		return open
	default:
		return good
	}
}

// place names where a finding lies, most changeable first: the Dockerfile's
// line, the file in the image, its layer, the instruction that made it.
func place(l *rules.Location) []string {
	if l == nil {
		return nil
	}
	var parts []string
	if d := l.Dockerfile; d != nil {
		parts = append(parts, printable(lineOf(d.Path, d.Line)))
	}
	if l.Path != "" {
		parts = append(parts, printable(lineOf(l.Path, l.Line)))
	}
	if l.Layer != nil {
		parts = append(parts, fmt.Sprintf("layer %d", l.Layer.Index))
	}
	if l.Instruction != "" {
		parts = append(parts, shorten(printable(l.Instruction), 120))
	}
	return parts
}

func lineOf(path string, line int) string {
	if line < 1 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, line)
}

// shorten cuts s to n characters and marks the cut.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// bytesText writes a number of bytes in binary units.
func bytesText(n int64) string {
	if n < 0 {
		return "size not known"
	}
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), -1
	for v >= 1023.5 && unit < 4 {
		v /= 1024
		unit++
	}
	if v < 9.95 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + fmt.Sprintf(" %ciB", "KMGTP"[unit])
	}
	return fmt.Sprintf("%.0f %ciB", v, "KMGTP"[unit])
}

// shortDigest keeps what tells digests apart at a glance.
func shortDigest(d string) string {
	algorithm, hash, ok := strings.Cut(d, ":")
	if !ok || len(hash) <= 12 {
		return printable(d)
	}
	return printable(algorithm + ":" + hash[:12])
}

// facts is what the head of an image says beside its reference.
func (im *Image) facts() []string {
	var parts []string
	if im.Platform != "" {
		parts = append(parts, printable(im.Platform))
	}
	switch {
	case im.Child != "":
		parts = append(parts, "index "+shortDigest(im.Digest)+", judged as "+shortDigest(im.Child))
	case im.Digest != "":
		parts = append(parts, shortDigest(im.Digest))
	}
	size := im.Size.Flattened
	if size < 0 {
		size = im.Size.LayersSum
	}
	if s := bytesText(size); size >= 0 && im.Size.Limit > 0 {
		parts = append(parts, s+" of "+bytesText(im.Size.Limit))
	} else if im.Error == "" {
		parts = append(parts, s)
	}
	if len(im.Layers) > 0 {
		parts = append(parts, count(len(im.Layers), "layer"))
	}
	if im.Source != "" {
		parts = append(parts, "from "+printable(im.Source))
	}
	return parts
}

// verdict says why the exit status is what it is, with all counts.
func verdict(r *Report) string {
	s := r.Summary
	var over, rest []string
	threshold := rules.Level(r.FailOn).Rank()
	for _, c := range []struct {
		level rules.Level
		n     int
	}{{rules.Error, s.Error}, {rules.Warning, s.Warning}, {rules.Note, s.Note}} {
		switch {
		case c.n == 0:
		case threshold > 0 && c.level.Rank() >= threshold:
			over = append(over, count(c.n, string(c.level)))
		default:
			rest = append(rest, count(c.n, string(c.level)))
		}
	}
	found := len(over)+len(rest) > 0
	if s.Waived > 0 {
		rest = append(rest, fmt.Sprintf("%d waived", s.Waived))
	}
	if s.NotJudged > 0 {
		rest = append(rest, fmt.Sprintf("%d not judged", s.NotJudged))
	}
	why := reason(r, over, found)
	if why == "" {
		return fmt.Sprintf("exit %d: %s (--fail-on %s)", r.ExitStatus, strings.Join(rest, ", "), printable(r.FailOn))
	}
	return fmt.Sprintf("exit %d: %s", r.ExitStatus, strings.Join(append([]string{why}, rest...), ", "))
}

// reason is what made the exit status, "" where nothing did though there are
// findings.
func reason(r *Report, over []string, found bool) string {
	all := strings.Join(over, ", ")
	join := func(why string) string { return strings.TrimSuffix(why+", "+all, ", ") }
	switch {
	case r.ExitReason != "":
		return join(printable(r.ExitReason))
	case r.Summary.Errors > 0:
		return join(fmt.Sprintf("%d could not be judged", r.Summary.Errors))
	case r.ExitStatus > 1:
		return join("not everything could be judged")
	case len(over) > 0:
		return fmt.Sprintf("%s (--fail-on %s)", all, printable(r.FailOn))
	case r.ExitStatus == 1 && r.Summary.NotJudged > 0:
		return "something is not judged (--fail-on-not-judged)"
	case !found:
		return "no findings"
	default:
		return ""
	}
}

// foundIn is a finding with its rule and image.
type foundIn struct {
	found
	image *Image
}

// worstFirst lists the findings of all images that are not waived.
func worstFirst(r *Report) []foundIn {
	var list []foundIn
	for i := range r.Images {
		for _, f := range findings(&r.Images[i], false) {
			list = append(list, foundIn{f, &r.Images[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b foundIn) int { return b.finding.Level.Rank() - a.finding.Level.Rank() })
	return list
}
