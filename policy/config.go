package policy

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lambdalint/lambdalint/rules"
)

// Config is what a team or a caller says about rules. Its zero value judges by
// every rule that is no preview, at its own level.
type Config struct {
	// Only are the IDs of the rules to judge by; all where it is empty.
	Only []string
	// Skip are the IDs of rules to leave out.
	Skip []string
	// Levels caps a rule where the level is lower than its own, and replaces
	// its own where it is higher. Off leaves the rule out.
	Levels map[string]rules.Level
	// Params replaces the defaults of rules' parameters.
	Params map[string]map[string]any
	// Profile raises the levels of rules that know it, such as
	// managed-instances; "" or "default" raises none.
	Profile string
	// Preview turns on the rules that are previews. A rule named in Only, or
	// given a level, is on without it.
	Preview bool
	// Deadline bounds the evaluation of one rule; 10 seconds where it is 0.
	Deadline time.Duration
}

const defaultDeadline = 10 * time.Second

// setting is one rule as a configuration makes it.
type setting struct {
	*rule
	level, max rules.Level
	// cap is the worst level of a finding by the settings.
	cap    rules.Level
	params map[string]any
}

// settings applies a configuration to the rules of the set; rules that are off
// are left out.
func (s *Set) settings(config Config) ([]setting, error) {
	var faults []error
	for _, ids := range [][]string{config.Only, config.Skip, slices.Sorted(maps.Keys(config.Levels)), slices.Sorted(maps.Keys(config.Params))} {
		for _, id := range ids {
			if s.byID[id] == nil {
				faults = append(faults, fmt.Errorf("there is no rule %q%s", id, DidYouMean(id, s.ids())))
			}
		}
	}
	if err := s.checkProfile(config.Profile); err != nil {
		faults = append(faults, err)
	}
	var list []setting
	for _, r := range s.rules {
		made, err := r.configure(config)
		if err != nil {
			faults = append(faults, err)
		}
		if config.enables(r) {
			list = append(list, made)
		}
	}
	return list, errors.Join(faults...)
}

func (s *Set) ids() []string {
	ids := make([]string, len(s.rules))
	for i, r := range s.rules {
		ids[i] = r.ID
	}
	return ids
}

func (s *Set) checkProfile(profile string) error {
	if profile == "" {
		return nil
	}
	known := []string{"default", "managed-instances"}
	for _, r := range s.rules {
		known = slices.AppendSeq(known, maps.Keys(r.Profiles))
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if !slices.Contains(known, profile) {
		return fmt.Errorf("there is no profile %q%s; known are %s", profile, DidYouMean(profile, known), strings.Join(known, ", "))
	}
	return nil
}

func (c Config) enables(r *rule) bool {
	if slices.Contains(c.Skip, r.ID) || c.Levels[r.ID] == rules.Off {
		return false
	}
	if len(c.Only) > 0 {
		return slices.Contains(c.Only, r.ID)
	}
	return !r.Preview || c.Preview || c.Levels[r.ID] != ""
}

func (r *rule) configure(config Config) (setting, error) {
	made := setting{rule: r, level: r.Level, max: r.MaxLevel, cap: rules.Error}
	made.level = worse(made.level, r.Profiles[config.Profile])
	made.max = worse(made.max, made.level)
	if level := config.Levels[r.ID]; level != "" && level != rules.Off {
		if !level.Valid() {
			return made, fmt.Errorf("rule %s: level %q: error, warning, note and off are known", r.ID, level)
		}
		if level.Rank() < made.level.Rank() {
			made.cap = level
		}
		made.level = level
		made.max = worse(made.max, level)
	}
	params, err := r.parameters(config.Params[r.ID])
	made.params = params
	return made, err
}

func worse(a, b rules.Level) rules.Level {
	if b.Rank() > a.Rank() {
		return b
	}
	return a
}

func milder(a, b rules.Level) rules.Level {
	if b.Rank() < a.Rank() {
		return b
	}
	return a
}

// parameters lays what the settings say over the rule's defaults.
func (r *rule) parameters(given map[string]any) (map[string]any, error) {
	params := maps.Clone(r.Params)
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		standard, ok := r.Params[name]
		if !ok {
			known := paramNames(r)
			list := "it has none"
			if len(known) > 0 {
				list = "it has " + strings.Join(known, ", ")
			}
			faults = append(faults, fmt.Errorf("rule %s has no parameter %q%s; %s", r.ID, name, DidYouMean(name, known), list))
			continue
		}
		if want, got := kindOf(standard), kindOf(given[name]); want != got {
			faults = append(faults, fmt.Errorf("rule %s: parameter %s is %s, a %s; it must be a %s like its default %s",
				r.ID, name, describe(given[name]), got, want, describe(standard)))
			continue
		}
		params[name] = given[name]
	}
	return params, errors.Join(faults...)
}

func paramNames(r *rule) []string { return slices.Sorted(maps.Keys(r.Params)) }

// kindOf names the type of a parameter in the words of the settings file. A
// list's elements are told where they are all of one type.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return listKind(v)
	case []string:
		return "list of string"
	case map[string]any:
		return "map"
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "value that is no number"
		}
	}
	return "number"
}

func listKind(list []any) string {
	if len(list) == 0 {
		return "list of string"
	}
	kind := kindOf(list[0])
	for _, item := range list[1:] {
		if kindOf(item) != kind {
			return "list of mixed values"
		}
	}
	return "list of " + kind
}
