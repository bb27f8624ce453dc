# METADATA
# title: What AWS_LAMBDA_EXEC_WRAPPER names can be executed
# description: >-
#   The start scripts of AWS's language base images execute what AWS_LAMBDA_EXEC_WRAPPER names instead of the runtime, and give
#   up where they cannot. Nothing else reads the variable.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
#     description: Modifying the runtime environment with wrapper scripts
# custom:
#   category: environment
#   level: error
#   errors:
#     - "<wrapper>: does not exist"
#     - "<wrapper>: is not an executable"
#     - "Runtime.ExitError … exit status 127"
package lambdalint.rules["exec-wrapper-usable"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("exec-wrapper-usable")

not_applicable := "AWS_LAMBDA_EXEC_WRAPPER is not set" if {
	input.boot.exec_wrapper.value == ""
	not boot.broken
}

deny contains result.with_fix(result.env("AWS_LAMBDA_EXEC_WRAPPER", message), fix) if {
	boot.broken.rule == "exec-wrapper-usable"
	wrapper := input.boot.exec_wrapper
	message := sprintf("AWS_LAMBDA_EXEC_WRAPPER=%s: %s%s", [wrapper.value, boot.wrapper_problem, detail])
	fix := fixes[wrapper.problem == "not-executable"]
}

# A variable that nobody reads does no harm, and no good.
deny contains result.at_level(result.with_fix(result.env("AWS_LAMBDA_EXEC_WRAPPER", message), fix), "warning") if {
	not boot.broken
	wrapper := input.boot.exec_wrapper
	wrapper.value != ""
	wrapper.read_by == ""
	input.boot.end.kind == "program"
	message := sprintf(
		"AWS_LAMBDA_EXEC_WRAPPER=%s has no effect: only the start scripts of AWS's language base images read it",
		[wrapper.value],
	)
	fix := "put the wrapper into ENTRYPOINT, before the program"
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.exec_wrapper.value != ""
	input.boot.end.kind == "unknown"
}

detail := "" if input.boot.exec_wrapper.detail in {"", input.boot.exec_wrapper.path}

detail := sprintf(": %s%s", [problem, boot.covered(problem)]) if {
	problem := input.boot.exec_wrapper.detail
	not problem in {"", input.boot.exec_wrapper.path}
}

fixes := {
	true: "COPY --chmod=755 the wrapper",
	false: "copy the wrapper and what it needs into the image, or take the variable out",
}
