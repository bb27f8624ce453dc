# METADATA
# title: The libraries of what is executed are found
# description: >-
#   A program names the shared libraries that it needs. Its loader looks for them along RPATH, LD_LIBRARY_PATH, RUNPATH,
#   its cache and its own directories, and ends the program where one is missing.
# related_resources:
#   - ref: https://man7.org/linux/man-pages/man8/ld.so.8.html
#     description: ld.so(8), where a loader looks for libraries
# custom:
#   category: binaries
#   level: error
#   errors:
#     - "error while loading shared libraries: <library>: cannot open shared object file: No such file or directory"
#     - "Error loading shared library <library>: No such file or directory"
#     - "Runtime.ExitError … exit status 127"
package lambdalint.rules["shared-libraries-found"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("shared-libraries-found")

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "shared-libraries-found")
	lost := [library | some library in step.libraries; library.problem == "missing"]
	count(lost) > 0
	message := sprintf("%s needs %s, which %s not found (%s)", [
		step.path, concat(", ", [described(library, step) | some library in lost]),
		{true: "is", false: "are"}[count(lost) == 1], step.why,
	])
	fix := sprintf("install the package that holds %s in the final stage, or add the library's directory to LD_LIBRARY_PATH", [lost[0].name])
}

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "shared-libraries-found")
	step.problem == "library-damaged"
	some library in step.libraries
	library.problem == "bad-elf"
	message := sprintf("%s needs %s, and %s is no shared library (%s)", [step.path, library.name, library.path, library.detail])
	fix := sprintf("replace %s by the library itself", [library.path])
}

described(library, step) := library.name if library.needed_by in {step.path, step.resolved}

described(library, step) := sprintf("%s (for %s)", [library.name, library.needed_by]) if {
	not library.needed_by in {step.path, step.resolved}
}

not_judged contains result.command(step, step.libraries_unknown) if {
	not boot.broken
	some step in input.boot.steps
	step.libraries_unknown != ""
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}
