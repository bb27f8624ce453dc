package boot

import (
	"fmt"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// statements follows statements in order until one replaces the script.
func (r *shellRun) statements(list []*syntax.Stmt) {
	for _, s := range list {
		if r.done || r.chain.End != "" {
			return
		}
		r.statement(s)
	}
}

func (r *shellRun) statement(s *syntax.Stmt) {
	if s.Background || s.Coprocess {
		return // goes on beside the script
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		r.call(c, int(s.Pos().Line()))
	case *syntax.DeclClause:
		r.declare(c)
	case *syntax.Block:
		r.statements(c.Stmts)
	case *syntax.Subshell:
		r.maybe(c.Stmts, fmt.Sprintf("%s, line %d: a subshell", r.name, s.Pos().Line()))
	case *syntax.IfClause:
		r.ifClause(c)
	case *syntax.BinaryCmd:
		r.binary(c)
	case *syntax.WhileClause:
		r.loop(c.Do, c.Cond, int(s.Pos().Line()))
	case *syntax.ForClause:
		r.loop(c.Do, nil, int(s.Pos().Line()))
	case *syntax.CaseClause:
		r.caseClause(c, int(s.Pos().Line()))
	case *syntax.FuncDecl, nil:
	default:
		r.last = nil
	}
}

// binary follows "a && b" and "a || b". What comes after || is for failures:
// it counts where the first command is a test that fails on Lambda.
func (r *shellRun) binary(c *syntax.BinaryCmd) {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		r.last = nil
		return
	}
	outcome := r.test(c.X)
	switch {
	case outcome == isTrue && c.Op == syntax.AndStmt, outcome == isFalse && c.Op == syntax.OrStmt:
		r.statement(c.Y)
	case outcome != isUnknown:
	case c.Op == syntax.AndStmt:
		r.statement(c.X)
		if !r.done {
			r.statement(c.Y)
		}
	default:
		r.statement(c.X)
	}
}

// loop looks at what is done over and over. A loop that never ends and asks
// for the next invocation is a Runtime Interface Client in shell.
func (r *shellRun) loop(body, condition []*syntax.Stmt, line int) {
	if polls(body) || polls(condition) {
		r.polls, r.done = true, true
		r.end("program", "")
		return
	}
	r.maybe(body, fmt.Sprintf("%s, line %d: a loop", r.name, line))
}

// polls reports whether something in the statements names the Runtime API's
// next invocation.
func polls(list []*syntax.Stmt) bool {
	found := false
	for _, s := range list {
		syntax.Walk(s, func(n syntax.Node) bool {
			if literal, ok := n.(*syntax.Lit); ok && strings.Contains(literal.Value, "invocation/next") {
				found = true
			}
			return !found
		})
	}
	return found
}

// maybe looks at statements that may or may not be carried out: where one of
// them would replace the script, what follows is not known.
func (r *shellRun) maybe(list []*syntax.Stmt, where string) {
	if execs(list) {
		r.unknown = where + " may start another program"
		r.done = true
		r.end("unknown", r.unknown)
	}
}

// execs reports whether something in the statements replaces or ends the
// script.
func execs(list []*syntax.Stmt) bool {
	found := false
	for _, s := range list {
		syntax.Walk(s, func(n syntax.Node) bool {
			if _, ok := n.(*syntax.FuncDecl); ok {
				return false
			}
			if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 {
				if word := c.Args[0].Lit(); word == "exec" {
					found = true
				}
			}
			return !found
		})
	}
	return found
}

func (r *shellRun) ifClause(c *syntax.IfClause) {
	for c != nil {
		outcome := isTrue // else
		if len(c.Cond) > 0 {
			outcome = isUnknown
			if len(c.Cond) == 1 {
				outcome = r.test(c.Cond[0])
			}
			r.noteGuard(c, outcome)
		}
		switch outcome {
		case isTrue:
			r.statements(c.Then)
			return
		case isUnknown:
			r.undecided(c)
			return
		}
		c = c.Else
	}
}

// noteGuard notes an emulator that is started outside of Lambda only.
func (r *shellRun) noteGuard(c *syntax.IfClause, outcome int) {
	if outcome != isFalse || r.chain.Emulator != "" {
		return
	}
	for _, s := range c.Then {
		syntax.Walk(s, func(n syntax.Node) bool {
			if literal, ok := n.(*syntax.Lit); ok && strings.Contains(literal.Value, "aws-lambda-rie") {
				r.chain.Emulator = "guarded"
			}
			return true
		})
	}
}

// undecided goes on behind an if that depends on what only a run can tell.
// Where every branch starts the same program it does not matter.
func (r *shellRun) undecided(c *syntax.IfClause) {
	var all []*syntax.Stmt
	for branch := c; branch != nil; branch = branch.Else {
		all = append(all, branch.Then...)
	}
	r.maybe(all, fmt.Sprintf("%s, line %d: a condition", r.name, c.Pos().Line()))
	if !r.done {
		r.last = nil
	}
}

// caseClause decides by a word that is known.
func (r *shellRun) caseClause(c *syntax.CaseClause, line int) {
	word := r.word(c.Word)
	for _, item := range c.Items {
		for _, pattern := range item.Patterns {
			text := r.word(pattern)
			if !word.known || !text.known {
				var all []*syntax.Stmt
				for _, item := range c.Items {
					all = append(all, item.Stmts...)
				}
				r.maybe(all, fmt.Sprintf("%s, line %d: a case", r.name, line))
				return
			}
			if matched, err := path.Match(text.text, word.text); err == nil && matched {
				r.statements(item.Stmts)
				return
			}
		}
	}
}

