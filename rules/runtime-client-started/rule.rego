# METADATA
# title: The Runtime Interface Client is started
# description: >-
#   A client that lies in the image, or is linked into the program, does nothing until it is started. What is executed
#   does not start it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-ric
#     description: "Creating a Lambda function using a container image: runtime interface clients"
# custom:
#   category: runtime
#   level: error
#   errors:
#     - "Runtime exited without providing a reason"
#     - "Runtime.ExitError"
package lambdalint.rules["runtime-client-started"]

import data.lambdalint.boot
import data.lambdalint.result
import data.lambdalint.runtime

not_applicable := boot.broken_before("runtime-client-started")

deny contains result.with_fix(result.command(runtime.last_step, message), fix) if {
	input.runtime.started == "no"
	runtime.client_installed
	client := runtime.clients[0]
	message := sprintf("%s is in the image and is not started: %s", [client.name, input.runtime.reason])
	fix := fixes[client.language]
}

not_judged contains result.image(input.runtime.reason) if {
	not boot.broken
	input.runtime.started == "unknown"
}

fixes := {
	"go": "call lambda.Start(handler) in main",
	"python": "ENTRYPOINT [\"/usr/bin/python3\", \"-m\", \"awslambdaric\"] with the interpreter that has the package",
	"nodejs": "ENTRYPOINT [\"/usr/bin/node\", \"/function/node_modules/.bin/aws-lambda-ric\"]",
	"ruby": "ENTRYPOINT [\"/usr/local/bin/aws_lambda_ric\"]",
	"java": "ENTRYPOINT [\"/usr/bin/java\", \"-cp\", \"./*\", \"com.amazonaws.services.lambda.runtime.api.client.AWSLambda\"]",
}
