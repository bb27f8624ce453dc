package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/rules"
)

// maxMarkdown keeps a summary below the 1 MiB above which GitHub drops it.
const maxMarkdown = 900_000

// markdown writes GitHub-flavoured Markdown for a step summary or a comment.
// Where it would grow too large, the worst findings of all images stay.
func markdown(w io.Writer, r *Report, _ Options) error {
	r = sorted(r)
	m := &summary{rules: catalogueOf(r), rows: map[*Image][]string{}, leftOut: map[*Image]int{}}
	m.choose(r)
	icon := [...]string{bad: "❌", open: "❔", good: "✅"}[moodOf(r)]
	fmt.Fprintf(&m.out, "## %s lambdalint: %s\n\n", icon, escapeMarkdown(verdict(r)))
	for i := range r.Images {
		m.image(&r.Images[i])
	}
	fmt.Fprintf(&m.out, "<sub>lambdalint %s, as of %s</sub>\n", escapeMarkdown(r.Tool.Version), escapeMarkdown(r.AsOf))
	if _, err := w.Write(m.out.Bytes()); err != nil {
		return fmt.Errorf("writing the Markdown report: %w", err)
	}
	return nil
}

type summary struct {
	out     bytes.Buffer
	rules   catalogue
	rows    map[*Image][]string
	leftOut map[*Image]int
}

// choose makes the rows of all findings, as many as there is room for. A tenth
// of the room is kept for what is no finding.
func (m *summary) choose(r *Report) {
	room := maxMarkdown * 9 / 10
	for _, f := range worstFirst(r) {
		row := m.row(f)
		if room -= len(row); room < 0 {
			m.leftOut[f.image]++
			continue
		}
		m.rows[f.image] = append(m.rows[f.image], row)
	}
}

func (m *summary) row(f foundIn) string {
	icon := map[rules.Level]string{rules.Error: "🟥", rules.Warning: "🟧"}[f.finding.Level]
	if icon == "" {
		icon = "🟦"
	}
	rule := code(f.rule)
	if address := ruleURL(m.rules[f.rule]); address != "" {
		rule = `<a href="` + html.EscapeString(address) + `">` + rule + "</a>"
	}
	what := escapeMarkdown(bounded(f.finding.Message))
	if f.finding.Fix != "" {
		what += "<br>Fix: " + code(bounded(f.finding.Fix))
	}
	var where []string
	for _, p := range place(f.finding.Location) {
		where = append(where, code(bounded(p)))
	}
	return fmt.Sprintf("| %s %s | %s | %s | %s |\n", icon, f.finding.Level, rule, what, strings.Join(where, "<br>"))
}

func (m *summary) image(im *Image) {
	fmt.Fprintf(&m.out, "### %s\n\n%s\n\n", code(bounded(im.Reference)), escapeMarkdown(strings.Join(im.facts(), ", ")))
	if im.Error != "" {
		fmt.Fprintf(&m.out, "**The image could not be judged:** %s\n\n", escapeMarkdown(bounded(im.Error)))
	}
	if rows := m.rows[im]; len(rows) > 0 {
		m.out.WriteString("| Level | Rule | Finding | Where |\n| --- | --- | --- | --- |\n")
		m.out.WriteString(strings.Join(rows, "") + "\n")
	}
	if n := m.leftOut[im]; n > 0 {
		fmt.Fprintf(&m.out, "**%s left out: there is no more room here.** The JSON report has them all.\n\n", count(n, "finding"))
	}
	for _, o := range withStatus(im, rules.Errored) {
		fmt.Fprintf(&m.out, "- **failed:** %s could not be evaluated: %s\n", code(o.Rule), escapeMarkdown(bounded(o.Reason)))
	}
	for _, u := range notJudged(im) {
		names := make([]string, len(u.rules))
		for i, name := range u.rules {
			names[i] = code(name)
		}
		fmt.Fprintf(&m.out, "- **not judged:** %s (%s)\n", escapeMarkdown(bounded(u.reason)), strings.Join(names, ", "))
	}
	if n := len(findings(im, true)); n > 0 {
		fmt.Fprintf(&m.out, "- waived: %s\n", count(n, "finding"))
	}
	passed, not := withStatus(im, rules.Pass), withStatus(im, rules.NotApplicable)
	fmt.Fprintf(&m.out, "- passed: %s\n", count(len(passed), "rule"))
	if len(not) > 0 {
		fmt.Fprintf(&m.out, "\n<details><summary>%s not applicable</summary>\n\n", count(len(not), "rule"))
		for _, o := range not {
			fmt.Fprintf(&m.out, "- %s: %s\n", code(o.Rule), escapeMarkdown(bounded(o.Reason)))
		}
		m.out.WriteString("\n</details>\n")
	}
	m.out.WriteString("\n")
}

// bounded keeps one text of an image from taking all the room.
func bounded(s string) string { return shorten(printable(s), 1000) }

// code is text in a code font. GitHub looks for no mention or link in it.
func code(s string) string { return "<code>" + escapeMarkdown(printable(s)) + "</code>" }

// escapeMarkdown makes text that GitHub's Markdown shows as it is. Whatever has
// a meaning there becomes a character reference, which never has one: emphasis,
// code, tables, HTML, headings, links, addresses and emoji by name. An @ stands
// in an element of its own, or it would call the person behind it.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '@':
			b.WriteString("<span>@</span>")
		case r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"):
			b.WriteString("&#46;")
		case strings.ContainsRune("\\`*_{}[]<>#+!|~&$:^", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
