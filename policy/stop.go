package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/lambdalint/lambdalint/rules"
)

// stop is what the library says when it ends a rule; see _stop in
// lib/paths.rego.
type stop struct {
	Problem  string `json:"problem"`
	Call     string `json:"call"`
	Argument string `json:"argument"`
	Reason   string `json:"reason"`
}

const stopPrefix = "lambdalint:"

// readStop reads what the library said back from OPA's error, which quotes it:
// … parsing "lambdalint:{…}": invalid syntax.
func readStop(err error) (stop, bool) {
	var found *topdown.Error
	if !errors.As(err, &found) || found.Code != topdown.BuiltinErr {
		return stop{}, false
	}
	_, quoted, ok := strings.Cut(found.Message, "parsing ")
	if !ok {
		return stop{}, false
	}
	quoted, err = strconv.QuotedPrefix(quoted)
	if err != nil {
		return stop{}, false
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return stop{}, false
	}
	text, ok = strings.CutPrefix(text, stopPrefix)
	if !ok {
		return stop{}, false
	}
	var s stop
	return s, json.Unmarshal([]byte(text), &s) == nil
}

// undecided tells whether the rule stopped because something is not known, not
// because the rule is wrong, and why.
func (s stop) undecided() (string, bool) {
	switch s.Problem {
	case "left-out":
		return fmt.Sprintf("the content of %s was left out: %s", s.Argument, s.Reason), true
	case "not-read":
		return "the layers were not read", true
	}
	return "", false
}

func (s stop) subject() rules.Subject {
	if s.Call == "content" {
		return rules.Subject{Kind: rules.SubjectFile, Key: s.Argument}
	}
	return image()
}

func (s stop) message() string {
	where := "custom.files"
	if s.Call == "content" {
		where = "custom.contents"
	}
	if s.Problem == "no-content" {
		return fmt.Sprintf("paths.content(%s): this is no regular file, so it has no content", s.Argument)
	}
	return fmt.Sprintf("paths.%s(%q): the rule did not ask for it, so it is not known; add a glob for it to %s", s.Call, s.Argument, where)
}

// explain gives an error of the evaluation with the place in the rule's file.
func (r *run) explain(err error) error {
	var found *topdown.Error
	if !errors.As(err, &found) {
		return fmt.Errorf("%s: %w", r.module.name, err)
	}
	return fmt.Errorf("%s: %s", r.where(err), shorten(found.Message))
}

// where gives the innermost place of an error that lies in the rule's own file,
// and the place of the error itself where that is another one.
func (r *run) where(err error) string {
	var found *topdown.Error
	if !errors.As(err, &found) {
		return r.module.name
	}
	var places []*ast.Location
	if found.Location != nil {
		places = append(places, found.Location)
	}
	for _, frame := range found.StackTrace {
		places = append(places, frame.Location)
	}
	for _, place := range places {
		if place != nil && place.File == r.module.name {
			return fmt.Sprintf("%s:%d", place.File, place.Row)
		}
	}
	return r.module.name
}

// shorten bounds a text that may come from an image.
func shorten(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
