package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

// entry writes the line of one entry.
func (w *writer) entry(e *layer.Entry, answers map[string]layer.Answer) {
	at := e.Path
	if hidden, opaque, ok := e.Whiteout(); ok {
		at = hidden
		if opaque {
			at = path.Join(hidden, "x")
		}
	}
	if w.keep != nil && !w.keep(at) {
		return
	}
	line := w.kind(e, answers)
	if line == "" {
		w.line("# %s is of a type that no recipe has", strconv.Quote(e.Path))
		return
	}
	// A recipe writes the directories above an entry where no layer has them;
	// an image may be without.
	if parent := path.Dir(e.Path); !w.exists[parent] && !quoted(e) && w.keep == nil {
		line = "bare " + line
	}
	w.exists[e.Path] = true
	w.line("\t%s", line)
}

// kind is the line of an entry by its type.
func (w *writer) kind(e *layer.Entry, answers map[string]layer.Answer) string {
	name := name(e)
	if hidden, opaque, ok := e.Whiteout(); ok && !quoted(e) {
		if opaque {
			return "opaque " + hidden
		}
		return "gone " + hidden
	}
	mode := fmt.Sprintf("%04o", e.Mode)
	if e.UID != 0 || e.GID != 0 {
		mode += fmt.Sprintf(" %d:%d", e.UID, e.GID)
	}
	switch e.Type {
	case layer.File:
		return mode + " " + name + " " + w.content(e, answers)
	case layer.Directory:
		return mode + " " + name
	case layer.Symlink:
		return "link " + name + " -> " + word(e.Link)
	case layer.Hardlink:
		return "hardlink " + name + " -> " + word(e.Link)
	case layer.CharDevice, layer.BlockDevice:
		return "device " + name
	case layer.FIFO:
		return "fifo " + name
	}
	return ""
}

// quoted tells whether a name can only be written in quotes.
func quoted(e *layer.Entry) bool { return e.RawName != "" || word(e.Path) != e.Path }

// name is the name of an entry, of a directory with a slash behind it.
func name(e *layer.Entry) string {
	text, slash := e.Path, ""
	if e.Type == layer.Directory {
		slash = "/"
	}
	if !quoted(e) {
		return text + slash
	}
	if e.RawName != "" {
		return strconv.Quote(strings.TrimSuffix(e.RawName, "/") + slash)
	}
	return strconv.Quote(strings.TrimPrefix(text, "/") + slash)
}

// word is a text as one word of a line.
func word(text string) string {
	if quote := strconv.Quote(text); quote != `"`+text+`"` || text == "" || strings.ContainsAny(text, " #") {
		return quote
	}
	return text
}

// content is what a recipe says of a file's bytes.
func (w *writer) content(e *layer.Entry, answers map[string]layer.Answer) string {
	var elf probe.ELFFile
	if read(answers, probe.ELF(), &elf) {
		return w.elf(elf, answers)
	}
	if first, rest, _ := bytes.Cut(e.Head, []byte("\n")); bytes.HasPrefix(first, []byte("#!")) && (len(rest) > 0 || int64(len(e.Head)) < e.Size) {
		return strconv.Quote(string(first) + "\n")
	}
	return strconv.FormatInt(e.Size, 10)
}

func read(answers map[string]layer.Answer, q layer.Question, into any) bool {
	answer, ok := answers[q.Name]
	return ok && answer.Failed == "" && json.Unmarshal(answer.JSON, into) == nil
}

// elf writes what a loader reads of the file, what Go's tools do, and the texts
// of clients that were found.
func (w *writer) elf(e probe.ELFFile, answers map[string]layer.Answer) string {
	words := []string{"elf"}
	say := func(key, value string) {
		if value != "" {
			words = append(words, key+"="+word(value))
		}
	}
	if e.Architecture != "amd64" {
		say("arch", e.Architecture)
	}
	say("loader", e.Interpreter)
	say("needed", strings.Join(e.Needed, ","))
	say("soname", e.Soname)
	say("runpath", strings.Join(append(e.RunPath, e.RPath...), ":"))
	var told []string
	for _, need := range e.Requires {
		if !slices.Contains(told, need.Library) {
			say("requires", requires(need.Library, e.Requires))
			told = append(told, need.Library)
		}
	}
	if len(e.Defines) > 0 {
		say("provides", e.Soname+","+strings.Join(e.Defines, ","))
	}
	var program probe.GoProgramFile
	if read(answers, probe.GoProgram(), &program) {
		words = append(words, w.goProgram(program)...)
	}
	var marks probe.MarkerSet
	if read(answers, probe.Markers(), &marks) && len(marks.Found) > 0 {
		say("data", "@"+w.section("texts", strings.Join(marks.Texts(), "\n")+"\n"))
	}
	return strings.Join(words, " ")
}

// requires lists the versions that one library must define.
func requires(library string, needs []probe.VersionNeed) string {
	var versions []string
	for _, n := range needs {
		if n.Library != library {
			continue
		}
		if n.Weak {
			n.Version += "?"
		}
		versions = append(versions, n.Version)
	}
	return library + ":" + strings.Join(versions, ",")
}

// goProgram writes the build information, without flags for the linker, which
// can hold values, and the names of functions that tell whether a loop starts.
func (w *writer) goProgram(p probe.GoProgramFile) []string {
	var words []string
	if p.BuildInfo {
		var text strings.Builder
		fmt.Fprintf(&text, "path\t%s\nmod\t%s\t%s\t\n", p.Path, p.Main.Path, p.Main.Version)
		for _, dep := range p.Deps {
			fmt.Fprintf(&text, "dep\t%s\t%s\t\n", dep.Path, dep.Version)
		}
		for _, s := range p.Settings {
			if !strings.Contains(s.Key, "flags") && !strings.Contains(s.Key, "FLAGS") {
				fmt.Fprintf(&text, "build\t%s=%s\n", s.Key, s.Value)
			}
		}
		words = append(words, "buildinfo=@"+w.section("modules", text.String()))
	}
	functions := "functions=main.main"
	if p.LambdaStarted {
		functions += ",github.com/aws/aws-lambda-go/lambda.Start"
	} else if p.LambdaLinked {
		functions += ",github.com/aws/aws-lambda-go/lambda.init"
	}
	return append(words, functions)
}
