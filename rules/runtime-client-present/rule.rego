# METADATA
# title: The image has a Runtime Interface Client
# description: >-
#   Lambda hands events to a program that polls the Runtime API. A program that does not, such as a plain web server, gets
#   none; the function ends or times out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-ric
#     description: "Creating a Lambda function using a container image: runtime interface clients"
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#     description: Using the Lambda runtime API for custom runtimes
# custom:
#   category: runtime
#   level: error
#   errors:
#     - "Runtime exited without providing a reason"
#     - "Runtime.ExitError"
#     - "Sandbox.Timedout"
package lambdalint.rules["runtime-client-present"]

import data.lambdalint.boot
import data.lambdalint.result
import data.lambdalint.runtime

not_applicable := boot.broken_before("runtime-client-present")

deny contains result.with_fix(result.command(runtime.last_step, message), fix) if {
	input.runtime.started == "no"
	not runtime.client_installed
	message := sprintf("nothing polls the Runtime API: %s", [input.runtime.reason])
	fix := fixes
}

not_judged contains result.image(input.runtime.reason) if {
	not boot.broken
	input.runtime.started == "unknown"
}

fixes := "call lambda.Start of github.com/aws/aws-lambda-go, or put the Lambda Web Adapter in front of the server" if {
	input.runtime.program == "go"
}

fixes := "install awslambdaric and start it: ENTRYPOINT [\"/usr/bin/python3\", \"-m\", \"awslambdaric\"]; or use the Lambda Web Adapter for a web server" if {
	input.runtime.program == "python"
}

fixes := "copy the Lambda Web Adapter to /opt/extensions/lambda-adapter, or start a Runtime Interface Client instead" if {
	not input.runtime.program in {"go", "python"}
}
