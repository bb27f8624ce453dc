package inspect

import (
	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/client"
	"github.com/lambdalint/lambdalint/inspect/handler"
	"github.com/lambdalint/lambdalint/inspect/link"
	"github.com/lambdalint/lambdalint/inspect/native"
)

// bootInput is what the boot chain begins with, after the function's overrides.
func bootInput(doc *Image) boot.Input {
	in := boot.Input{
		Entrypoint: doc.Config.Entrypoint, Command: doc.Config.Cmd,
		WorkingDir: doc.Config.WorkingDir, WorkingDirFrom: "image",
		Env: make(map[string]string), Architecture: doc.Platform.Architecture,
	}
	// An entrypoint of the function does not drop the image's command; see
	// the ImageConfig of CreateFunction, whose parts are set one by one.
	if len(doc.Function.Entrypoint) > 0 {
		in.Entrypoint = doc.Function.Entrypoint
	}
	if len(doc.Function.Command) > 0 {
		in.Command = doc.Function.Command
	}
	if doc.Function.WorkingDirectory != "" {
		in.WorkingDir, in.WorkingDirFrom = doc.Function.WorkingDirectory, "function"
	}
	for _, v := range doc.Config.Env {
		in.Env[v.Name] = v.Value
	}
	for _, v := range doc.Function.Environment {
		in.Env[v.Name] = v.Value
	}
	setByLambda(&in)
	return in
}

// setByLambda sets what Lambda sets, whatever the image says. _HANDLER is the
// last word of the command, where a program stands before it; see getBootstrap
// of the emulator.
func setByLambda(in *boot.Input) {
	in.Env["LAMBDA_TASK_ROOT"], in.Env["LAMBDA_RUNTIME_DIR"] = "/var/task", "/var/runtime"
	delete(in.Env, "_HANDLER")
	if n := len(in.Command); n > 0 && len(in.Entrypoint)+n > 1 {
		in.Env["_HANDLER"] = in.Command[n-1]
	}
}

// bootArguments states what is known of the boot chain without a layer.
func bootArguments(doc *Image) Boot {
	in := bootInput(doc)
	return Boot{
		Argv: append(append([]string{}, in.Entrypoint...), in.Command...), Entrypoint: in.Entrypoint, Command: in.Command,
		ShellForm: boot.ShellForm(in), Steps: []Step{}, End: BootEnd{Kind: "unknown", Reason: "no layer was read"},
		ExecWrapper: ExecWrapper{Value: in.Env[wrapperVariable], Layer: -1},
	}
}

// bootFacts states the boot chain.
func bootFacts(doc *Image, v *view) *boot.Chain {
	doc.Boot = bootArguments(doc)
	in, files := bootInput(doc), v.atRunTime()
	chain := boot.Follow(in, files)
	doc.Boot.Known = true
	doc.Boot.WorkingDir = WorkingDir(chain.WorkingDir)
	for _, step := range chain.Steps {
		doc.Boot.Steps = append(doc.Boot.Steps, stepFacts(step))
	}
	doc.Boot.End = BootEnd{Kind: chain.End, Reason: chain.Reason}
	doc.Boot.Emulator = chain.Emulator
	doc.Boot.ExecWrapper = execWrapper(chain, in, files)
	return chain
}

func stepFacts(s boot.Step) Step {
	return Step{
		Position: s.Position, Name: s.Name, Argv: s.Argv, Path: s.Path, Resolved: s.Resolved, Symlink: s.Symlink,
		Kind: s.Kind, By: s.By, Why: s.Why, From: s.From, Line: s.Line, Layer: s.Layer, Interpreter: s.Interpreter,
		Architecture: s.Architecture, Loader: s.Loader, Libc: s.Libc, Problem: s.Problem, Detail: s.Detail,
		Libraries: libraryFacts(s.Libraries), LibrariesUnknown: s.LibrariesUnknown,
	}
}

func libraryFacts(list []link.Library) []Library {
	out := []Library{}
	for _, l := range list {
		out = append(out, Library(l))
	}
	return out
}

// runtimeFacts states what speaks the Runtime API.
func runtimeFacts(doc *Image, v *view, chain *boot.Chain) {
	env := make(map[string]string)
	for _, variable := range doc.Config.Env {
		env[variable.Name] = variable.Value
	}
	found := client.Find(chain, v)
	doc.Runtime = Runtime{
		Known: true, Base: Base(client.FindBase(chain, env, v)), Clients: []Client{},
		Started: found.Started, Reason: found.Reason, Program: found.Program,
	}
	for _, c := range found.Clients {
		doc.Runtime.Clients = append(doc.Runtime.Clients, Client(c))
	}
	doc.Runtime.Native = NativeModule{Layer: -1}
	if m, ok := native.Find(chain, found, v.atRunTime()); ok {
		doc.Runtime.Native = NativeModule{
			Known: true, Path: m.Path, Layer: m.Layer, Problem: m.Problem, Detail: m.Detail, Undecided: m.Undecided,
		}
	}
	doc.Handler = handlerFacts(handler.Find(handler.Input{Chain: chain, Runtime: found, Base: client.Base(doc.Runtime.Base)}, v.atRunTime()))
}

// noRuntime is what is known of the runtime where no layer was read.
func noRuntime() Runtime {
	return Runtime{Base: Base{Evidence: []string{}}, Clients: []Client{}, Started: client.Unknown, Reason: "no layer was read", Native: NativeModule{Layer: -1}}
}
