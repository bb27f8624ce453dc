# METADATA
# title: What is executed is written in exec form
# description: >-
#   In shell form a shell is started, which must be in the image; CMD, and with it the function's handler, is lost. In
#   exec form nothing expands variables.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
#     description: "Dockerfile reference: shell and exec form"
# custom:
#   category: command
#   level: warning
package lambdalint.rules["entrypoint-exec-form"]

import data.lambdalint.result

deny contains result.with_fix(result.config(field, message), fix) if {
	input.boot.shell_form
	message := sprintf("%s is written in shell form, so %s", [upper(field), lost])
	fix := sprintf(`write it as a JSON array: %s ["/path/to/program", "argument"]`, [upper(field)])
}

deny contains result.with_fix(result.config(owner(i), message), fix) if {
	not input.boot.shell_form
	some i, word in input.boot.argv
	regex.match(`\$(\{[A-Za-z_]|[A-Za-z_])`, word)
	not expands(i)
	message := sprintf("%s holds %q in exec form, and nothing expands the variable", [upper(owner(i)), word])
	fix := "write the value itself, or start the program from a script"
}

# What stands behind `sh -c`, `env -S` and their kin is expanded there.
expands(i) if {
	some j, word in input.boot.argv
	j < i
	word in {"-c", "-S", "-lc", "-ec", "-e", "--eval"}
}

field := "Entrypoint" if count(input.boot.entrypoint) > 0

field := "Cmd" if count(input.boot.entrypoint) == 0

owner(i) := "Entrypoint" if i < count(input.boot.entrypoint)

owner(i) := "Cmd" if i >= count(input.boot.entrypoint)

lost := "CMD and the function's command are not passed on" if count(input.boot.entrypoint) > 0

lost := "the program runs as a child of a shell, which must be in the image" if count(input.boot.entrypoint) == 0
