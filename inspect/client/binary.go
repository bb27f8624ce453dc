package client

import (
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

const goModule = "github.com/aws/aws-lambda-go"

// binary decides on a native program.
func (f *finder) binary(last *boot.Step) {
	node, ok := f.file(last.Resolved)
	if !ok {
		f.decide(Unknown, last.Path+" is no file")
		return
	}
	f.out.Program = "native"
	marks, known := f.markers(node)
	answer, ready := f.files.Ask(node, probe.GoProgram())
	if !known || !ready {
		f.decide(Unknown, last.Path+" could not be read")
		return
	}
	program, err := probe.Decode[probe.GoProgramFile](answer)
	isGo := err == nil && program.BuildInfo
	if isGo {
		f.out.Program = "go"
		f.goProgram(last, program, marks)
		return
	}
	switch {
	case speaks(marks):
		f.found(native(last, marks), last.Path+" asks for the next invocation itself")
	case marks.Has(probe.MarkInvoke) && marks.Has(probe.MarkRuntimeAPI):
		f.decide(Unknown, last.Path+" looks like an emulator of Lambda")
	default:
		f.decide(Unknown, last.Path+" is a native program, and a client in it cannot be ruled out")
	}
}

// native names the client of a native program by its marks.
func native(last *boot.Step, marks probe.MarkerSet) Client {
	c := Client{Language: "native", Name: "custom", Path: last.Resolved, Evidence: []string{"it holds the address of the next invocation"}}
	for _, known := range []struct{ mark, language, name string }{
		{probe.MarkRust, "rust", "lambda_runtime"}, {probe.MarkCPP, "cpp", "aws-lambda-cpp"},
		{probe.MarkSwift, "swift", "swift-aws-lambda-runtime"}, {probe.MarkDotnet, "dotnet", "Amazon.Lambda.RuntimeSupport"},
		{probe.MarkLLRT, "llrt", "llrt"},
	} {
		if marks.Has(known.mark) {
			c.Language, c.Name = known.language, known.name
			return c
		}
	}
	return c
}

// goProgram decides on a program whose build information says what it is made
// of. That the module is linked does not say that it is started.
func (f *finder) goProgram(last *boot.Step, program probe.GoProgramFile, marks probe.MarkerSet) {
	c := Client{Kind: "client", Language: "go", Name: goModule, Path: last.Resolved}
	for _, dep := range append(program.Deps, program.Main) {
		if dep.Path == goModule {
			c.Version = dep.Version
			c.Evidence = []string{"the build information names the module"}
		}
	}
	switch {
	case strings.HasPrefix(program.Path, "github.com/aws/aws-lambda-runtime-interface-emulator"):
		f.out.Clients = append(f.out.Clients, Client{Kind: "emulator", Name: "aws-lambda-rie", Path: last.Resolved, Started: Yes, Evidence: []string{"the build information"}})
		f.decide(Unknown, last.Path+" is AWS's emulator")
	case program.LambdaStarted:
		c.Evidence = append(c.Evidence, "it calls lambda.Start")
		f.found(c, last.Path+" calls lambda.Start of "+goModule)
	case speaks(marks):
		c.Name, c.Evidence = "custom", []string{"it holds the address of the next invocation"}
		f.found(c, last.Path+" asks for the next invocation itself")
	case f.mayStartOthers(last, marks):
		f.decide(Unknown, last.Path+" may start another program")
	case len(c.Evidence) > 0:
		c.Started = No
		f.out.Clients = append(f.out.Clients, c)
		f.decide(No, last.Path+" is linked with "+goModule+" and never calls lambda.Start")
	default:
		f.decide(No, last.Path+" is a Go program without a Runtime Interface Client")
	}
}

// mayStartOthers reports whether a Go program could be a wrapper: it can start
// programs, or an argument names one.
func (f *finder) mayStartOthers(last *boot.Step, marks probe.MarkerSet) bool {
	if marks.Has(probe.MarkGoStarts) {
		return true
	}
	for _, argument := range last.Argv[1:] {
		if _, ok := f.file(path.Join("/", argument)); ok || strings.Contains(argument, "awslambdaric") || strings.Contains(argument, "aws-lambda-ric") {
			return true
		}
	}
	return false
}
