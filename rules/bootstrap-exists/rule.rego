# METADATA
# title: The entry script finds a bootstrap
# description: >-
#   AWS's entry script starts /var/runtime/bootstrap and nothing else. The provided images come without one.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors:
#     - "/lambda-entrypoint.sh: line <n>: /var/runtime/bootstrap: No such file or directory"
#     - "Runtime.ExitError … exit status 127"
package lambdalint.rules["bootstrap-exists"]

import data.lambdalint.boot
import data.lambdalint.paths
import data.lambdalint.result

not_applicable := "the image does not start AWS's entry script" if not starts_script

not_applicable := boot.broken_before("bootstrap-exists") if starts_script

starts_script if {
	some step in input.boot.steps
	step.kind == "base-entry-script"
}

deny contains result.with_fix(result.command(step, message), fix) if {
	some step in input.boot.steps
	boot.broken_at(step, "bootstrap-exists")
	message := sprintf("%s starts %s, which is not in the image%s", [step.from, step.path, elsewhere])
	fix := `copy the program to /var/runtime/bootstrap, or set ENTRYPOINT to it: ENTRYPOINT ["/var/task/bootstrap"]`
}

elsewhere := "; /var/task/bootstrap is, and is looked for in functions of a .zip file only" if paths.at("/var/task/bootstrap")

elsewhere := "" if not paths.at("/var/task/bootstrap")
