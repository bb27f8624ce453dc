# METADATA
# title: AWS's entry script gets one argument, the handler
# description: >-
#   The entry script of AWS's base images takes exactly one argument and ends with exit status 142 otherwise.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: command
#   level: error
#   errors:
#     - "entrypoint requires the handler name to be the first argument"
#     - "Runtime.ExitError … exit status 142"
package lambdalint.rules["base-image-handler-argument"]

import data.lambdalint.adapter
import data.lambdalint.result

not_applicable := "the image does not start AWS's entry script" if not script

not_applicable := "the command is that of a web server: web-adapter-startable" if adapter.behind_entry_script

script := step if {
	some step in input.boot.steps
	step.kind == "base-entry-script"
}

arguments := count(script.argv) - 1

deny contains result.with_fix(result.at_level(result.config("Cmd", message), "warning"), fix) if {
	arguments == 0
	message := sprintf("CMD is empty, and %s ends with exit status 142 without a handler", [script.path])
	fix := `set CMD ["module.function"], or set the command of the function (--cmd)`
}

deny contains result.with_fix(result.config("Cmd", message), fix) if {
	arguments > 1
	not adapter.behind_entry_script
	message := sprintf("%s takes one argument, the handler, and gets %d: %s%s", [
		script.path, arguments,
		concat(" ", array.slice(script.argv, 1, arguments + 1)), shell,
	])
	fix := fixes
}

default shell := ""

shell := " (CMD is written in shell form)" if script.argv[1] in {"/bin/sh", "/bin/bash"}

fixes := `write CMD ["module.function"] with brackets` if shell != ""

fixes := "leave only the handler in CMD; set ENTRYPOINT to start a program of your own" if shell == ""
