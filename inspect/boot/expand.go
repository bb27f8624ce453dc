package boot

import (
	"path"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/sandbox"
)

// fields expands the words of a command. "$@" becomes the parameters, one word
// each.
func (r *shellRun) fields(words []*syntax.Word) []value {
	var out []value
	for _, w := range words {
		if isAllParameters(w) {
			for _, p := range r.parameters {
				out = append(out, value{p, !Unknown(p)})
			}
			continue
		}
		out = append(out, r.word(w))
	}
	if len(out) == 0 {
		out = append(out, value{})
	}
	return out
}

// isAllParameters reports whether a word is "$@", $@ or $*. Without quotes a
// parameter with spaces would be split; that does not matter here.
func isAllParameters(w *syntax.Word) bool {
	if len(w.Parts) != 1 {
		return false
	}
	part := w.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	p, ok := part.(*syntax.ParamExp)
	return ok && p.Param != nil && (p.Param.Value == "@" || p.Param.Value == "*") && p.Exp == nil && p.Slice == nil && !p.Length
}

// word expands a word to a text, where it is known before the run.
func (r *shellRun) word(w *syntax.Word) value {
	if w == nil {
		return value{known: true}
	}
	return r.parts(w.Parts)
}

func (r *shellRun) parts(parts []syntax.WordPart) value {
	out := value{known: true}
	for _, part := range parts {
		v := r.part(part)
		if !v.known {
			return value{}
		}
		out.text += v.text
	}
	return out
}

func (r *shellRun) part(part syntax.WordPart) value {
	switch p := part.(type) {
	case *syntax.Lit:
		return value{unescape(p.Value), true}
	case *syntax.SglQuoted:
		return value{p.Value, !p.Dollar}
	case *syntax.DblQuoted:
		return r.parts(p.Parts)
	case *syntax.ParamExp:
		return r.parameter(p)
	case *syntax.CmdSubst:
		return r.substitution(p)
	default:
		return value{}
	}
}

// substitution expands $(…) for the few commands that scripts find their own
// place with, and whose output is known before the run.
func (r *shellRun) substitution(p *syntax.CmdSubst) value {
	if len(p.Stmts) != 1 || p.Stmts[0].Background || p.Stmts[0].Negated {
		return value{}
	}
	switch c := p.Stmts[0].Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) == 0 || len(c.Assigns) > 0 {
			return value{}
		}
		return r.output(r.fields(c.Args))
	case *syntax.BinaryCmd:
		return r.outputOfTwo(c)
	default:
		return value{}
	}
}

// output is what a command prints.
func (r *shellRun) output(words []value) value {
	for _, word := range words {
		if !word.known {
			return value{}
		}
	}
	name, arguments := words[0].text, words[1:]
	switch {
	case name == "echo" && len(arguments) == 1 && !strings.HasPrefix(arguments[0].text, "-"):
		return arguments[0]
	case name == "pwd" && len(arguments) == 0:
		return value{r.cwd, true}
	case name == "uname" && len(arguments) == 0:
		return value{"Linux", true}
	case len(arguments) == 0 || len(arguments) == 1 && arguments[0].text == "--":
		return value{}
	}
	last := arguments[len(arguments)-1].text
	options := len(arguments) == 1 || len(arguments) == 2 && arguments[0].text == "--"
	switch {
	case name == "dirname" && options && last != "":
		return value{path.Dir(last), true}
	case name == "basename" && options && last != "":
		return value{path.Base(last), true}
	case (name == "readlink" || name == "realpath") && (name == "realpath" && options || len(arguments) == 2 && arguments[0].text == "-f"):
		if node, err := r.files.Stat(r.absolute(last)); err == nil {
			return value{node.Path, true}
		}
	}
	return value{}
}

