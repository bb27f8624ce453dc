package inspect

import "path"

// Request is what the enabled rules want to see beside the facts that every
// document holds.
//
// Whoever fills the document promises: every visible file that matches one of
// the globs is in Files, every file of a lower layer that matches and cannot be
// seen is in Removed, content is there (or ContentOmitted says why not) for
// each of them that matches one of the contents, and Usages has one entry for
// each directory. More than that may be there; each rule is shown its own
// selection only.
type Request struct {
	Rules []RuleRequest
}

// RuleRequest is what one rule wants to see.
type RuleRequest struct {
	// Rule is the rule's ID.
	Rule string
	// Globs select the files to show; see CompileGlob.
	Globs []string
	// Contents select the files, among those that Globs select, whose content
	// is to be shown.
	Contents []string
	// Usage are the directories whose size is to be told.
	Usage []string
}

// Globs lists every glob of the request once, in the order of their first use.
func (r Request) Globs() []string {
	return r.collect(func(rule RuleRequest) []string { return rule.Globs })
}

// Contents lists every glob of wanted contents once.
func (r Request) Contents() []string {
	return r.collect(func(rule RuleRequest) []string { return rule.Contents })
}

// Usage lists every directory whose size is wanted once.
func (r Request) Usage() []string {
	return r.collect(func(rule RuleRequest) []string { return rule.Usage })
}

func (r Request) collect(list func(RuleRequest) []string) []string {
	var all []string
	seen := make(map[string]bool)
	for _, rule := range r.Rules {
		for _, item := range list(rule) {
			if !seen[item] {
				seen[item] = true
				all = append(all, item)
			}
		}
	}
	return all
}

// Selection is what a document knows of paths beyond its records. It is for
// whoever cuts a rule's own view out of the document, and no part of the JSON.
type Selection struct {
	// Aliases gives, for the literal beginning of a requested glob (Glob.Base)
	// that leads through symbolic links to another place, that place: "/bin"
	// gives "/usr/bin" where bin is a link. For a glob without wildcards the
	// last name is not followed.
	Aliases map[string]string
	// Usages has one entry for each requested directory.
	Usages []Usage
}

// Canonical gives the path at which a requested glob's literal beginning lies.
func (s *Selection) Canonical(base string) string {
	if to, ok := s.Aliases[base]; ok {
		return to
	}
	return path.Clean(base)
}
