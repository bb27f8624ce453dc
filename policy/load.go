package policy

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

//go:embed lib/*.rego
var library embed.FS

// Source is a place that holds rules: one folder each, named by the rule's ID,
// with rule.rego and README.md. A folder named lib holds modules that the rules
// of this source share.
type Source struct {
	FS fs.FS
	// Origin is BuiltIn, or the directory as it is told to people.
	Origin string
}

// BuiltIn is the origin of the rules that come with the program.
const BuiltIn = "built-in"

// Set is a set of rules that have been parsed, checked and compiled together.
type Set struct {
	rules    []*rule
	byID     map[string]*rule
	libs     []*module
	compiler *ast.Compiler
	digest   string
}

// rule is one rule with what its source tells about it.
type rule struct {
	rules.Rule
	module  *module
	request inspect.RuleRequest
	// under are the directories that paths.under is asked for.
	under []string
	// defines holds which of deny, not_judged and not_applicable there are.
	defines map[string]bool
}

// module is one file of Rego.
type module struct {
	// name is the file as it is told to people.
	name   string
	source []byte
	parsed *ast.Module
	// user is true for a module of a user's library, which has a request of
	// its own.
	user    bool
	request inspect.RuleRequest
	under   []string
}

// Limits on what is read from a source of rules.
const (
	maxRegoFile = 1 << 20
	maxRules    = 2000
)

