# METADATA
# title: What is executed is no symbolic link
# description: >-
#   AWS advises against a symbolic link as ENTRYPOINT. It works in practice, also in AWS's own examples, so this is
#   worth knowing and no more.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-images.html
#     description: Troubleshoot container image issues in Lambda
# custom:
#   category: command
#   level: note
package lambdalint.rules["entrypoint-not-symlink"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("entrypoint-not-symlink")

deny contains result.with_fix(result.command(step, message), fix) if {
	step := input.boot.steps[0]
	step.symlink
	step.resolved != ""
	message := sprintf("%s is a symbolic link to %s, which AWS advises against (%s)", [step.path, step.resolved, step.why])
	fix := sprintf("write %s instead", [step.resolved])
}
