package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

// twins says in what the ELF file of a recipe is not like the program that
// stands in for it, "" where the two are alike in all that lambdalint asks: a
// recipe is worth its verdict only then.
func twins(headers, program []byte) string {
	for _, facts := range []func([]byte) []string{linked, goFacts, markers} {
		recipe, real := facts(headers), facts(program)
		if !slices.Equal(recipe, real) {
			return fmt.Sprintf("the recipe says %s, the program %s", strings.Join(recipe, " "), strings.Join(real, " "))
		}
	}
	return ""
}

// linked is what a loader reads of a file.
func linked(data []byte) []string {
	var e probe.ELFFile
	if err := json.Unmarshal(layer.AnswerBytes(probe.ELF(), data).JSON, &e); err != nil {
		return []string{"no ELF file"}
	}
	facts := []string{"arch=" + e.Architecture, "loader=" + e.Interpreter, "soname=" + e.Soname, "needed=" + strings.Join(e.Needed, ",")}
	var requires []string
	for _, r := range e.Requires {
		requires = append(requires, "requires="+r.Library+":"+r.Version)
	}
	slices.Sort(requires)
	return append(facts, requires...)
}

// goFacts is what a Go program tells about itself.
func goFacts(data []byte) []string {
	var g probe.GoProgramFile
	if json.Unmarshal(layer.AnswerBytes(probe.GoProgram(), data).JSON, &g) != nil {
		return nil
	}
	facts := []string{"path=" + g.Path, "module=" + g.Main.Path, fmt.Sprintf("linked=%v started=%v", g.LambdaLinked, g.LambdaStarted)}
	if _, ok := g.Dep("github.com/aws/aws-lambda-go"); ok {
		facts = append(facts, "aws-lambda-go")
	}
	return facts
}

// markers are the texts of clients that a file holds.
func markers(data []byte) []string {
	var m probe.MarkerSet
	if json.Unmarshal(layer.AnswerBytes(probe.Markers(), data).JSON, &m) != nil {
		return nil
	}
	return m.Found
}
