package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/rules"
)

// maxAnnotations is how many annotations of a level GitHub shows of one step.
const maxAnnotations = 10

// githubCommands writes workflow commands: annotations, the worst first, as
// many as GitHub shows, then in plain words what is not among them.
func githubCommands(w io.Writer, r *Report, o Options) error {
	r = sorted(r)
	var b bytes.Buffer
	shown := map[rules.Level]int{}
	hidden := 0
	annotate := func(level rules.Level, at anchor, title, message string) {
		if shown[level]++; shown[level] > maxAnnotations {
			hidden++
			return
		}
		b.WriteString(command(level, at, title, message))
	}
	for i := range r.Images {
		im := &r.Images[i]
		if im.Error != "" {
			annotate(rules.Error, anchor{}, "lambdalint", "The image "+printable(im.Reference)+" could not be judged: "+printable(im.Error))
		}
		for _, out := range withStatus(im, rules.Errored) {
			annotate(rules.Error, anchor{}, printable(out.Rule), "The rule could not be evaluated: "+printable(out.Reason))
		}
	}
	for _, f := range worstFirst(r) {
		annotate(f.finding.Level, anchorOf(f.image, f.finding.Location, o), printable(f.rule), annotation(r, f))
	}
	if hidden > 0 {
		fmt.Fprintf(&b, "%s not shown as annotations: GitHub shows %d of a level\n", count(hidden, "finding"), maxAnnotations)
	}
	for i := range r.Images {
		for _, u := range notJudged(&r.Images[i]) {
			fmt.Fprintf(&b, "not judged in %s: %s (%s)\n", printable(r.Images[i].Reference), strings.Join(printableAll(u.rules), ", "), printable(u.reason))
		}
	}
	b.WriteString("lambdalint: " + verdict(r) + "\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the workflow commands: %w", err)
	}
	return nil
}

// annotation is what an annotation says; the image is named where there are
// several.
func annotation(r *Report, f foundIn) string {
	lines := []string{printable(f.finding.Message)}
	if inside := insideImage(f.finding); inside != "" {
		lines = append(lines, "In the image: "+inside)
	}
	if f.finding.Fix != "" {
		lines = append(lines, "Fix: "+printable(f.finding.Fix))
	}
	if len(r.Images) > 1 {
		lines = append(lines, "Image: "+printable(f.image.Reference)+" "+printable(f.image.Platform))
	}
	return strings.Join(lines, "\n")
}

// command is one workflow command, escaped as GitHub's toolkit escapes it.
func command(level rules.Level, at anchor, title, message string) string {
	name := map[rules.Level]string{rules.Error: "error", rules.Warning: "warning"}[level]
	if name == "" {
		name = "notice"
	}
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var properties []string
	if at.repository {
		properties = append(properties, "file="+property.Replace(printable(at.path)),
			fmt.Sprintf("line=%d", at.line), fmt.Sprintf("endLine=%d", at.end))
	}
	properties = append(properties, "title="+property.Replace(title))
	return "::" + name + " " + strings.Join(properties, ",") + "::" + data.Replace(message) + "\n"
}
