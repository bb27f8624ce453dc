# METADATA
# title: The interpreter and the loader of what is executed exist
# description: >-
#   A script needs the interpreter that its first line names, a dynamic program the loader that its header names. Where
#   that is missing the system says "no such file or directory" though the file itself is there.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors:
#     - "fork/exec <path>: no such file or directory"
#     - "fork/exec <path>: exec format error"
package lambdalint.rules["entrypoint-interpreter-exists"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("entrypoint-interpreter-exists")

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "entrypoint-interpreter-exists")
	message := messages(step)[step.problem]
	fix := fixes[step.problem]
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}

messages(step) := {
	"crlf": sprintf(
		"the first line of %s ends in a carriage return, so the system looks for an interpreter called %q (%s)",
		[step.path, concat("", [step.detail, "\r"]), step.why],
	),
	"no-shebang": sprintf(
		"%s is neither a program nor does it begin with #!, so Lambda cannot execute it: %s (%s)",
		[step.path, step.detail, step.why],
	),
	"interpreter-missing": sprintf("the first line of %s names an interpreter, and %s (%s)", [step.path, step.detail, step.why]),
	"loader-missing": sprintf("%s is linked dynamically, and its loader %s (%s)%s", [step.path, step.detail, step.why, library(step)]),
	"bad-elf": sprintf("%s begins like a program and is damaged: %s (%s)", [step.path, step.detail, step.why]),
}

library(step) := ": it was built for musl (Alpine)" if step.libc == "musl"

library(step) := ": it was built for glibc (Debian, Amazon Linux …)" if step.libc == "glibc"

library(step) := "" if step.libc == ""

fixes := {
	"crlf": "save the script with LF line ends, and keep them: *.sh text eol=lf in .gitattributes",
	"no-shebang": "begin the script with #!/bin/sh, or name its interpreter in ENTRYPOINT",
	"interpreter-missing": "install the interpreter in the final stage, or name the one that is there",
	"loader-missing": "link the program statically, or build it on the base image that it runs on",
	"bad-elf": "copy the program again: it is cut off or was changed as a text",
}
