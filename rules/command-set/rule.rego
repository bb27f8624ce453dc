# METADATA
# title: The image says what to execute
# description: Without ENTRYPOINT and CMD there is nothing that Lambda could start, so every invocation fails.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors: [Runtime.InvalidEntrypoint]
package lambdalint.rules["command-set"]

import data.lambdalint.result

deny contains result.with_fix(
	result.config("Entrypoint", "neither ENTRYPOINT nor CMD is set, so there is nothing to start"),
	"set ENTRYPOINT to the program that runs the function, and CMD to its handler",
) if {
	count(input.boot.argv) == 0
}
