package inspect

// Boot is what Lambda will execute: ENTRYPOINT and CMD with the function's
// overrides, resolved as Lambda's init resolves them.
type Boot struct {
	// Known is false where the layers were not read, so that only the arguments are known.
	Known bool `json:"known"`
	// Argv is ENTRYPOINT followed by CMD, after the function's overrides.
	Argv []string `json:"argv"`
	// Entrypoint is the part of the arguments that comes from ENTRYPOINT or its override.
	Entrypoint []string `json:"entrypoint"`
	// Command is the part of the arguments that comes from CMD or its override.
	Command []string `json:"command"`
	// ShellForm is true where ENTRYPOINT, or CMD without an ENTRYPOINT, is written in shell form.
	ShellForm bool `json:"shell_form"`
	// WorkingDir is the directory in which the first program is started.
	WorkingDir WorkingDir `json:"working_dir"`
	// Steps are the programs and scripts in the order in which they are started.
	Steps []Step `json:"steps"`
	// End tells how the chain ends.
	End BootEnd `json:"end"`
	// ExecWrapper is what the variable AWS_LAMBDA_EXEC_WRAPPER asks for.
	ExecWrapper ExecWrapper `json:"exec_wrapper"`
	// Emulator tells how AWS's emulator takes part: guarded where it is started outside of Lambda only, started where it is started on Lambda too, or "".
	Emulator string `json:"emulator"`
}

// ExecWrapper is the program that AWS_LAMBDA_EXEC_WRAPPER puts before the
// runtime. AWS's start scripts of its language base images read the variable;
// Lambda itself does not.
type ExecWrapper struct {
	// Value is the variable's value, "" where it is not set.
	Value string `json:"value"`
	// Path is the value as an absolute path.
	Path string `json:"path"`
	// ReadBy is the script of the boot chain that reads the variable, "" where none does.
	ReadBy string `json:"read_by"`
	// Layer is the index of the layer that holds the program, -1 where there is none.
	Layer int `json:"layer"`
	// Problem is what keeps the program from being started, as that of a step.
	Problem string `json:"problem"`
	// Detail is the path, name or text at which the problem lies.
	Detail string `json:"detail"`
}

// WorkingDir is the directory in which the first program is started.
type WorkingDir struct {
	// Path is the directory, "/" where none is set.
	Path string `json:"path"`
	// From is default, image or function.
	From string `json:"from"`
	// Problem is relative, missing, not-a-directory, not-reachable, or "" for none.
	Problem string `json:"problem"`
	// Detail is the path at which the problem lies.
	Detail string `json:"detail"`
}

// Step is one link of the boot chain.
type Step struct {
	// Position is the position in the chain, from 0.
	Position int `json:"position"`
	// Name is the program as it is written.
	Name string `json:"name"`
	// Argv are the arguments of this step, the program's name first.
	Argv []string `json:"argv"`
	// Path is the absolute path at which the program was found, or looked for; "" where the search path has none.
	Path string `json:"path"`
	// Resolved is the path after all links, "" where there is no such file.
	Resolved string `json:"resolved"`
	// Symlink is true where the path itself is a symbolic link.
	Symlink bool `json:"symlink"`
	// Kind is elf, script, base-entry-script, interpreter-source (a file that an interpreter reads), or unknown.
	Kind string `json:"kind"`
	// By is kernel where the file is executed, and shell or interpreter where a program reads it.
	By string `json:"by"`
	// Why says why the step is taken, such as "ENTRYPOINT" or "exec in /entry.sh, line 4".
	Why string `json:"why"`
	// From is the path of the script whose line takes this step, "" for others.
	From string `json:"from"`
	// Line is the line of that script, 0 for others.
	Line int `json:"line"`
	// Layer is the index of the layer that holds the file, -1 where there is none.
	Layer int `json:"layer"`
	// Interpreter is the program that the first line of a script names, "" without one.
	Interpreter string `json:"interpreter"`
	// Architecture is the architecture of an ELF file in Go's words, "" for others.
	Architecture string `json:"architecture"`
	// Loader is the program interpreter of an ELF file, "" for static ones.
	Loader string `json:"loader"`
	// Problem is what stops the chain here: not-found, dangling-symlink, symlink-loop, not-a-file, not-executable, not-reachable, not-readable, crlf, no-shebang, interpreter-missing, loader-missing, wrong-architecture, bad-elf, library-missing, library-not-readable, library-architecture, library-damaged, library-version, or "" for none.
	Problem string `json:"problem"`
	// Detail is the path, name or text at which the problem lies.
	Detail string `json:"detail"`
	// Libc is glibc or musl where the loader tells, "" otherwise.
	Libc string `json:"libc"`
	// Libraries are the shared libraries that an ELF file is loaded with, in the loader's order; those that a program opens while it runs are not among them.
	Libraries []Library `json:"libraries"`
	// LibrariesUnknown says why not all of them could be found out, "" where they could.
	LibrariesUnknown string `json:"libraries_unknown"`
}

