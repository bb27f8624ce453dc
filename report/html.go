package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

//go:embed page.html
var pageTemplate string

// perRuleOnPage is how many findings of a rule the page tells.
const perRuleOnPage = 200

// page writes one self-contained HTML file. It has no script and forbids all,
// asks the network for nothing, and escapes by html/template on top of the
// escapes that every format has.
func page(w io.Writer, r *Report, _ Options) error {
	r = sorted(r)
	t, err := template.New("page").Funcs(template.FuncMap{"p": printable}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err)
	}
	v := pageView{Report: r, Verdict: verdict(r), Mood: [...]string{bad: "bad", open: "open", good: "good"}[moodOf(r)]}
	c := catalogueOf(r)
	for i := range r.Images {
		v.Images = append(v.Images, imagePage(i+1, &r.Images[i], c))
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("filling the page: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// The page's data: what the template prints, in words.
type (
	pageView struct {
		Report  *Report
		Verdict string
		Mood    string
		Images  []pageImage
	}
	pageImage struct {
		ID, Reference, Error string
		Facts                []pageFact
		Clean                bool
		Used                 string
		UsedPercent          float64
		Groups               []pageGroup
		Failed, Not          []rules.Outcome
		Undecided            []pageUndecided
		Waived               []pageFinding
		Passed               []string
		Boot                 []pageStep
		BootEnd              string
		Tiles                []tile
		Layers               []pageLayer
		Shadowed             string
		TopShadowed          []pageShadowed
	}
	pageFact  struct{ Name, Value string }
	pageGroup struct {
		Level                   rules.Level
		Rule, Title, About, URL string
		Fix                     string
		Count, More             int
		Findings                []pageFinding
	}
	pageFinding struct {
		Rule, Message, Fix, Why string
		Place                   []string
	}
	pageUndecided struct{ What, Reason, Rules string }
	pageStep      struct{ What, How, Problem string }
	pageLayer     struct {
		Index                     int
		Size, Instruction, Digest string
	}
	pageShadowed struct{ Path, Size, Where string }
)

func imagePage(n int, im *Image, c catalogue) pageImage {
	v := pageImage{
		ID: fmt.Sprintf("image-%d", n), Reference: printable(im.Reference), Error: printable(im.Error), Clean: im.clean(),
		Facts: pageFacts(im), Failed: withStatus(im, rules.Errored), Not: withStatus(im, rules.NotApplicable),
		Passed: ruleNames(withStatus(im, rules.Pass)), Tiles: treemap(im),
	}
	if size := im.Size.Flattened; size >= 0 && im.Size.Limit > 0 {
		v.UsedPercent = 100 * float64(size) / float64(im.Size.Limit)
		v.Used = fmt.Sprintf("%s of %s (%.0f %%)", bytesText(size), bytesText(im.Size.Limit), v.UsedPercent)
	}
	for _, g := range groups(findings(im, false)) {
		v.Groups = append(v.Groups, groupPage(g, c[g.rule]))
	}
	for _, f := range findings(im, true) {
		p := findingPage(f.finding)
		p.Rule, p.Why = printable(f.rule), waiver(f.finding.Waived)
		v.Waived = append(v.Waived, p)
	}
	for _, u := range notJudged(im) {
		what := count(len(u.rules), "rule")
		if u.subjects > len(u.rules) {
			what += ", " + count(u.subjects, "subject")
		}
		v.Undecided = append(v.Undecided, pageUndecided{what, printable(u.reason), strings.Join(printableAll(u.rules), ", ")})
	}
	for _, l := range im.Layers {
		v.Layers = append(v.Layers, pageLayer{l.Index, bytesText(l.Size), printable(l.Instruction), printable(first(l.Digest, l.DiffID))})
	}
	if im.Facts != nil {
		v.facts(im)
	}
	return v
}

// facts adds what only the facts tell.
func (v *pageImage) facts(im *Image) {
	for _, s := range bootSteps(im) {
		v.Boot = append(v.Boot, pageStep{s.what, s.how, s.problem})
	}
	v.BootEnd = bootEnd(im)
	if im.Facts.Size.Known && im.Facts.Size.Shadowed > 0 {
		v.Shadowed = bytesText(im.Facts.Size.Shadowed)
	}
	for _, f := range im.Facts.Size.TopShadowed {
		v.TopShadowed = append(v.TopShadowed, shadowedPage(f))
	}
}

func shadowedPage(f inspect.ShadowedFile) pageShadowed {
	return pageShadowed{printable(f.Path), bytesText(f.Size), fmt.Sprintf("layer %d, hidden by layer %d", f.Layer, f.By)}
}

func pageFacts(im *Image) []pageFact {
	var out []pageFact
	for _, f := range []pageFact{{"Platform", im.Platform}, {"Source", im.Source}, {"Digest", im.Digest}, {"Judged child", im.Child}} {
		if f.Value != "" {
			out = append(out, pageFact{f.Name, printable(f.Value)})
		}
	}
	return out
}

func groupPage(g group, rule rules.Rule) pageGroup {
	v := pageGroup{
		Level: g.level, Rule: printable(g.rule), Title: printable(rule.Title), About: printable(rule.Description), URL: ruleURL(rule),
		Count: len(g.findings), Fix: printable(g.commonFix()),
	}
	for i, f := range g.findings {
		if i == perRuleOnPage {
			v.More = len(g.findings) - i
			break
		}
		p := findingPage(f)
		if v.Fix != "" {
			p.Fix = ""
		}
		v.Findings = append(v.Findings, p)
	}
	return v
}

func findingPage(f rules.Finding) pageFinding {
	return pageFinding{Message: printable(f.Message), Fix: printable(f.Fix), Place: place(f.Location)}
}
