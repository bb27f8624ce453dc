package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/lambdalint/lambdalint/rules"
)

// Columns of the text: a label of at most seven letters, then what it labels.
const (
	labelColumn = 2
	bodyColumn  = labelColumn + 9
	// perRule is how many findings of one rule are shown without Verbose.
	perRule = 10
)

// style is a terminal's select-graphic-rendition code, "" for none.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "1;31"
	green  style = "1;32"
	yellow style = "1;33"
	cyan   style = "1;36"
)

func levelStyle(l rules.Level) style {
	switch l {
	case rules.Error:
		return red
	case rules.Warning:
		return yellow
	default:
		return cyan
	}
}

// text writes the report for a person at a terminal.
func text(w io.Writer, r *Report, o Options) error {
	r = sorted(r)
	s := &screen{options: o, rules: catalogueOf(r)}
	if o.Quiet {
		s.quiet(r)
	} else {
		for i := range r.Images {
			s.image(&r.Images[i])
		}
		s.hint(r)
		s.paragraph(0, verdictStyle(r), verdict(r))
	}
	if _, err := w.Write(s.out.Bytes()); err != nil {
		return fmt.Errorf("writing the text report: %w", err)
	}
	return nil
}

func verdictStyle(r *Report) style {
	return [...]style{bad: red, open: yellow, good: green}[moodOf(r)]
}

// screen is text in the making.
type screen struct {
	out     bytes.Buffer
	options Options
	rules   catalogue
}

// image writes all that is said of one image; what was not judged comes last.
func (s *screen) image(im *Image) {
	s.paragraph(0, bold, printable(im.Reference))
	s.parts(labelColumn, plain, im.facts(), ", ")
	s.blank()
	if im.Error != "" {
		s.labelled(red, "failed", "the image could not be judged")
		s.paragraph(bodyColumn, plain, printable(im.Error))
		s.blank()
	}
	if s.options.Verbose {
		s.boot(im)
	}
	hidden := 0
	for _, g := range groups(findings(im, false)) {
		if !s.shows(g.level) {
			hidden += len(g.findings)
			continue
		}
		s.group(g)
	}
	s.failures(im)
	s.waived(im)
	s.rest(im, hidden)
	s.undecided(im)
}

func (s *screen) shows(l rules.Level) bool {
	least := s.options.Show
	if least == "" {
		least = rules.Note
	}
	return l.Rank() >= least.Rank()
}

// group writes the findings of one rule.
func (s *screen) group(g group) {
	title := s.link(g.rule)
	if n := len(g.findings); n > 1 {
		title += s.paint(dim, fmt.Sprintf("  %d findings", n))
	}
	s.raw(labelColumn, s.paint(levelStyle(g.level), fmt.Sprintf("%-9s", g.level))+title)
	fix := g.commonFix()
	for i, f := range g.findings {
		if i == perRule && len(g.findings) > perRule+1 && !s.options.Verbose {
			s.paragraph(bodyColumn, dim, fmt.Sprintf("and %d more (-v shows all)", len(g.findings)-i))
			break
		}
		s.paragraph(bodyColumn, plain, printable(f.Message))
		s.tagged("at", dim, place(f.Location))
		if fix == "" && f.Fix != "" {
			s.fix(f.Fix)
		}
	}
	if fix != "" {
		s.fix(fix)
	}
	s.blank()
}

func (s *screen) fix(text string) { s.hanging(bodyColumn, 5, "fix:", plain, printable(text)) }

// tagged writes the parts of a place after its tag.
func (s *screen) tagged(tag string, st style, parts []string) {
	if len(parts) == 0 {
		return
	}
	s.hangingLines(bodyColumn, 5, tag, st, join(parts, "  ", s.room(bodyColumn+5)))
}

// failures writes the rules that failed themselves.
func (s *screen) failures(im *Image) {
	for _, o := range withStatus(im, rules.Errored) {
		s.raw(labelColumn, s.paint(red, fmt.Sprintf("%-9s", "failed"))+s.link(o.Rule))
		s.paragraph(bodyColumn, plain, "the rule could not be evaluated: "+printable(o.Reason))
		s.blank()
	}
}

