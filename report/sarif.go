package report

import (
	"crypto/sha1" // for names, not secrets: RFC 9562 builds version 5 on it
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/lambdalint/lambdalint/rules"
)

// What GitHub takes of a run, and how many findings one result tells.
const (
	maxResults  = 25_000
	maxTold     = 50
	maxSentence = 1024
)

// sarifSchema is the schema of SARIF 2.1.0 with its first errata.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// securitySeverity rates the rules that guard secrets; GitHub shows an alert of
// a rule that has a rate as a security alert. The other rules say whether a
// function works.
func securitySeverity(rule string) string {
	return map[string]string{
		"no-credentials-in-environment": "8.0",
		"no-credentials-in-files":       "6.5",
	}[rule]
}

// The notifications that a run can carry, by their place in the driver.
const (
	noteFailed = iota
	noteUndecided
	noteLeftOut
)

// sarifLog writes SARIF 2.1.0 as GitHub code scanning reads it: one run an
// image, the catalogue in each. go-sarif's own writers and its AddRule and
// AddResult are not used: they leave stale bytes, omit the last newline, scan
// all rules for each result and index unknown rules with -1.
func sarifLog(w io.Writer, r *Report, o Options) error {
	r = sorted(r)
	c := &sarifMaker{report: r, options: o, hashes: lineHashes{o.Sources, map[string][]string{}}, index: map[string]uint{}}
	c.catalogue = catalogueOf(r).sorted()
	for i, rule := range c.catalogue {
		c.index[rule.ID] = uint(i)
	}
	log := &sarif.Report{Schema: sarifSchema, Version: string(sarif.Version210), Runs: []*sarif.Run{}}
	ids := runIDs(r.Images)
	for i := range r.Images {
		log.Runs = append(log.Runs, c.run(&r.Images[i], ids[i]))
	}
	return encode(w, log, "SARIF")
}

type sarifMaker struct {
	report    *Report
	options   Options
	catalogue []rules.Rule
	index     map[string]uint
	hashes    lineHashes
}

// runIDs names the runs. Runs of one name would be refused, so images that
// share a key (two platforms, two tags) are told apart by what remains.
func runIDs(images []Image) []string {
	used := map[string]int{}
	for _, im := range images {
		used[im.Key]++
	}
	taken := map[string]bool{}
	ids := make([]string, len(images))
	for i, im := range images {
		id := "lambdalint/" + strings.Trim(printable(im.Key), "/")
		if used[im.Key] > 1 && im.Platform != "" {
			id += "/" + printable(im.Platform)
		}
		for n, base := 2, id; taken[id]; n++ {
			id = fmt.Sprintf("%s/%d", base, n)
		}
		taken[id] = true
		ids[i] = id + "/"
	}
	return ids
}

func (c *sarifMaker) run(im *Image, id string) *sarif.Run {
	run := &sarif.Run{
		Tool:              sarif.Tool{Driver: c.driver()},
		Results:           []*sarif.Result{},
		AutomationDetails: &sarif.RunAutomationDetails{ID: &id},
		ColumnKind:        "utf16CodeUnits",
		OriginalUriBaseIDs: map[string]*sarif.ArtifactLocation{
			"%SRCROOT%": {Description: textMessage("The root of the repository.")},
		},
		VersionControlProvenance: provenance(im),
	}
	run.Properties = imageProperties(im)
	folds := c.fold(im)
	left := 0
	if len(folds) > maxResults {
		left = len(folds) - maxResults
		folds = folds[:maxResults]
	}
	for _, f := range folds {
		run.Results = append(run.Results, c.result(im, f))
	}
	run.Invocations = []*sarif.Invocation{c.invocation(im, left)}
	return run
}

func imageProperties(im *Image) sarif.Properties {
	p := sarif.Properties{"reference": printable(im.Reference)}
	for name, value := range map[string]string{
		"source": im.Source, "digest": im.Digest, "child": im.Child, "platform": im.Platform,
	} {
		if value != "" {
			p[name] = printable(value)
		}
	}
	return p
}