// outputOfTwo knows two idioms: cd DIR && pwd, and the line by which npm's
// shims turn backslashes round.
func (r *shellRun) outputOfTwo(c *syntax.BinaryCmd) value {
	x, ok1 := c.X.Cmd.(*syntax.CallExpr)
	y, ok2 := c.Y.Cmd.(*syntax.CallExpr)
	if !ok1 || !ok2 || len(x.Args) == 0 || len(y.Args) == 0 {
		return value{}
	}
	switch {
	case c.Op == syntax.AndStmt && x.Args[0].Lit() == "cd" && y.Args[0].Lit() == "pwd":
		words := r.fields(x.Args)
		if len(words) < 2 || !words[len(words)-1].known {
			return value{}
		}
		node, err := r.files.Stat(r.absolute(words[len(words)-1].text))
		if err != nil || !node.IsDir() {
			return value{}
		}
		if len(y.Args) == 1 {
			return value{r.absolute(words[len(words)-1].text), true}
		}
		return value{node.Path, y.Args[1].Lit() == "-P"}
	case c.Op == syntax.Pipe && y.Args[0].Lit() == "sed" && len(y.Args) == 3:
		expression := r.word(y.Args[2])
		if words := r.fields(x.Args); expression.known && expression.text == `s,\\,/,g` {
			v := r.output(words)
			return value{strings.ReplaceAll(v.text, `\`, "/"), v.known}
		}
	}
	return value{}
}

// unescape takes away the backslashes of an unquoted text.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// parameter expands $NAME, ${NAME}, ${NAME:-WORD} and their kin. A variable
// that is not set is empty; one that the function's configuration might set is
// taken as the image sets it.
func (r *shellRun) parameter(p *syntax.ParamExp) value {
	if p.Param == nil || p.Length || p.Excl || p.Slice != nil || p.Repl != nil || p.Index != nil {
		return value{}
	}
	v, set := r.lookup(p.Param.Value)
	if !v.known && set {
		return value{}
	}
	if p.Exp == nil {
		return value{v.text, true}
	}
	missing := !set
	switch p.Exp.Op {
	case syntax.DefaultUnsetOrNull, syntax.AssignUnsetOrNull, syntax.AlternateUnsetOrNull, syntax.ErrorUnsetOrNull:
		missing = !set || v.text == ""
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if missing {
			return r.word(p.Exp.Word)
		}
		return v
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if missing {
			return value{known: true}
		}
		return r.word(p.Exp.Word)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return value{v.text, !missing}
	default:
		return value{}
	}
}

// onLambda are variables that Lambda sets, whatever the image says. Their
// values are not known.
var onLambda = map[string]bool{
	"AWS_LAMBDA_RUNTIME_API": true, "AWS_REGION": true, "AWS_DEFAULT_REGION": true, "AWS_LAMBDA_FUNCTION_NAME": true,
	"AWS_LAMBDA_FUNCTION_VERSION": true, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": true, "AWS_EXECUTION_ENV": true,
	"AWS_LAMBDA_LOG_GROUP_NAME": true, "AWS_LAMBDA_LOG_STREAM_NAME": true, "AWS_LAMBDA_INITIALIZATION_TYPE": true,
	"AWS_ACCESS_KEY_ID": true, "AWS_SECRET_ACCESS_KEY": true, "AWS_SESSION_TOKEN": true,
}

// lookup gives a variable or a parameter, and whether it is set.
func (r *shellRun) lookup(name string) (value, bool) {
	if v, ok := r.variables[name]; ok {
		return v, true
	}
	switch {
	case onLambda[name]:
		return value{}, true
	case name == "0":
		return value{r.zero(), true}, true
	case name == "#":
		return value{strconv.Itoa(len(r.parameters)), true}, true
	case name == "@" || name == "*":
		return value{strings.Join(r.parameters, " "), true}, len(r.parameters) > 0
	case name == "PWD":
		return value{r.cwd, true}, true
	case len(name) == 1 && name[0] >= '1' && name[0] <= '9':
		if n := int(name[0] - '0'); n <= len(r.parameters) {
			p := r.parameters[n-1]
			return value{p, !Unknown(p)}, true
		}
		return value{known: true}, false
	case strings.ContainsAny(name, "?$!-"):
		return value{}, true
	}
	text, ok := r.env[name]
	return value{text, !Unknown(text)}, ok
}

// zero is $0: the script's path, or the shell's own name.
func (r *shellRun) zero() string {
	if r.name == "sh -c" {
		return "sh"
	}
	return r.name
}

// text reads a file that is sourced.
func (r *shellRun) text(node rootfs.Node) (string, bool) {
	answer, ok := r.files.Ask(node, probe.Text())
	if !ok {
		r.chain.Pending = true
		return "", false
	}
	text, err := probe.Decode[probe.TextFile](answer)
	return text.Text, err == nil && !text.Binary && !text.Truncated
}

// The outcomes of a test.
const (
	isUnknown = iota
	isTrue
	isFalse
)

func truth(b bool) int {
	if b {
		return isTrue
	}
	return isFalse
}

func not(outcome int) int {
	switch outcome {
	case isTrue:
		return isFalse
	case isFalse:
		return isTrue
	default:
		return isUnknown
	}
}

// test decides a command that is used as a condition, where it can be decided
// before the run.
func (r *shellRun) test(s *syntax.Stmt) int {
	outcome := isUnknown
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		outcome = r.testCommand(c)
	case *syntax.TestClause:
		outcome = r.testExpr(c.X)
	case *syntax.BinaryCmd:
		x, y := r.test(c.X), r.test(c.Y)
		switch {
		case c.Op == syntax.AndStmt && (x == isFalse || y == isFalse):
			outcome = isFalse
		case c.Op == syntax.OrStmt && (x == isTrue || y == isTrue):
			outcome = isTrue
		case x != isUnknown && y != isUnknown && (c.Op == syntax.AndStmt || c.Op == syntax.OrStmt):
			outcome = truth(c.Op == syntax.AndStmt)
		}
	}
	if s.Negated {
		return not(outcome)
	}
	return outcome
}

// testCommand decides test and [.
func (r *shellRun) testCommand(c *syntax.CallExpr) int {
	if len(c.Args) == 0 {
		return isUnknown
	}
	name := c.Args[0].Lit()
	switch name {
	case "true", ":":
		return isTrue
	case "false":
		return isFalse
	case "test", "[":
	default:
		return isUnknown
	}
	arguments := c.Args[1:]
	if name == "[" && len(arguments) > 0 {
		arguments = arguments[:len(arguments)-1]
	}
	return r.testWords(arguments)
}

func (r *shellRun) testWords(words []*syntax.Word) int {
	switch len(words) {
	case 0:
		return isFalse
	case 1:
		return r.notEmpty(words[0])
	case 2:
		return r.unary(words[0].Lit(), words[1])
	case 3:
		if words[0].Lit() == "!" {
			return not(r.testWords(words[1:]))
		}
		return r.compare(words[1].Lit(), r.word(words[0]), r.word(words[2]))
	case 4:
		if words[0].Lit() == "!" {
			return not(r.testWords(words[1:]))
		}
	}
	return isUnknown
}

func (r *shellRun) unary(operator string, w *syntax.Word) int {
	switch operator {
	case "!":
		return not(r.notEmpty(w))
	case "-n":
		return r.notEmpty(w)
	case "-z":
		return not(r.notEmpty(w))
	case "-f", "-e", "-d", "-x", "-r", "-s":
		v := r.word(w)
		if !v.known || strings.HasPrefix(v.text, "/tmp") || v.text == "" {
			return isUnknown
		}
		node, err := r.files.Stat(r.absolute(v.text))
		switch {
		case err != nil:
			return isFalse
		case operator == "-f" || operator == "-s":
			return truth(!node.IsDir())
		case operator == "-d":
			return truth(node.IsDir())
		case operator == "-e":
			return isTrue
		case operator == "-x":
			return truth(sandbox.May(node.Entry, sandbox.Execute))
		case operator == "-r":
			return truth(sandbox.May(node.Entry, sandbox.Read))
		}
	}
	return isUnknown
}

// notEmpty decides whether a word is not empty. One that holds a variable of
// Lambda's is not, though its value is not known.
func (r *shellRun) notEmpty(w *syntax.Word) int {
	if v := r.word(w); v.known {
		return truth(v.text != "")
	}
	found := false
	syntax.Walk(w, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && onLambda[p.Param.Value] && !alternates(p) {
			found = true
		}
		return true
	})
	if found {
		return isTrue
	}
	return isUnknown
}

func alternates(p *syntax.ParamExp) bool {
	return p.Exp != nil && p.Exp.Op != syntax.DefaultUnset && p.Exp.Op != syntax.DefaultUnsetOrNull
}

func (r *shellRun) compare(operator string, a, b value) int {
	if !a.known || !b.known {
		return isUnknown
	}
	switch operator {
	case "=", "==", "-eq":
		return truth(a.text == b.text)
	case "!=", "-ne":
		return truth(a.text != b.text)
	case "-lt", "-gt", "-le", "-ge":
		return compareNumbers(operator, a.text, b.text)
	default:
		return isUnknown
	}
}

// testExpr decides what stands between [[ and ]].
func (r *shellRun) testExpr(x syntax.TestExpr) int {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return r.testExpr(x.X)
	case *syntax.Word:
		return r.notEmpty(x)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return not(r.testExpr(x.X))
		}
		if w, ok := x.X.(*syntax.Word); ok {
			if x.Op == syntax.TsVarSet {
				return r.varSet(w)
			}
			return r.unary(x.Op.String(), w)
		}
	case *syntax.BinaryTest:
		return r.binaryTest(x)
	}
	return isUnknown
}

func (r *shellRun) varSet(w *syntax.Word) int {
	_, set := r.lookup(w.Lit())
	return truth(set)
}

func (r *shellRun) binaryTest(x *syntax.BinaryTest) int {
	if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
		a, b := r.testExpr(x.X), r.testExpr(x.Y)
		switch {
		case x.Op == syntax.AndTest && (a == isFalse || b == isFalse):
			return isFalse
		case x.Op == syntax.OrTest && (a == isTrue || b == isTrue):
			return isTrue
		case a != isUnknown && b != isUnknown:
			return truth(x.Op == syntax.AndTest)
		}
		return isUnknown
	}
	a, ok1 := x.X.(*syntax.Word)
	b, ok2 := x.Y.(*syntax.Word)
	if !ok1 || !ok2 {
		return isUnknown
	}
	right := r.word(b)
	if strings.ContainsAny(right.text, "*?[") {
		return isUnknown // a pattern
	}
	return r.compare(x.Op.String(), r.word(a), right)
}
