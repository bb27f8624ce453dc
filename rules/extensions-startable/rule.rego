# METADATA
# title: Every file in /opt/extensions can be started
# description: >-
#   Lambda starts each entry of /opt/extensions that is no directory, before the function, and the function fails where one of
#   them cannot be executed.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
#     description: Lambda Extensions API
# custom:
#   category: permissions and extensions
#   level: error
#   errors:
#     - Extension.LaunchError
#     - PermissionDenied
#     - FunctionError.ExtensionInitError
#     - FunctionError.PermissionDenied
package lambdalint.rules["extensions-startable"]

import data.lambdalint.boot
import data.lambdalint.paths
import data.lambdalint.result

not_applicable := "/opt/disable-extensions-jwigqn8j switches extensions off: extensions-enabled" if {
	paths.at("/opt/disable-extensions-jwigqn8j")
} else := "the image has no extensions" if count(input.extensions) == 0

deny contains result.with_fix(result.file(extension, message), fix) if {
	some extension in input.extensions
	some step in extension.steps
	step.problem != ""
	message := sprintf("Lambda starts %s as an extension, and %s%s", [extension.path, boot.problem(step), detail(step)])
	fix := fixes(extension, step)
}

not_judged contains result.file(extension, extension.end.reason) if {
	some extension in input.extensions
	extension.end.kind == "unknown"
}

detail(step) := sprintf(": %s%s", [step.detail, boot.covered(step.detail)]) if not said(step)

detail(step) := "" if said(step)

# said is true where the problem's detail is no more than the path.
said(step) if step.detail in {"", step.path, step.name}

fixes(extension, step) := sprintf("build the extension for %s", [input.platform.architecture]) if {
	step.problem == "wrong-architecture"
} else := sprintf(
	"if %s is an extension: COPY --chmod=755; if not, put it elsewhere, since every file here is started",
	[extension.path],
) if {
	step.position == 0
	step.problem in {"not-executable", "no-shebang", "not-a-file"}
} else := "install what is missing, or take the extension out"
