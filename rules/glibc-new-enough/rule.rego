# METADATA
# title: The libraries are as new as the programs need
# description: >-
#   A program names the versions that its libraries must define. Where one of them is older, the loader ends the program:
#   "version GLIBC_2.38 not found".
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
#     description: The operating systems of Lambda's runtimes
# custom:
#   category: binaries
#   level: error
#   errors:
#     - "/lib64/libc.so.6: version `GLIBC_<version>' not found (required by <program>)"
#     - "Runtime.ExitError … exit status 1"
package lambdalint.rules["glibc-new-enough"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("glibc-new-enough")

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "glibc-new-enough")
	old := [library | some library in step.libraries; library.problem == "version-missing"]
	message := sprintf("%s: %s (%s)", [step.path, concat("; ", [described(library, step) | some library in old]), step.why])
	fix := sprintf(
		concat(" ", [
			"build it on the system that the image is based on (or an older one), link it statically,",
			"or base the image on a system whose %s defines %s",
		]),
		[old[0].name, old[0].detail],
	)
}

described(library, step) := sprintf("%s does not define %s%s", [library.path, library.detail, by(library, step)])

by(library, step) := ", which it needs" if library.needed_by in {step.path, step.resolved}

by(library, step) := sprintf(", which %s needs", [library.needed_by]) if not library.needed_by in {step.path, step.resolved}

not_judged contains result.command(step, step.libraries_unknown) if {
	not boot.broken
	some step in input.boot.steps
	step.libraries_unknown != ""
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}
