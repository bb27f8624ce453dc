// Package report turns a finished report into bytes: text, JSON, SARIF and the
// other formats. A report is plain data, a format is a function of it.
//
// It knows what each consumer reads and how text from an image must be escaped
// there. It refuses to know how the outcomes came about: it never meets package
// policy, and it decides no exit status.
package report

import (
	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

// SchemaName is the name and version of the JSON report.
const SchemaName = "report/v1"

// Report is everything that a format needs. It is the JSON report as well.
type Report struct {
	Schema string `json:"schema"`
	Tool   Tool   `json:"tool"`
	// AsOf is the date, YYYY-MM-DD, by which lifecycles and waivers were judged.
	AsOf string `json:"as_of"`
	// ExitStatus is the status with which the run ends.
	ExitStatus int `json:"exit_status"`
	// FailOn is the level at or above which findings make the exit status 1, or "never".
	FailOn  string  `json:"fail_on"`
	Summary Summary `json:"summary"`
	Images  []Image `json:"images"`

	// ExitReason says why the run ends as it does where the counts do not tell,
	// "" where they do: "interrupted", "a waiver matched nothing".
	ExitReason string `json:"-"`
	// Rules is the catalogue of the rules that were on, sorted by ID.
	Rules []rules.Rule `json:"-"`
}

// Tool names the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// RuleSet is a digest of the rules that judged, "" where unknown.
	RuleSet string `json:"rule_set,omitempty"`
}

// Summary counts over all images. Findings that are waived are counted as
// Waived only.
type Summary struct {
	Error         int `json:"error"`
	Warning       int `json:"warning"`
	Note          int `json:"note"`
	Waived        int `json:"waived"`
	NotApplicable int `json:"not_applicable"`
	// NotJudged counts the rules of which at least one subject could not be judged.
	NotJudged int `json:"not_judged"`
	// Errors counts the rules, and the images, that could not be judged because of an error.
	Errors      int `json:"errors"`
	FailedRules int `json:"failed_rules"`
}

// Image is one image and what the rules said of it. An index with its chosen
// child is one image: Digest is what the reference names, Child the judged
// manifest.
type Image struct {
	Reference string          `json:"reference"`
	Source    string          `json:"source"`
	Digest    string          `json:"digest,omitempty"`
	Child     string          `json:"child,omitempty"`
	Platform  string          `json:"platform"`
	Size      Size            `json:"size"`
	Layers    []Layer         `json:"layers"`
	Error     string          `json:"error,omitempty"`
	Outcomes  []rules.Outcome `json:"outcomes"`

	// Key is the image's name without tag and digest, the file's name without
	// extension, or "stdin". It names the image over rebuilds.
	Key string `json:"key"`
	// Dockerfile is this image's Dockerfile, relative to the repository; ""
	// for that of the options.
	Dockerfile string `json:"-"`
	// Directories are what fills the image, none inside another; nil where
	// that is not known.
	Directories []inspect.Usage `json:"-"`
	// Facts are the facts the outcomes rest on; nil where there are none.
	Facts *inspect.Image `json:"-"`
}

// Size is what the image takes, in bytes; -1 where it is not known.
type Size struct {
	LayersSum int64 `json:"layers_sum"`
	Flattened int64 `json:"flattened"`
	Limit     int64 `json:"limit"`
}

// Layer is one layer as the report lists it. Digest is the hash of the
// compressed blob, DiffID that of the uncompressed archive.
type Layer struct {
	Index       int    `json:"index"`
	Digest      string `json:"digest,omitempty"`
	DiffID      string `json:"diff_id,omitempty"`
	Size        int64  `json:"size"`
	Instruction string `json:"instruction,omitempty"`
}