var semantic = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)$`)

func (c *sarifMaker) driver() *sarif.ToolComponent {
	tool := c.report.Tool
	d := &sarif.ToolComponent{Name: tool.Name, InformationURI: ptr(home), Rules: []*sarif.ReportingDescriptor{}}
	if d.Name == "" {
		d.Name = "lambdalint"
	}
	if tool.Version != "" {
		d.Version = &tool.Version
	}
	if m := semantic.FindStringSubmatch(tool.Version); m != nil {
		d.SemanticVersion = &m[1]
	}
	for _, rule := range c.catalogue {
		d.Rules = append(d.Rules, descriptor(rule))
	}
	for _, n := range [...]struct{ id, name, short, full, help string }{
		noteFailed: {"not-evaluated", "NotEvaluated", "A rule or an image could not be judged because of an error",
			"The results of this run are incomplete: what the error stopped is neither good nor bad.",
			"Read the message, mend the cause and check the image again."},
		noteUndecided: {"not-judged", "NotJudged", "A rule could not be decided for this image",
			"The question arises and the image, or where it was read from, does not let it be answered.",
			"Read the reason; another source of the same image may tell more."},
		noteLeftOut: {"left-out", "LeftOut", "Results were left out",
			"There were more results than GitHub takes of one run; the worst were kept.",
			"Read the JSON report for all of them."},
	} {
		d.Notifications = append(d.Notifications, &sarif.ReportingDescriptor{
			ID: n.id, Name: ptr(n.name), ShortDescription: textStrings(n.short + "."), FullDescription: textStrings(n.full),
			Help: textStrings(n.help), HelpURI: ptr(home), DefaultConfiguration: &sarif.ReportingConfiguration{Level: "warning"},
		})
	}
	return d
}

// descriptor is a rule as SARIF's catalogue lists it.
func descriptor(rule rules.Rule) *sarif.ReportingDescriptor {
	title := shorten(sentence(printable(first(rule.Title, rule.ID))), maxSentence)
	full := shorten(sentence(printable(first(rule.Description, rule.Title, rule.ID))), maxSentence)
	d := &sarif.ReportingDescriptor{
		ID:                   printable(rule.ID),
		Name:                 ptr(pascal(printable(rule.ID))),
		ShortDescription:     textStrings(title),
		FullDescription:      textStrings(full),
		Help:                 textStrings(full),
		DefaultConfiguration: &sarif.ReportingConfiguration{Level: string(rule.Level)},
		Properties:           ruleProperties(rule),
	}
	if rule.Help != "" {
		d.Help.Markdown = ptr(strings.ToValidUTF8(rule.Help, "\uFFFD"))
	}
	if address := ruleURL(rule); address != "" {
		d.HelpURI = &address
		d.Help.Text = ptr(full + "\n\n" + address)
		if d.Help.Markdown != nil {
			d.Help.Markdown = ptr(strings.TrimRight(*d.Help.Markdown, "\n") + "\n\n[This rule's page](" + address + ")\n")
		}
	}
	return d
}

func ruleProperties(rule rules.Rule) sarif.Properties {
	tags := []string{"aws-lambda", "container-image"}
	if rule.Category != "" {
		tags = append(tags, printable(rule.Category))
	}
	problem := string(rule.Level)
	if rule.Level == rules.Note {
		problem = "recommendation"
	}
	p := sarif.Properties{"problem.severity": problem, "precision": "high"}
	if rule.Level == rules.Error {
		p["precision"] = "very-high"
	}
	if s := securitySeverity(rule.ID); s != "" {
		p["security-severity"] = s
		tags = append(tags, "security", "external/cwe/cwe-798")
	}
	p["tags"] = tags
	return p
}

// folded is the findings of a rule on one line: GitHub keeps one alert for
// them, so they are one result.
type folded struct {
	rule     string
	at       anchor
	findings []rules.Finding
}

// fold gathers an image's findings by rule and line, the worst first.
func (c *sarifMaker) fold(im *Image) []folded {
	list := findings(im, false)
	if c.options.SARIFWaived {
		list = append(list, findings(im, true)...)
	}
	type key struct {
		rule, uri string
		line      int
		waived    bool
	}
	var out []folded
	where := map[key]int{}
	for _, f := range list {
		at := anchorOf(im, f.finding.Location, c.options)
		k := key{f.rule, at.uri(), at.line, f.finding.Waived != nil}
		i, ok := where[k]
		if !ok {
			i = len(out)
			where[k] = i
			out = append(out, folded{rule: f.rule, at: at})
		}
		out[i].findings = append(out[i].findings, f.finding)
	}
	return out
}

func (c *sarifMaker) result(im *Image, f folded) *sarif.Result {
	index := c.index[f.rule]
	worst := f.findings[0]
	uri := f.at.uri()
	r := &sarif.Result{
		RuleID:    ptr(printable(f.rule)),
		RuleIndex: &index,
		Level:     ptr(string(worst.Level)),
		Message:   *textMessage(sarifMessage(f)),
		Locations: []*sarif.Location{{
			PhysicalLocation: &sarif.PhysicalLocation{
				ArtifactLocation: &sarif.ArtifactLocation{URI: &uri, URIBaseId: ptr("%SRCROOT%")},
				Region:           &sarif.Region{StartLine: &f.at.line, EndLine: &f.at.end},
			},
			LogicalLocations: logical(im, f.findings),
		}},
		PartialFingerprints: c.fingerprints(f),
	}
	r.Properties = sarif.Properties{"dockerfileLine": dockerfileKnown(worst)}
	if len(f.findings) > 1 {
		r.OccurrenceCount = ptr(uint(len(f.findings)))
	}
	if worst.Waived != nil {
		r.Suppressions = suppressions(f.findings)
	}
	return r
}

// fingerprints names a result over rebuilds. GitHub's key is the hash of the
// line where the line can be read, since its uploader compares; else it is made
// of the rule and the first subject.
func (c *sarifMaker) fingerprints(f folded) map[string]any {
	subjects := make([]string, len(f.findings))
	prints := make([]string, len(f.findings))
	for i, x := range f.findings {
		subjects[i] = string(x.Subject.Kind) + "\x00" + x.Subject.Key
		prints[i] = first(x.Fingerprint, stableHash(f.rule, subjects[i]))
	}
	slices.Sort(subjects)
	slices.Sort(prints)
	line := c.hashes.of(f.at)
	if line == "" {
		line = stableHash(f.rule, subjects[0])[:16] + ":1"
	}
	own := prints[0]
	if len(prints) > 1 {
		own = stableHash(prints...)
	}
	return map[string]any{"primaryLocationLineHash": line, "lambdalint/v1": own}
}

// logical names the files in the image, which no path of the repository does.
func logical(im *Image, list []rules.Finding) []*sarif.LogicalLocation {
	var out []*sarif.LogicalLocation
	seen := map[string]bool{}
	for _, f := range list {
		if f.Location == nil || f.Location.Path == "" || seen[f.Location.Path] || len(out) == maxTold {
			continue
		}
		seen[f.Location.Path] = true
		name := printable(f.Location.Path)
		full := printable(im.Key) + ":" + name
		out = append(out, &sarif.LogicalLocation{Name: &name, FullyQualifiedName: &full, Kind: ptr("resource")})
	}
	return out
}

// sarifMessage tells the findings of one result. GitHub takes the first
// sentence as the alert's title.
func sarifMessage(f folded) string {
	lines := []string{sentence(printable(f.findings[0].Message))}
	fix := group{findings: f.findings}.commonFix()
	if len(f.findings) > 1 {
		lines = append(lines, fmt.Sprintf("%d findings here:", len(f.findings)))
		lines = append(lines, list(f.findings, fix == "")...)
	} else if inside := insideImage(f.findings[0]); inside != "" {
		lines = append(lines, "In the image: "+inside)
	}
	if fix != "" {
		lines = append(lines, "Fix: "+printable(fix))
	}
	if f.at.repository && dockerfileKnown(f.findings[0]) == "unknown" {
		lines = append(lines, "(Which line of this file is to blame is not known.)")
	}
	return noLinks(strings.Join(lines, "\n"))
}

// list tells findings one a line, as far as a reader follows.
func list(findings []rules.Finding, fixes bool) []string {
	var lines []string
	for i, f := range findings {
		if i == maxTold {
			return append(lines, fmt.Sprintf("- and %d more", len(findings)-i))
		}
		line := "- " + printable(f.Message)
		if inside := insideImage(f); inside != "" {
			line += " (" + inside + ")"
		}
		if fixes && f.Fix != "" {
			line += "; fix: " + printable(f.Fix)
		}
		lines = append(lines, line)
	}
	return lines
}

// insideImage is the part of a finding's place that no repository knows.
func insideImage(f rules.Finding) string {
	if f.Location == nil {
		return ""
	}
	inside := *f.Location
	inside.Dockerfile = nil
	return strings.Join(place(&inside), ", ")
}

// dockerfileKnown says how the finding's line of the Dockerfile was found.
func dockerfileKnown(f rules.Finding) string {
	if f.Location == nil || f.Location.Dockerfile == nil {
		return "unknown"
	}
	return first(f.Location.Dockerfile.Known, "aligned")
}

// noLinks breaks what a reader of SARIF would show as a link, "[text](target)".
func noLinks(s string) string { return strings.ReplaceAll(s, "](", "] (") }

// suppressions marks a waived result. All fields are filled because go-sarif
// writes those that are not as null, which the schema forbids.
func suppressions(list []rules.Finding) []*sarif.Suppression {
	w := list[0].Waived
	s := sarif.NewSuppression("external")
	s.Status = ptr("accepted")
	s.Justification = ptr(waiver(w))
	s.Guid = ptr(uuid5(list[0].Fingerprint + "\x00" + list[0].Subject.Key))
	s.Location = &sarif.Location{Message: textMessage("Waived by " + printable(first(w.By, "the settings")) + ".")}
	return []*sarif.Suppression{s}
}

// uuid5 is a name-based UUID (RFC 9562, version 5) in the namespace of URLs.
func uuid5(name string) string {
	namespace := "\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8"
	sum := sha1.Sum([]byte(namespace + home + "\x00" + name))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// invocation says how the run went. Findings alone are a success; an error is
// not, so that nobody takes the missing results for none.
func (c *sarifMaker) invocation(im *Image, leftOut int) *sarif.Invocation {
	ok := im.Error == ""
	var notes []*sarif.Notification
	if im.Error != "" {
		notes = append(notes, c.notification(noteFailed, "", "The image could not be judged: "+printable(im.Error)))
	}
	for _, o := range withStatus(im, rules.Errored) {
		ok = false
		notes = append(notes, c.notification(noteFailed, o.Rule, "The rule "+printable(o.Rule)+" could not be evaluated: "+printable(o.Reason)))
	}
	for _, u := range notJudged(im) {
		for _, rule := range u.rules {
			notes = append(notes, c.notification(noteUndecided, rule, printable(rule)+" is not judged: "+printable(u.reason)))
		}
	}
	if leftOut > 0 {
		notes = append(notes, c.notification(noteLeftOut, "", fmt.Sprintf("%d results are left out: GitHub takes %d of a run.", leftOut, maxResults)))
	}
	return &sarif.Invocation{ExecutionSuccessful: &ok, ExitCode: &c.report.ExitStatus, ToolExecutionNotifications: notes}
}

func (c *sarifMaker) notification(kind uint, rule, text string) *sarif.Notification {
	id := [...]string{noteFailed: "not-evaluated", noteUndecided: "not-judged", noteLeftOut: "left-out"}[kind]
	n := &sarif.Notification{
		Level:      "warning",
		Message:    textMessage(noLinks(sentence(text))),
		Descriptor: &sarif.ReportingDescriptorReference{Id: &id, Index: &kind},
	}
	if kind == noteFailed {
		n.Level = "error"
	}
	if index, ok := c.index[rule]; ok {
		n.AssociatedRule = &sarif.ReportingDescriptorReference{Id: ptr(printable(rule)), Index: &index}
	}
	return n
}

// provenance reads the labels that name the image's sources.
func provenance(im *Image) []*sarif.VersionControlDetails {
	if im.Facts == nil {
		return nil
	}
	labels := map[string]string{}
	for _, l := range im.Facts.Config.Labels {
		labels[l.Name] = l.Value
	}
	address, ok := webAddress(labels["org.opencontainers.image.source"])
	if !ok {
		return nil
	}
	v := &sarif.VersionControlDetails{
		RepositoryURI: &address,
		MappedTo:      &sarif.ArtifactLocation{URIBaseId: ptr("%SRCROOT%")},
	}
	if revision := labels["org.opencontainers.image.revision"]; revision != "" {
		v.RevisionID = ptr(shorten(printable(revision), 200))
	}
	return []*sarif.VersionControlDetails{v}
}

func textMessage(s string) *sarif.Message { return &sarif.Message{Text: &s} }

func textStrings(s string) *sarif.MultiformatMessageString {
	return &sarif.MultiformatMessageString{Text: &s}
}

func ptr[T any](v T) *T { return &v }

// first is the first string that is not empty.
func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// sentence ends text with a full stop unless it ends a sentence already.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// pascal turns a rule's ID into the kind of name that SARIF asks for.
func pascal(id string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		r, n := utf8.DecodeRuneInString(word)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(word[n:])
	}
	return b.String()
}
