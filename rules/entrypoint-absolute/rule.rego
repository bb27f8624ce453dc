# METADATA
# title: What is executed is named by an absolute path
# description: >-
#   AWS documents that ENTRYPOINT should be an absolute path. Default functions start relative ones all the same; Lambda
#   Managed Instances refuse them when the function is made.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: warning
#   max_level: error
#   profiles: {managed-instances: error}
#   errors:
#     - "FunctionError.InvalidEntryPoint(The Lambda function's runtime entrypoint path isn't valid. The path must be absolute, non-empty, and point to an executable file.)"
package lambdalint.rules["entrypoint-absolute"]

import data.lambdalint.boot
import data.lambdalint.result

# A name that leads nowhere, such as a handler without a program, has a better finding than this one.
not_applicable := boot.broken_before("entrypoint-absolute") if count(input.boot.steps) <= 1

deny contains result.with_fix(result.config(field, message), fix) if {
	name := input.boot.argv[0]
	not startswith(name, "/")
	message := sprintf("%s %q is no absolute path%s", [upper(field), name, consequence])
	fix := sprintf("write %q", [path])
}

field := "Entrypoint" if count(input.boot.entrypoint) > 0

field := "Cmd" if count(input.boot.entrypoint) == 0

path := found if {
	found := input.boot.steps[0].path
	found != ""
} else := "/path/to/the/program"

consequence := ": Lambda Managed Instances refuse it" if input.function.profile == "managed-instances"

consequence := ": it works today, AWS asks for one, and Managed Instances refuse others" if {
	input.function.profile != "managed-instances"
}
