# METADATA
# title: The working directory exists
# description: Lambda changes to WORKDIR before it starts the program and gives up where that is not possible.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors: [Runtime.InvalidWorkingDir, FunctionError.InvalidWorkingDirectory]
package lambdalint.rules["workdir-exists"]

import data.lambdalint.boot
import data.lambdalint.result

deny contains result.with_fix(result.config("WorkingDir", message), fix) if {
	found := input.boot.working_dir
	message := problems(found)[found.problem]
	fix := fixes[found.problem]
}

problems(found) := {
	"relative": sprintf("the working directory %q is not an absolute path", [found.path]),
	"missing": sprintf("the working directory %s does not exist: there is no %s%s", [
		found.path, found.detail,
		boot.covered(found.detail),
	]),
	"not-a-directory": sprintf("the working directory %s is no directory: %s is something else", [found.path, found.detail]),
	"not-reachable": sprintf(
		"Lambda's user cannot enter the working directory %s: %s is closed to others",
		[found.path, found.detail],
	),
}

fixes := {
	"relative": "write WORKDIR with a leading slash",
	"missing": "create the directory in the image, or set WORKDIR to one that exists",
	"not-a-directory": "set WORKDIR to a directory",
	"not-reachable": "give others the right to enter it: chmod o+x on the directory and all above it",
}
