# METADATA
# title: What is executed exists
# description: >-
#   Lambda starts ENTRYPOINT and CMD as they are; a program that is not there, or a symbolic link that leads nowhere, ends
#   every invocation with Runtime.InvalidEntrypoint.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors:
#     - "Runtime.InvalidEntrypoint"
#     - "fork/exec <path>: no such file or directory"
#     - "exec: \"<name>\": executable file not found in $PATH"
package lambdalint.rules["entrypoint-exists"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("entrypoint-exists")

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "entrypoint-exists")
	message := concat("", [messages(step)[step.problem], boot.covered(step.detail)])
	fix := fixes(step)
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}

messages(step) := {
	"not-found": sprintf("%s is not in the image (%s)%s", [step.name, step.why, looked(step)]),
	"dangling-symlink": sprintf(
		"%s is a symbolic link that leads nowhere: there is no %s (%s)",
		[step.path, step.detail, step.why],
	),
	"symlink-loop": sprintf("%s is a symbolic link that leads in a circle (%s)", [step.path, step.why]),
}

looked(step) := sprintf(": it was looked for along %s", [step.detail]) if step.path == ""

looked(step) := sprintf(": there is no %s", [step.detail]) if {
	step.path != ""
	step.detail != step.name
}

looked(step) := "" if {
	step.path != ""
	step.detail == step.name
}

fixes(step) := "copy it to another directory than /tmp" if boot.covered(step.detail) != ""

fixes(step) := by_problem(step)[step.problem] if boot.covered(step.detail) == ""

by_problem(step) := {
	"not-found": sprintf("copy %s into the image, or name the program that is there by its full path", [step.name]),
	"dangling-symlink": sprintf("copy the link's target %s into the final stage, or name the program itself", [step.detail]),
	"symlink-loop": "replace the link by the program, or name the program itself",
}
