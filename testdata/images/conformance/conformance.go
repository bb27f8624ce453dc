// Package conformance reads the conformance set: images as recipes, and what
// AWS's emulator did with them. README.md beside it is the table of the set and
// says how it is observed anew.
//
// It refuses to know how an image is judged: the tests of the command line hold
// that against what is written here.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Set is the whole set, as verdicts.json has it.
type Set struct {
	// Emulator says which emulator observed, as MODULE@VERSION.
	Emulator string  `json:"emulator"`
	Images   []Image `json:"images"`
}

// Image is one image of the set. Rule, Differs and Pending are written by hand,
// the rest is what was observed.
type Image struct {
	// Name is the recipe's name.
	Name string `json:"name"`
	// Rule is the rule that must say why the image fails, "" for one that works.
	Rule string `json:"rule,omitempty"`
	// Observed is works or fails.
	Observed string `json:"observed"`
	// Error is what the emulator named as the cause.
	Error string `json:"error,omitempty"`
	// On is the day of the observation, YYYY-MM-DD.
	On string `json:"on"`
	// Differs says where Lambda is known to do otherwise than its emulator;
	// then Lambda's verdict is the one that counts.
	Differs *Difference `json:"differs,omitempty"`
	// Warning says why the rule warns and does no more: then there is no error.
	Warning string `json:"warning,omitempty"`
	// Pending says why the image is not judged right yet.
	Pending string `json:"pending,omitempty"`
}

// Difference is a verdict of Lambda that its emulator does not show.
type Difference struct {
	Lambda string `json:"lambda"`
	Why    string `json:"why"`
	Source string `json:"source"`
}

// Works tells whether the image works on Lambda.
func (i Image) Works() bool {
	if i.Differs != nil {
		return i.Differs.Lambda == "works"
	}
	return i.Observed == "works"
}

// Read reads verdicts.json in the directory of the set.
func Read(dir string) (*Set, error) {
	data, err := os.ReadFile(filepath.Join(dir, "verdicts.json"))
	if err != nil {
		return nil, err
	}
	var set Set
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&set); err != nil {
		return nil, fmt.Errorf("reading verdicts.json: %w", err)
	}
	return &set, nil
}

// Image gives the image of a name.
func (s *Set) Image(name string) (Image, bool) {
	for _, i := range s.Images {
		if i.Name == name {
			return i, true
		}
	}
	return Image{}, false
}

// Write writes verdicts.json.
func (s *Set) Write(dir string) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "verdicts.json"), out.Bytes(), 0o644)
}