// waived counts what is excused, and lists it where all is to be shown.
func (s *screen) waived(im *Image) {
	list := findings(im, true)
	if len(list) == 0 {
		return
	}
	if s.options.Show != ShowAll {
		s.labelled(dim, "waived", count(len(list), "finding")+" (--show all lists them)")
		s.blank()
		return
	}
	s.labelled(dim, "waived", count(len(list), "finding"))
	for _, f := range list {
		s.paragraph(bodyColumn, plain, f.rule+": "+printable(f.finding.Message))
		s.tagged("at", dim, place(f.finding.Location))
		s.hanging(bodyColumn, 5, "why:", dim, waiver(f.finding.Waived))
	}
	s.blank()
}

func waiver(w *rules.Waived) string {
	text := printable(w.Reason)
	if w.Expires != "" {
		text += ", until " + printable(w.Expires)
	}
	if w.By != "" {
		text += " (" + printable(w.By) + ")"
	}
	return text
}

// rest counts what holds, what does not apply and what --show hides.
func (s *screen) rest(im *Image, hidden int) {
	if hidden > 0 {
		s.labelled(dim, "hidden", count(hidden, "finding")+" below --show "+string(s.options.Show))
	}
	passed, not := withStatus(im, rules.Pass), withStatus(im, rules.NotApplicable)
	if len(passed)+len(not) > 0 {
		line := count(len(passed), "rule")
		if im.clean() && len(passed) > 1 {
			line = "all " + line
		}
		if im.clean() && len(not) > 0 {
			line += " that apply"
		}
		if len(not) > 0 {
			line += fmt.Sprintf(" (%d not applicable)", len(not))
		}
		s.labelled(green, "passed", line)
	}
	if s.options.Verbose {
		s.parts(bodyColumn, dim, ruleNames(passed), ", ")
		if len(not) > 0 {
			s.blank()
			s.labelled(dim, "skipped", count(len(not), "rule")+" not applicable")
		}
		for _, o := range not {
			s.paragraph(bodyColumn, plain, printable(o.Rule)+": "+printable(o.Reason))
		}
	}
	if hidden+len(passed)+len(not) > 0 {
		s.blank()
	}
}

func ruleNames(list []rules.Outcome) []string {
	var names []string
	for _, o := range list {
		names = append(names, printable(o.Rule))
	}
	return names
}

// undecided says, last of an image, what could not be judged and why.
func (s *screen) undecided(im *Image) {
	list := notJudged(im)
	if len(list) == 0 {
		return
	}
	s.raw(labelColumn, s.paint(yellow, "not judged"))
	for _, u := range list {
		what := count(len(u.rules), "rule")
		if u.subjects > len(u.rules) {
			what += ", " + count(u.subjects, "subject")
		}
		s.paragraph(bodyColumn, plain, what+": "+printable(u.reason))
		s.parts(bodyColumn, dim, printableAll(u.rules), ", ")
	}
	s.blank()
}

func printableAll(list []string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = printable(v)
	}
	return out
}

// boot writes the boot chain.
func (s *screen) boot(im *Image) {
	if im.Facts == nil || (len(im.Facts.Boot.Steps) == 0 && im.Facts.Boot.End.Kind == "") {
		return
	}
	s.labelled(bold, "boot", "what Lambda executes")
	for _, step := range bootSteps(im) {
		s.hanging(bodyColumn, 3, step.number, plain, step.what)
		s.paragraph(bodyColumn+3, dim, step.how)
		if step.problem != "" {
			s.paragraph(bodyColumn+3, red, step.problem)
		}
	}
	s.paragraph(bodyColumn, plain, bootEnd(im))
	s.blank()
}

// hint says where more is told.
func (s *screen) hint(r *Report) {
	if r.Summary.Error+r.Summary.Warning+r.Summary.Note > 0 {
		s.paragraph(0, dim, "`lambdalint explain RULE` tells why a rule is there and how to keep it.")
	}
}

// quiet writes one line a finding, and the verdict unless all is well.
func (s *screen) quiet(r *Report) {
	for i := range r.Images {
		im := &r.Images[i]
		name := noCommand(printable(im.Reference)) + ": "
		if im.Error != "" {
			s.raw(0, name+"failed: "+printable(im.Error))
		}
		for _, f := range findings(im, false) {
			if !s.shows(f.finding.Level) {
				continue
			}
			line := name + string(f.finding.Level) + ": " + printable(f.rule) + ": " + printable(f.finding.Message)
			if p := place(f.finding.Location); len(p) > 0 {
				line += " (" + p[0] + ")"
			}
			s.raw(0, line)
		}
		for _, o := range withStatus(im, rules.Errored) {
			s.raw(0, name+"failed: "+printable(o.Rule)+": "+printable(o.Reason))
		}
	}
	if r.ExitStatus != 0 || r.Summary.NotJudged > 0 {
		s.raw(0, verdict(r))
	}
}

