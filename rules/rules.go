// Package rules is the vocabulary of the project and the home of the
// built-in rules.
//
// It knows what a rule, a subject, a finding and an outcome are, and it embeds
// one folder for each built-in rule. It refuses to know how images are read
// (package inspect), how rules are judged (package policy) and how outcomes are
// shown (package report). It imports the standard library only.
package rules

// Level says how bad a breach of a rule is, in the words of SARIF 2.1.0
// section 3.27.10. There is no other scale in this program.
type Level string

const (
	// Error means that AWS refuses the image, or that the function cannot
	// start or do its work as the image stands.
	Error Level = "error"
	// Warning means likely to fail, certainly worse, or documented by AWS and
	// not enforced.
	Warning Level = "warning"
	// Note is practice: worth knowing, never a reason to block.
	Note Level = "note"
	// Off is no level of a finding; settings use it to switch a rule off.
	Off Level = "off"
)

// Levels lists the levels a finding can have, worst first.
func Levels() []Level { return []Level{Error, Warning, Note} }

// Rank orders levels: 3 for Error, 2 for Warning, 1 for Note, 0 for anything
// else.
func (l Level) Rank() int {
	switch l {
	case Error:
		return 3
	case Warning:
		return 2
	case Note:
		return 1
	default:
		return 0
	}
}

// Valid reports whether l is a level that a finding can have.
func (l Level) Valid() bool { return l.Rank() > 0 }

// Rule is one requirement on an image, with its documentation. Its name says
// what must hold; a finding is a breach of it.
type Rule struct {
	// ID is the folder's name and the last part of the Rego package.
	ID string `json:"id"`
	// Title is one line without a full stop.
	Title string `json:"title"`
	// Description says in a sentence or two what goes wrong on a breach.
	Description string `json:"description"`
	// Category is the section of the catalogue the rule stands in.
	Category string `json:"category"`
	// Level is the default level of the rule's findings.
	Level Level `json:"level"`
	// MaxLevel is the worst level that the rule may give a single finding.
	MaxLevel Level `json:"max_level"`
	// Profiles raises the default level in a named profile.
	Profiles map[string]Level `json:"profiles,omitempty"`
	// Params are the rule's settings with their defaults.
	Params map[string]any `json:"params,omitempty"`
	// Files are globs of paths that the rule looks at beside those it names
	// as constants.
	Files []string `json:"files,omitempty"`
	// Contents are globs of files whose content the rule reads.
	Contents []string `json:"contents,omitempty"`
	// Errors are texts that AWS prints where the rule is broken.
	Errors []string `json:"errors,omitempty"`
	// References are addresses of the documents the rule rests on.
	References []string `json:"references,omitempty"`
	// Preview marks a rule that is off unless previews are asked for.
	Preview bool `json:"preview,omitempty"`
	// Origin is "built-in", or the place a rule of one's own was read from.
	Origin string `json:"origin"`
	// Replaces is true where a rule of one's own stands in for a built-in.
	Replaces bool `json:"replaces,omitempty"`
	// Help is the rule's README in Markdown.
	Help string `json:"-"`
}

// SubjectKind says what sort of thing a finding is about.
type SubjectKind string

// The kinds of subjects and what their keys are.
const (
	SubjectImage   SubjectKind = "image"   // "image"
	SubjectConfig  SubjectKind = "config"  // the field as OCI spells it: WorkingDir
	SubjectEnv     SubjectKind = "env"     // the variable's name
	SubjectLabel   SubjectKind = "label"   // the label's name
	SubjectFile    SubjectKind = "file"    // the absolute path
	SubjectLayer   SubjectKind = "layer"   // the normalised instruction
	SubjectHistory SubjectKind = "history" // the normalised instruction
	SubjectCommand SubjectKind = "command" // the path of the step
	SubjectWrite   SubjectKind = "write"   // "FILE -> PATH"
)

// Subject is what a finding is about. It survives a rebuild of the image: no
// digest, tag, layer number or line is ever part of it.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	Key  string      `json:"key"`
}

// Location is where a subject stands in the image and in its sources. Every
// part may be unknown, which is its zero value or nil.
type Location struct {
	// Path is the absolute path inside the image.
	Path string `json:"path,omitempty"`
	// Line is the line in that file, counted from 1.
	Line int `json:"line,omitempty"`
	// Layer is the layer that holds the file.
	Layer *LayerRef `json:"layer,omitempty"`
	// Instruction is the history entry that made the layer or the setting.
	Instruction string `json:"instruction,omitempty"`
	// Dockerfile is the place of that instruction in the sources.
	Dockerfile *DockerfileRef `json:"dockerfile,omitempty"`
}

// LayerRef names a layer. Digest is the hash of the compressed blob as it lies
// in a registry, DiffID the hash of the uncompressed tar; either may be unknown.
type LayerRef struct {
	Index  int    `json:"index"`
	Digest string `json:"digest,omitempty"`
	DiffID string `json:"diff_id,omitempty"`
}

// DockerfileRef is a range of lines, counted from 1. Known says how the range
// was found: "exact" (by digest) or "aligned" (by history).
type DockerfileRef struct {
	Path    string `json:"path"`
	Line    int    `json:"line"`
	EndLine int    `json:"end_line"`
	Known   string `json:"known,omitempty"`
}

// Finding is one breach of a rule.
type Finding struct {
	Level       Level     `json:"level"`
	Message     string    `json:"message"`
	Fix         string    `json:"fix,omitempty"`
	Subject     Subject   `json:"subject"`
	Fingerprint string    `json:"fingerprint"`
	Waived      *Waived   `json:"waived,omitempty"`
	Location    *Location `json:"location,omitempty"`
}

// Waived says why and until when a finding is excused.
type Waived struct {
	Reason  string `json:"reason"`
	Expires string `json:"expires,omitempty"`
	By      string `json:"by"`
}

// NotJudged is a subject on which a rule could not be decided. Subjects with
// one reason fold into one entry with a Count.
type NotJudged struct {
	Subject Subject `json:"subject"`
	Reason  string  `json:"reason"`
	Count   int     `json:"count,omitempty"`
}

// Status is how a rule ended. The five never blur: what could not be judged is
// no pass, and an error is not "no findings".
type Status string

// The five ways in which a rule can end.
const (
	Pass          Status = "pass"
	Fail          Status = "fail"
	NotApplicable Status = "not_applicable" // the question does not arise
	Undecided     Status = "not_judged"     // it arises and could not be decided
	Errored       Status = "error"          // the rule itself failed
)

// Outcome is what one rule said of one image.
type Outcome struct {
	Rule  string `json:"rule"`
	Level Level  `json:"level"`
	// Status is Fail where there is at least one finding, even when other
	// subjects could not be judged.
	Status    Status      `json:"status"`
	Reason    string      `json:"reason,omitempty"`
	NotJudged []NotJudged `json:"not_judged,omitempty"`
	Findings  []Finding   `json:"findings,omitempty"`
}
