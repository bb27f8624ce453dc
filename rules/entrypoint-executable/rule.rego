# METADATA
# title: What is executed may be executed by Lambda's user
# description: >-
#   Lambda runs as an unprivileged user whatever USER says. It needs the right to execute the program, and to enter
#   every directory above it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors:
#     - "fork/exec <path>: permission denied"
package lambdalint.rules["entrypoint-executable"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("entrypoint-executable")

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "entrypoint-executable")
	message := messages(step)[step.problem]
	fix := fixes(step)[step.problem]
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}

messages(step) := {
	"not-a-file": sprintf("%s is a %s and no program (%s)", [step.path, step.detail, step.why]),
	"not-executable": sprintf("%s has mode %s, so Lambda's user may not execute it (%s)", [step.path, step.detail, step.why]),
	"not-reachable": sprintf(
		"Lambda's user cannot reach %s: %s is closed to others (%s)",
		[step.path, step.detail, step.why],
	),
}

fixes(step) := {
	"not-a-file": "name the program itself",
	"not-executable": sprintf("COPY --chmod=755, or RUN chmod 755 %s", [step.path]),
	"not-reachable": sprintf("put the program elsewhere, such as /usr/local/bin, or RUN chmod o+x %s", [step.detail]),
}
