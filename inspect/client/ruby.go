package client

import (
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

// ruby decides on Ruby without a file to read.
func (f *finder) ruby(_ *boot.Step, base string) bool {
	if !strings.HasPrefix(base, "ruby") {
		return false
	}
	f.out.Program = "ruby"
	f.decide(Unknown, "what Ruby runs is not known")
	return true
}

// rubyFile decides on a script. The client's program is a stub of RubyGems or
// Bundler that loads the gem by its name.
func (f *finder) rubyFile(s *boot.Step) {
	if f.sourceMarks(s, "ruby") {
		return
	}
	node, _ := f.file(s.Resolved)
	marks, ok := f.markers(node)
	if !ok || !marks.Has(probe.MarkRuby) && path.Base(s.Resolved) != "aws_lambda_ric" {
		return
	}
	for _, c := range f.installed {
		if c.Name == "aws_lambda_ric" {
			f.found(c, s.Path+" loads aws_lambda_ric")
			return
		}
	}
	f.decide(Unknown, s.Path+" loads aws_lambda_ric, which was not found")
}

// java decides on a virtual machine by its main class.
func (f *finder) java(last *boot.Step, base string) bool {
	if base != "java" {
		return false
	}
	f.out.Program = "java"
	for _, word := range last.Argv[1:] {
		if word != "com.amazonaws.services.lambda.runtime.api.client.AWSLambda" {
			continue
		}
		for _, c := range f.installed {
			if c.Language == "java" {
				f.found(c, "the main class is AWS's client")
				return true
			}
		}
		f.found(Client{Language: "java", Name: "aws-lambda-java-runtime-interface-client", Path: last.Path, Evidence: []string{"the main class"}}, "the main class is AWS's client")
		return true
	}
	f.decide(Unknown, "what the Java program does is not known")
	return true
}
