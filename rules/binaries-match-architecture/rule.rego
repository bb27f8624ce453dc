# METADATA
# title: What is executed is built for the image's architecture
# description: >-
#   Lambda does not look at the programs when the function is made. A program of another architecture ends every
#   invocation with "exec format error".
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
#     description: Selecting and configuring an instruction set architecture
# custom:
#   category: platform
#   level: error
#   errors:
#     - "fork/exec <path>: exec format error"
package lambdalint.rules["binaries-match-architecture"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("binaries-match-architecture")

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "binaries-match-architecture")
	step.problem == "wrong-architecture"
	message := sprintf("%s is built for %s, and the image says %s (%s)", [
		step.path, step.architecture,
		input.platform.architecture, step.why,
	])
	fix := sprintf("build it for %s (docker build --platform linux/%s), or build the image for %s", [
		input.platform.architecture,
		input.platform.architecture, step.architecture,
	])
}

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "binaries-match-architecture")
	step.problem == "library-architecture"
	some library in step.libraries
	library.problem == "wrong-architecture"
	message := sprintf("%s needs %s, and the only one there, %s, is built for %s", [step.path, library.name, library.path, library.detail])
	fix := sprintf("install the library for %s (docker build --platform linux/%s)", [step.architecture, step.architecture])
}

deny contains result.with_fix(result.file(native, message), fix) if {
	not boot.broken
	native := input.runtime.native
	native.problem == "wrong-architecture"
	message := sprintf("%s, which the client is loaded with, is built for %s", [native.path, native.detail])
	fix := "install the client on the image's own platform (docker build --platform)"
}

# What an interpreter may load: whether it does is known at run time only.
deny contains result.at_level(result.with_fix(result.file(modules, message), fix), "warning") if {
	input.platform.architecture in {"amd64", "arm64"}
	some modules in input.foreign_modules
	modules.path != input.runtime.native.path
	message := sprintf("%s is built for %s, the image for %s%s", [
		modules.path, modules.platform,
		input.platform.architecture, others(modules),
	])
	fix := sprintf("install the package on the image's own platform (docker build --platform linux/%s)", [input.platform.architecture])
}

others(modules) := "" if modules.count == 1

others(modules) := sprintf("; in %s there are %d like it", [modules.directory, modules.count]) if modules.count > 1

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}
