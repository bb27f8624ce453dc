# METADATA
# title: The handler behind a wrapper exists
# description: >-
#   Datadog, New Relic and Lumigo put a handler of their own into CMD, which calls the one that a variable names.
# related_resources:
#   - ref: https://docs.datadoghq.com/serverless/aws_lambda/installation/
#     description: Datadog, installing for container images
#   - ref: https://docs.newrelic.com/docs/serverless-function-monitoring/aws-lambda-monitoring/instrument-lambda-function/containerized-images/
#     description: New Relic, containerized functions
# custom:
#   category: runtime
#   level: error
#   errors:
#     - "Runtime.ImportModuleError"
#     - "Runtime.HandlerNotFound"
package lambdalint.rules["wrapped-handler-exists"]

import data.lambdalint.handler
import data.lambdalint.result

not_applicable := handler.out_of_question

not_applicable := "the handler is no wrapper that is known" if {
	not handler.out_of_question
	input.handler.needed != "unknown"
	count(wrapped) == 0
}

not_applicable := "the wrapper itself is not found: handler-exists" if {
	not handler.out_of_question
	count(wrapped) > 0
	input.handler.targets[0].problem != ""
}

wrapped := [target | some target in input.handler.targets; target.position > 0]

deny contains result.with_fix(handler.found(target, message), fix) if {
	not handler.out_of_question
	input.handler.targets[0].problem == ""
	some target in wrapped
	target.problem in {"malformed", "file-missing", "name-missing"}
	message := sprintf("%s calls the handler %q: %s", [input.handler.targets[0].value, target.value, target.detail])
	fix := sprintf("correct %s, or copy the file that it names into the image", [target.from])
}

not_judged contains handler.unread(target) if {
	not handler.out_of_question
	some target in wrapped
	target.undecided != ""
}

not_judged contains result.image(input.handler.reason) if {
	not handler.out_of_question
	input.handler.needed == "unknown"
}
