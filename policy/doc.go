// Package policy judges facts by rules: it loads rules written in Rego, checks
// and compiles them, and evaluates them on a facts document.
//
// It is the only package that knows OPA. It refuses to know how facts are
// found (package inspect), what a rule demands (package rules) and how an
// outcome is shown (package report).
package policy