// Library is a shared library that is needed by its name.
type Library struct {
	// Name is the name that is asked for.
	Name string `json:"name"`
	// Path is where it was found, "" where it was not.
	Path string `json:"path"`
	// Layer is the index of the layer that holds it, -1 where it was not found.
	Layer int `json:"layer"`
	// NeededBy is the path of the program or library that asks for it.
	NeededBy string `json:"needed_by"`
	// Problem is missing, not-readable, wrong-architecture, bad-elf, version-missing, or "" for none.
	Problem string `json:"problem"`
	// Detail is the version that is missing, or the path, architecture or reason that goes with the problem.
	Detail string `json:"detail"`
}

// BootEnd tells how the boot chain ends.
type BootEnd struct {
	// Kind is program (the last step is the program that runs), broken (the last step has a problem), unknown (the chain could not be followed further), or none (there is nothing to execute).
	Kind string `json:"kind"`
	// Reason says why the end is not known.
	Reason string `json:"reason"`
}

// Runtime is what speaks the Runtime API.
type Runtime struct {
	// Known is false where the layers were not read.
	Known bool `json:"known"`
	// Base is the AWS base image that the image is built on.
	Base Base `json:"base"`
	// Clients are the Runtime Interface Clients, adapters and emulators that were found.
	Clients []Client `json:"clients"`
	// Started tells whether the program at the end of the boot chain speaks the Runtime API: yes, no or unknown.
	Started string `json:"started"`
	// Reason says why that is so.
	Reason string `json:"reason"`
	// Program is the kind of the program at the end of the boot chain, such as go, python, node, shell or server, "" where unknown.
	Program string `json:"program"`
	// Native is the native module of the client that is started.
	Native NativeModule `json:"native"`
}

// NativeModule is the native module that the client that is started cannot do without.
type NativeModule struct {
	// Known is true where the client has one that was looked at.
	Known bool `json:"known"`
	// Path is where it lies, or where it should.
	Path string `json:"path"`
	// Layer is the index of the layer that holds it, -1 without one.
	Layer int `json:"layer"`
	// Problem is missing, abi, libc, wrong-architecture, not-readable, bad-elf, library, or "" for none.
	Problem string `json:"problem"`
	// Detail says more.
	Detail string `json:"detail"`
	// Undecided says why it could not be judged, "" where it could.
	Undecided string `json:"undecided"`
}

// Base is a recognised AWS base image.
type Base struct {
	// Name is aws-lambda, "" where none is recognised.
	Name string `json:"name"`
	// Language is python, nodejs, java, dotnet, ruby, go or provided.
	Language string `json:"language"`
	// Version is the language's version, "" where unknown.
	Version string `json:"version"`
	// OS is amzn-2018.03, amzn-2 or amzn-2023, "" where unknown.
	OS string `json:"os"`
	// Runtime is the runtime's identifier in AWS's list, such as python3.12, "" where unknown.
	Runtime string `json:"runtime"`
	// EntryScript is true where the boot chain starts AWS's own entry script.
	EntryScript bool `json:"entry_script"`
	// Evidence says how the base image was recognised.
	Evidence []string `json:"evidence"`
}

// Client is a program or library that speaks the Runtime API.
type Client struct {
	// Kind is client, adapter or emulator.
	Kind string `json:"kind"`
	// Language is the client's language, such as python, nodejs, go or shell.
	Language string `json:"language"`
	// Name is the package's name.
	Name string `json:"name"`
	// Version is the package's version, "" where unknown.
	Version string `json:"version"`
	// Path is where it lies.
	Path string `json:"path"`
	// Started tells whether the boot chain starts it: yes, no or unknown.
	Started string `json:"started"`
	// Evidence says how it was recognised.
	Evidence []string `json:"evidence"`
}