func (s *screen) blank() { s.out.WriteByte('\n') }

// raw writes one line as it is; only escapes of our own are in it.
func (s *screen) raw(indent int, line string) {
	s.out.WriteString(strings.Repeat(" ", indent))
	s.out.WriteString(strings.TrimRight(line, " "))
	s.out.WriteByte('\n')
}

func (s *screen) labelled(st style, label, text string) {
	for i, line := range wrap(text, s.room(bodyColumn)) {
		if i == 0 {
			s.raw(labelColumn, s.paint(st, fmt.Sprintf("%-9s", label))+line)
			continue
		}
		s.raw(bodyColumn, line)
	}
}

func (s *screen) paragraph(indent int, st style, text string) {
	for _, line := range wrap(text, s.room(indent)) {
		s.raw(indent, s.paint(st, line))
	}
}

// hanging writes text behind a tag, its later lines under its first.
func (s *screen) hanging(indent, by int, tag string, st style, text string) {
	s.hangingLines(indent, by, tag, st, wrap(text, s.room(indent+by)))
}

func (s *screen) hangingLines(indent, by int, tag string, st style, lines []string) {
	for i, line := range lines {
		head := ""
		if i == 0 {
			head = tag
		}
		s.raw(indent, s.paint(dim, fmt.Sprintf("%-*s", by, head))+s.paint(st, line))
	}
}

func (s *screen) parts(indent int, st style, parts []string, separator string) {
	for _, line := range join(parts, separator, s.room(indent)) {
		s.raw(indent, s.paint(st, line))
	}
}

// room is how many columns are left beyond an indent; 0 for no bound. A narrow
// terminal gets lines that are too long rather than words cut to letters.
func (s *screen) room(indent int) int {
	if s.options.Width <= 0 {
		return 0
	}
	return max(s.options.Width-indent, 24)
}

func (s *screen) paint(st style, text string) string {
	if !s.options.Color || st == plain || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// link is a rule's ID, linked to its document where links are allowed.
func (s *screen) link(id string) string {
	text := s.paint(bold, printable(id))
	address := ruleURL(s.rules[id])
	if !s.options.Hyperlinks || address == "" {
		return text
	}
	return "\x1b]8;;" + printable(address) + "\x1b\\" + text + "\x1b]8;;\x1b\\"
}

// join lays parts out in lines of at most width columns.
func join(parts []string, separator string, width int) []string {
	var lines []string
	line := ""
	for i, part := range parts {
		if i < len(parts)-1 {
			part += strings.TrimRight(separator, " ")
		}
		gap := separator[len(strings.TrimRight(separator, " ")):]
		switch {
		case i == 0:
			line = part
		case width > 0 && uniseg.StringWidth(line+gap+part) > width:
			lines = append(lines, wrap(line, width)...)
			line = part
		default:
			line += gap + part
		}
	}
	if line != "" {
		lines = append(lines, wrap(line, width)...)
	}
	return lines
}

// wrap breaks text at spaces into lines of at most width columns; 0 is no
// bound. A word that is longer than a line is broken where the line ends.
func wrap(text string, width int) []string {
	if width <= 0 || uniseg.StringWidth(text) <= width {
		if text == "" {
			return nil
		}
		return []string{noCommand(text)}
	}
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		size := uniseg.StringWidth(word)
		if used > 0 && used+1+size <= width {
			line, used = line+" "+word, used+1+size
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		pieces := cut(word, width)
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
		used = uniseg.StringWidth(line)
	}
	return append(lines, line)
}

// noCommand breaks the start of a line that GitHub would take for a command.
func noCommand(line string) string {
	if strings.HasPrefix(strings.TrimLeft(line, " "), "::") {
		return `\` + line
	}
	return line
}

// cut breaks a word into pieces of at most width columns.
func cut(word string, width int) []string {
	var pieces []string
	piece, used, state := "", 0, -1
	for word != "" {
		var cluster string
		var size int
		cluster, word, size, state = uniseg.FirstGraphemeClusterInString(word, state)
		if used > 0 && used+size > width {
			pieces = append(pieces, piece)
			piece, used = "", 0
		}
		if used == 0 && strings.HasPrefix(cluster+word, "::") {
			piece, used = `\`, 1
		}
		piece += cluster
		used += size
	}
	return append(pieces, piece)
}