// declare follows export, declare and their like.
func (r *shellRun) declare(c *syntax.DeclClause) {
	for _, a := range c.Args {
		if a.Name == nil {
			continue
		}
		if a.Naked {
			if v, ok := r.variables[a.Name.Value]; ok && c.Variant.Value == "export" && v.known {
				r.setEnv(a.Name.Value, v.text, true)
			}
			continue
		}
		v := r.assign(a)
		if c.Variant.Value == "export" {
			r.export(a.Name.Value, v)
		}
	}
}

func (r *shellRun) export(name string, v value) {
	if v.known {
		r.setEnv(name, v.text, true)
		return
	}
	r.setEnv(name, unknownWord, true)
	r.variables[name] = v
}

// assign carries out NAME=VALUE. A variable of the environment stays in it.
func (r *shellRun) assign(a *syntax.Assign) value {
	v := value{known: a.Array == nil}
	if a.Value != nil {
		v = r.word(a.Value)
	}
	if a.Append {
		old, ok := r.lookup(a.Name.Value)
		v = value{old.text + v.text, ok && old.known && v.known}
	}
	r.variables[a.Name.Value] = v
	if _, ok := r.env[a.Name.Value]; ok {
		r.export(a.Name.Value, v)
	}
	return v
}

// builtins change the shell or print; they start nothing and end nothing.
var builtins = map[string]bool{
	":": true, "true": true, "set": true, "shopt": true, "umask": true, "ulimit": true, "echo": true, "printf": true,
	"trap": true, "alias": true, "hash": true, "wait": true, "test": true, "[": true, "read": true, "type": true, "readonly": true, "local": true,
}

// call follows a simple command.
func (r *shellRun) call(c *syntax.CallExpr, line int) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			r.assign(a)
		}
		return
	}
	words := r.fields(c.Args)
	name := words[0]
	switch {
	case !name.known:
		r.last = &call{argv: words, line: line}
	case name.text == "exec" && len(words) == 1:
		// Redirections alone, or "$@" of nothing.
	case name.text == "exec":
		r.withAssigns(c.Assigns)
		r.start(&call{argv: execArguments(words[1:]), line: line, exec: true})
	case name.text == "cd" && len(words) == 2:
		r.cd(words[1])
	case name.text == "shift":
		r.parameters = r.parameters[min(1, len(r.parameters)):]
	case name.text == "set":
		r.set(words[1:])
	case name.text == "exit" || name.text == "return":
		r.done = true
		if r.last != nil {
			r.start(r.last)
			return
		}
		r.end("program", "")
	case name.text == "." || name.text == "source":
		r.source(words, line)
	case name.text == "eval":
		r.unknown = fmt.Sprintf("%s, line %d: eval", r.name, line)
		r.last = nil
	case name.text == "command" && len(words) > 1:
		r.last = &call{argv: words[1:], line: line}
	case builtins[name.text]:
	default:
		r.last = &call{argv: words, line: line}
	}
}

// withAssigns carries out the assignments in front of a command that takes the
// script's place.
func (r *shellRun) withAssigns(list []*syntax.Assign) {
	for _, a := range list {
		r.export(a.Name.Value, r.assign(a))
	}
}

// execArguments cuts the flags of exec off.
func execArguments(words []value) []value {
	for len(words) > 1 && strings.HasPrefix(words[0].text, "-") {
		if words[0].text == "-a" {
			words = words[1:]
		}
		words = words[1:]
	}
	return words
}

// set gives the script new parameters, where it names some.
func (r *shellRun) set(words []value) {
	for i, word := range words {
		switch {
		case word.known && word.text == "--":
			words = words[i+1:]
		case word.known && (word.text == "-o" || word.text == "+o"):
			return // set -o NAME; parameters behind it are not in use
		case word.known && (strings.HasPrefix(word.text, "-") || strings.HasPrefix(word.text, "+")):
			continue
		default:
			words = words[i:]
		}
		r.parameters = []string{}
		for _, word := range words {
			if !word.known {
				word.text = unknownWord
			}
			r.parameters = append(r.parameters, word.text)
		}
		return
	}
}

func (r *shellRun) cd(to value) {
	if !to.known {
		r.unknown = r.name + " changes to a directory that is known at run time only"
		return
	}
	r.cwd = r.absolute(to.text)
}

// source reads another script into this one.
func (r *shellRun) source(words []value, line int) {
	if len(words) < 2 || !words[1].known {
		r.unknown = fmt.Sprintf("%s, line %d: what is sourced is known at run time only", r.name, line)
		return
	}
	node, err := r.files.Stat(r.absolute(words[1].text))
	if err != nil || node.IsDir() {
		return
	}
	text, ok := r.text(node)
	if !ok {
		r.unknown = fmt.Sprintf("%s, line %d: %s was not followed", r.name, line, words[1].text)
		return
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), words[1].text)
	if err != nil {
		r.unknown = fmt.Sprintf("%s, line %d: %s cannot be parsed", r.name, line, words[1].text)
		return
	}
	if r.depth++; r.depth > maxSteps {
		r.unknown = fmt.Sprintf("%s sources too deep", r.name)
		return
	}
	r.statements(file.Stmts)
}