var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Load reads, checks and compiles the rules of all sources. A folder of a later
// source replaces the one of the same name in an earlier source.
func Load(sources ...Source) (*Set, error) {
	set := &Set{byID: make(map[string]*rule)}
	if err := set.loadLibrary(); err != nil {
		return nil, err
	}
	var faults []error
	for _, source := range sources {
		faults = append(faults, set.loadSource(source)...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	for _, r := range set.byID {
		set.rules = append(set.rules, r)
	}
	slices.SortFunc(set.rules, func(a, b *rule) int { return strings.Compare(a.ID, b.ID) })
	if err := set.compileModules(); err != nil {
		return nil, err
	}
	for _, m := range set.libs {
		if m.user {
			faults = append(faults, set.checkLibrary(m)...)
		}
	}
	for _, r := range set.rules {
		faults = append(faults, set.check(r)...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	set.digest = set.computeDigest()
	return set, nil
}

// Rules lists the rules, sorted by ID.
func (s *Set) Rules() []rules.Rule {
	list := make([]rules.Rule, len(s.rules))
	for i, r := range s.rules {
		list[i] = r.Rule
	}
	return list
}

// Rule gives the rule of an ID.
func (s *Set) Rule(id string) (rules.Rule, bool) {
	if r, ok := s.byID[id]; ok {
		return r.Rule, true
	}
	return rules.Rule{}, false
}

// Digest names the set: the same modules have the same digest, wherever they
// come from.
func (s *Set) Digest() string { return s.digest }

// Request is what the rules of these IDs want to see; all rules without IDs.
func (s *Set) Request(ids ...string) inspect.Request {
	var request inspect.Request
	for _, r := range s.rules {
		if len(ids) == 0 || slices.Contains(ids, r.ID) {
			request.Rules = append(request.Rules, r.request)
		}
	}
	return request
}

func (s *Set) computeDigest() string {
	hash := sha256.New()
	add := func(parts ...string) {
		for _, part := range parts {
			fmt.Fprintf(hash, "%d:%s", len(part), part)
		}
	}
	for _, m := range s.libs {
		add(m.parsed.Package.Path.String(), string(m.source))
	}
	for _, r := range s.rules {
		add(r.ID, string(r.module.source))
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

// loadLibrary reads the library that comes with the program.
func (s *Set) loadLibrary() error {
	names, err := fs.Glob(library, "lib/*.rego")
	if err != nil {
		return err
	}
	for _, name := range names {
		m, err := parseModule(library, name, "policy/"+name)
		if err != nil {
			return err
		}
		s.libs = append(s.libs, m)
	}
	return nil
}

func (s *Set) loadSource(source Source) []error {
	entries, err := fs.ReadDir(source.FS, ".")
	if err != nil {
		return []error{fmt.Errorf("reading the rules of %s: %w", source.Origin, err)}
	}
	var faults []error
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || strings.HasPrefix(name, ".") {
			if strings.HasSuffix(name, ".rego") {
				faults = append(faults, fmt.Errorf("%s: a rule is a folder with rule.rego in it", source.place(name)))
			}
			continue
		}
		if name == "lib" {
			faults = append(faults, s.loadUserLibrary(source)...)
			continue
		}
		if _, err := fs.Stat(source.FS, path.Join(name, "rule.rego")); errors.Is(err, fs.ErrNotExist) {
			if stray, _ := fs.Glob(source.FS, path.Join(name, "*.rego")); len(stray) > 0 {
				faults = append(faults, fmt.Errorf("%s: the rule's file must be named rule.rego", source.place(stray[0])))
			}
			continue
		}
		r, err := loadRule(source, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if replaced, ok := s.byID[name]; ok && replaced.Origin != r.Origin {
			r.Replaces = true
		}
		if s.byID[name] = r; len(s.byID) > maxRules {
			return append(faults, fmt.Errorf("%s: more than %d rules", source.Origin, maxRules))
		}
	}
	return faults
}

// place names a file of the source for people.
func (s Source) place(name string) string {
	if s.Origin == BuiltIn {
		return path.Join("rules", name)
	}
	return path.Join(s.Origin, name)
}

// loadUserLibrary reads the modules that a source's rules share. They live
// below data.lambdalint.lib and cannot redefine what is there.
func (s *Set) loadUserLibrary(source Source) []error {
	names, err := fs.Glob(source.FS, "lib/*.rego")
	if err != nil {
		return []error{err}
	}
	var faults []error
	for _, name := range names {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		m, err := parseModule(source.FS, name, source.place(name))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if !m.parsed.Package.Path.HasPrefix(dataRef("lambdalint", "lib")) || len(m.parsed.Package.Path) < 4 {
			faults = append(faults, fmt.Errorf("%s: package %s: a library's packages are named lambdalint.lib.NAME",
				m.name, packageName(m.parsed)))
			continue
		}
		m.user = true
		s.libs = append(s.libs, m)
	}
	return faults
}

func packageName(m *ast.Module) string { return strings.TrimPrefix(m.Package.String(), "package ") }

func loadRule(source Source, id string) (*rule, error) {
	if !kebab.MatchString(id) {
		return nil, fmt.Errorf("%s: a rule's folder is named in lower case with hyphens, such as workdir-exists", source.place(id))
	}
	m, err := parseModule(source.FS, path.Join(id, "rule.rego"), source.place(path.Join(id, "rule.rego")))
	if err != nil {
		return nil, err
	}
	want := dataRef("lambdalint", "rules", id)
	if !m.parsed.Package.Path.Equal(want) {
		return nil, fmt.Errorf("%s: package %s: the package of this folder must be lambdalint.rules[%q]", m.name, packageName(m.parsed), id)
	}
	r := &rule{module: m}
	if r.Rule, err = readMetadata(m, id); err != nil {
		return nil, err
	}
	r.Origin = source.Origin
	help, err := fs.ReadFile(source.FS, path.Join(id, "README.md"))
	if err != nil {
		return nil, fmt.Errorf("%s: the rule has no README.md beside it that says why, bad, good and exceptions", m.name)
	}
	r.Help = string(help)
	r.defines, err = entryPoints(m)
	return r, err
}

func parseModule(fsys fs.FS, name, place string) (*module, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if info.Size() > maxRegoFile {
		return nil, fmt.Errorf("%s: %d bytes are too many for a rule, at most %d are read", place, info.Size(), maxRegoFile)
	}
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	parsed, err := ast.ParseModuleWithOpts(place, string(source), ast.ParserOptions{
		ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: sandbox(),
	})
	if err != nil {
		return nil, explain(err, map[string][]byte{place: source})
	}
	return &module{name: place, source: source, parsed: parsed}, nil
}
