package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/rules"
)

// result is one element of deny or not_judged.
type result struct {
	subject rules.Subject
	message string
	fix     string
	level   rules.Level
	line    int
	layer   int // -1 where it is not told
}

func (r result) compare(other result) int {
	return cmp.Or(
		cmp.Compare(r.subject.Kind, other.subject.Kind),
		cmp.Compare(r.subject.Key, other.subject.Key),
		cmp.Compare(r.message, other.message),
		cmp.Compare(r.line, other.line),
		cmp.Compare(r.fix, other.fix),
		cmp.Compare(r.level, other.level),
		cmp.Compare(r.layer, other.layer),
	)
}

var kinds = []rules.SubjectKind{
	rules.SubjectImage, rules.SubjectConfig, rules.SubjectEnv, rules.SubjectLabel, rules.SubjectFile,
	rules.SubjectLayer, rules.SubjectHistory, rules.SubjectCommand, rules.SubjectWrite,
}

// readResult reads what a helper of data.lambdalint.result made.
func readResult(value ast.Value) (result, error) {
	object, ok := value.(ast.Object)
	if !ok {
		return result{}, fmt.Errorf("%s was not made by a helper of data.lambdalint.result", shorten(value.String()))
	}
	r := result{layer: -1}
	var fault error
	object.Foreach(func(key, term *ast.Term) {
		if err := r.set(key, term.Value); err != nil && fault == nil {
			fault = fmt.Errorf("%w: %s", err, shorten(value.String()))
		}
	})
	switch {
	case fault != nil:
		return r, fault
	case !slices.Contains(kinds, r.subject.Kind):
		return r, fmt.Errorf("a result has the kind %q, which no helper of data.lambdalint.result makes", r.subject.Kind)
	case r.subject.Key == "":
		return r, fmt.Errorf("a result about %s names no subject: %s", r.subject.Kind, shorten(value.String()))
	case strings.TrimSpace(r.message) == "":
		return r, fmt.Errorf("the result about %s %s has no message", r.subject.Kind, r.subject.Key)
	case r.level != "" && !r.level.Valid():
		return r, fmt.Errorf("a result has the level %q; error, warning and note are known", r.level)
	}
	return r, nil
}

func (r *result) set(key *ast.Term, value ast.Value) error {
	name, _ := key.Value.(ast.String)
	text, isText := value.(ast.String)
	number, isNumber := value.(ast.Number)
	count, isInt := number.Int()
	switch {
	case name == "kind" && isText:
		r.subject.Kind = rules.SubjectKind(text)
	case name == "key" && isText:
		r.subject.Key = string(text)
	case name == "message" && isText:
		r.message = string(text)
	case name == "fix" && isText:
		r.fix = string(text)
	case name == "level" && isText:
		r.level = rules.Level(text)
	case name == "line" && isNumber && isInt:
		r.line = count
	case name == "layer" && isNumber && isInt:
		r.layer = count
	default:
		return fmt.Errorf("a result has %s = %s, which no helper of data.lambdalint.result makes", key, shorten(value.String()))
	}
	return nil
}

// findings gives one finding for each subject. Several results on one subject
// fold into one: the worst level, and the messages one after the other.
func (r *run) findings(results []result) []rules.Finding {
	var findings []rules.Finding
	for start := 0; start < len(results); {
		end := start
		for end < len(results) && results[end].subject == results[start].subject {
			end++
		}
		findings = append(findings, r.fold(results[start:end]))
		start = end
	}
	return findings
}

// fold makes one finding of results on one subject, sorted.
func (r *run) fold(same []result) rules.Finding {
	slices.SortStableFunc(same, func(a, b result) int { return r.levelOf(b).Rank() - r.levelOf(a).Rank() })
	first := same[0]
	finding := rules.Finding{
		Level: r.levelOf(first), Message: joinMessages(same), Fix: first.fix, Subject: first.subject,
		Fingerprint: fingerprint(r.ID, first.subject),
	}
	location := r.doc.image.Locate(first.subject)
	if first.layer >= 0 && (location.Layer == nil || location.Layer.Index != first.layer) {
		location = r.doc.image.LocateIn(first.subject, first.layer)
	}
	if first.line > 0 {
		location.Line = first.line
	}
	finding.Location = &location
	return finding
}

// maxMessages is how many messages of one subject are told in full.
const maxMessages = 3

func joinMessages(same []result) string {
	var messages []string
	for _, one := range same {
		if !slices.Contains(messages, one.message) {
			messages = append(messages, one.message)
		}
	}
	if len(messages) > maxMessages {
		more := len(messages) - maxMessages
		messages = messages[:maxMessages]
		return fmt.Sprintf("%s (and %d more)", strings.Join(messages, "; "), more)
	}
	return strings.Join(messages, "; ")
}

// levelOf gives the level of a result: its own, bounded by what the rule may
// reach, or the rule's; and never more than the settings allow.
func (r *run) levelOf(one result) rules.Level {
	level := r.level
	if one.level != "" {
		level = milder(one.level, r.max)
	}
	return milder(level, r.cap)
}

// fingerprint names a finding over rebuilds of the image.
func fingerprint(id string, subject rules.Subject) string {
	hash := sha256.New()
	for _, part := range []string{id, string(subject.Kind), subject.Key} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// foldNotJudged gives one entry for each reason, with its first subject.
func foldNotJudged(results []result) []rules.NotJudged {
	var folded []rules.NotJudged
	position := make(map[string]int)
	for _, one := range results {
		if i, ok := position[one.message]; ok {
			folded[i].Count++
			continue
		}
		position[one.message] = len(folded)
		folded = append(folded, rules.NotJudged{Subject: one.subject, Reason: one.message, Count: 1})
	}
	return folded
}
