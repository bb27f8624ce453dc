// Package history reads the history of an image's configuration: what the
// builders wrote, in the words of a Dockerfile, and which layer each entry made.
//
// It knows the texts that builders write. It refuses to guess: where entries
// and layers do not pair up, no entry has a layer.
package history

import (
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Entry is one history entry, understood.
type Entry struct {
	// CreatedBy is the text as the builder wrote it.
	CreatedBy string
	// Instruction is the instruction in Dockerfile words, on one line.
	Instruction string
	// Keyword is the instruction's first word in capitals; "" where none is
	// recognised.
	Keyword string
	// Key names the entry over rebuilds.
	Key string
	// Comment is the entry's comment.
	Comment string
	// Empty is true where the entry made no layer.
	Empty bool
	// Layer is the index of the layer it made, -1 for none or unknown.
	Layer int
	// Arguments are the build arguments that the builder wrote down, in order.
	Arguments [][2]string
}

// NoHistory is the key of a layer without a history entry.
const NoHistory = "(no history)"

// Read understands the history entries of an image with so many layers.
func Read(entries []v1.History, layers int) []Entry {
	out := make([]Entry, 0, len(entries))
	for _, e := range entries {
		entry := parse(e.CreatedBy)
		entry.Comment, entry.Empty, entry.Layer = e.Comment, e.EmptyLayer, -1
		out = append(out, entry)
	}
	pair(out, layers)
	number(out)
	return out
}

// pair gives the entries that made a layer their layer, where there are as
// many of them as layers; otherwise nobody knows which made which.
func pair(entries []Entry, layers int) {
	made := 0
	for _, e := range entries {
		if !e.Empty {
			made++
		}
	}
	if made != layers {
		return
	}
	next := 0
	for i := range entries {
		if !entries[i].Empty {
			entries[i].Layer = next
			next++
		}
	}
}

// number tells entries with the same key apart: "#2" is the second alike.
func number(entries []Entry) {
	seen := make(map[string]int)
	for i := range entries {
		key := entries[i].Key
		seen[key]++
		if n := seen[key]; n > 1 {
			entries[i].Key = fmt.Sprintf("%s #%d", key, n)
		}
	}
}

var (
	// The classic builder: "/bin/sh -c #(nop) COPY file:HASH in /dst ", and
	// two spaces before words that change the configuration alone.
	classicNop = regexp.MustCompile(`(?s)^(?:\|\d+ .*?)?(?:\S+ )*?/bin/(?:sh|bash) -c #\(nop\)\s+(.*)$`)
	// Build arguments before a RUN: "|1 K=V /bin/sh -c …".
	arguments = regexp.MustCompile(`^\|(\d+) `)
	shellRun  = regexp.MustCompile(`(?s)^(?:/\S*/)?(?:sh|bash|ash) (?:-\S+ |pipefail )*-\S*c (.*)$`)
	keyword   = regexp.MustCompile(`^(FROM|RUN|COPY|ADD|ENV|LABEL|USER|WORKDIR|CMD|ENTRYPOINT|EXPOSE|VOLUME|STOPSIGNAL|HEALTHCHECK|SHELL|ONBUILD|ARG|MAINTAINER)(\s|$)`)
)

func parse(createdBy string) Entry {
	e := Entry{CreatedBy: createdBy}
	text := strings.TrimSpace(createdBy)
	text = strings.TrimSpace(strings.TrimSuffix(text, "# buildkit"))
	if m := classicNop.FindStringSubmatch(text); m != nil {
		text = strings.TrimSpace(m[1])
	} else {
		run, isRun := strings.CutPrefix(text, "RUN ")
		var rest string
		e.Arguments, rest = takeArguments(run)
		if m := shellRun.FindStringSubmatch(rest); m != nil {
			text = "RUN " + m[1]
		} else if isRun || len(e.Arguments) > 0 {
			text = "RUN " + rest
		}
	}
	e.Instruction = maskSecrets(strings.Join(strings.Fields(text), " "))
	if m := keyword.FindStringSubmatch(e.Instruction); m != nil {
		e.Keyword = m[1]
	}
	e.Key = normalise(e.Instruction)
	return e
}

// takeArguments cuts "|2 A=1 B=two words " off. Values may hold spaces, and
// nothing marks their end: a value goes on until the next NAME= or the shell.
func takeArguments(text string) ([][2]string, string) {
	m := arguments.FindStringSubmatch(text)
	if m == nil {
		return nil, text
	}
	var out [][2]string
	rest := text[len(m[0]):]
	count := 0
	_, _ = fmt.Sscanf(m[1], "%d", &count) // digits alone matched
	for len(out) < count {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || strings.ContainsAny(name, " /") {
			break
		}
		end := argumentEnd(after, len(out) == count-1)
		out = append(out, [2]string{name, strings.TrimSpace(after[:end])})
		rest = strings.TrimSpace(after[end:])
	}
	return out, rest
}

var (
	nextArgument = regexp.MustCompile(` [A-Za-z_][A-Za-z0-9_]*=`)
	shellStart   = regexp.MustCompile(` (?:/\S*/)?(?:sh|bash|ash) -`)
)

func argumentEnd(text string, last bool) int {
	end := nextArgument
	if last {
		end = shellStart
	}
	if at := end.FindStringIndex(text); at != nil {
		return at[0]
	}
	if i := strings.IndexByte(text, ' '); i >= 0 {
		return i
	}
	return len(text)
}

var (
	// NAME=value and NAME: value, where the name speaks of a secret.
	namedSecret = regexp.MustCompile(`(?i)([a-z0-9_-]*(?:secret|token|passw(?:or)?d|api_?key)[a-z0-9_-]*["']?[=:]\s?["']?)[^\s"'$]{8,}`)
	// The older form "ENV NAME value".
	oldFormSecret = regexp.MustCompile(`(?i)^(ENV [a-z0-9_]*(?:secret|token|passw(?:or)?d|api_?key)[a-z0-9_]* )[^=$]{8,}$`)
	// What is a secret by its shape: AWS's secret key behind its name in a
	// command, and tokens with a prefix of their own.
	commandSecret = regexp.MustCompile(`(?i)(secret_access_key\s+["']?)[A-Za-z0-9/+]{40}`)
	inAddress     = regexp.MustCompile(`(://[^/\s:@]+:)[^/\s@$]+(?:@)`)
	tokens        = regexp.MustCompile(`\b(gh[pousr]_|github_pat_|glpat-|npm_|xox[abprs]-|sk_live_)[A-Za-z0-9_-]{16,}`)
)

// maskSecrets leaves out values that look like secrets. Instructions and the
// keys made from them end up in reports, which are read by more people than
// the image is.
func maskSecrets(instruction string) string {
	for _, pattern := range []*regexp.Regexp{namedSecret, oldFormSecret, commandSecret, inAddress, tokens} {
		instruction = pattern.ReplaceAllString(instruction, "${1}…")
	}
	return instruction
}

var (
	hashes = regexp.MustCompile(`\b(?:sha256:)?[0-9a-f]{12,64}\b`)
	dates  = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b|\b\d{8}T?\d{0,6}Z?\b|\b\d{10}\b`)
	argSet = regexp.MustCompile(`^(ARG [A-Za-z_][A-Za-z0-9_]*)=.*$`)
)

// normalise takes out of an instruction what changes from build to build.
func normalise(instruction string) string {
	if instruction == "" {
		return NoHistory
	}
	key := argSet.ReplaceAllString(instruction, "$1")
	key = hashes.ReplaceAllString(key, "…")
	return dates.ReplaceAllString(key, "…")
}
