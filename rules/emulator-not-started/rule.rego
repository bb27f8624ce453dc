# METADATA
# title: The emulator is not started on Lambda
# description: >-
#   AWS's Runtime Interface Emulator opens a Runtime API of its own and waits for a request that never comes, so nothing
#   polls Lambda's API and the function times out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-test.html
#     description: Testing Lambda container images locally
# custom:
#   category: runtime
#   level: error
#   errors: ["Sandbox.Timedout"]
package lambdalint.rules["emulator-not-started"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("emulator-not-started")

deny contains result.with_fix(result.command(step, message), fix) if {
	input.boot.emulator == "started"
	some step in input.boot.steps
	contains(step.path, "aws-lambda-rie")
	message := sprintf("%s is AWS's emulator, and it is started on Lambda too (%s)", [step.path, step.why])
	fix := fixes(step)
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
	input.boot.emulator != "guarded"
}

fixes(step) := `start it only where AWS_LAMBDA_RUNTIME_API is not set: if [ -z "$AWS_LAMBDA_RUNTIME_API" ]; then exec aws-lambda-rie "$@"; fi` if {
	step.from != ""
}

fixes(step) := "name the function's own program in ENTRYPOINT, and give the emulator to docker run --entrypoint" if {
	step.from == ""
}
