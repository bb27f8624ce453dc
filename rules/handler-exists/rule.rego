# METADATA
# title: The handler exists
# description: >-
#   The Runtime Interface Client loads the file that the handler's text names and calls the function in it. Each language
#   and client has its own rules for where it looks.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
#     description: Handlers in Python
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
#     description: Handlers in Node.js
# custom:
#   category: runtime
#   level: error
#   errors:
#     - "Runtime.ImportModuleError"
#     - "Runtime.HandlerNotFound"
#     - "Runtime.MalformedHandlerName"
#     - "Runtime.BuiltInModuleConflict"
#     - "Unable to import module '<module>': No module named '<module>'"
#     - "Handler '<function>' missing on module '<module>'"
#     - "<handler> is undefined or not exported"
#     - "Handler not set"
#     - "No handler specified"
#     - "cannot load such file -- <file>"
#     - "Class not found: <class>"
package lambdalint.rules["handler-exists"]

import data.lambdalint.handler
import data.lambdalint.result
import data.lambdalint.runtime

not_applicable := handler.out_of_question

target := input.handler.targets[0]

deny contains result.with_fix(handler.found(target, message), fix) if {
	not handler.out_of_question
	target.problem in {"malformed", "file-missing", "name-missing"}
	message := sprintf("the handler %q: %s", [target.value, target.detail])
	fix := fixes[target.problem]
}

deny contains result.with_fix(result.at_level(result.config("Cmd", message), "warning"), fix) if {
	not handler.out_of_question
	target.problem == "not-set"
	count(input.boot.command) == 0
	message := sprintf("no handler is set: %s", [input.handler.reason])
	fix := `set CMD ["module.function"], or set the command of the function (--cmd)`
}

deny contains result.with_fix(place(message), fix) if {
	not handler.out_of_question
	target.problem == "not-set"
	count(input.boot.command) > 0
	message := sprintf("%s is started without a handler (%s): %s", [
		concat(" ", runtime.last_step.argv),
		runtime.last_step.why, lost,
	])
	fix := `write ENTRYPOINT with brackets, and pass "$@" on in scripts`
}

# place is where the handler is lost: a line of a script, or the instruction that starts the client.
place(message) := result.at_line(result.file(runtime.last_step.from, message), runtime.last_step.line) if {
	runtime.last_step.from != ""
} else := result.config("Entrypoint", message) if {
	count(input.boot.entrypoint) > 0
} else := result.config("Cmd", message)

lost := sprintf("CMD %s does not reach it", [json.marshal(input.boot.command)]) if count(input.boot.entrypoint) > 0

lost := "CMD names none" if count(input.boot.entrypoint) == 0

not_judged contains handler.unread(target) if {
	not handler.out_of_question
	target.undecided != ""
}

not_judged contains result.image(input.handler.reason) if {
	not handler.out_of_question
	input.handler.needed == "unknown"
}

fixes := {
	"malformed": sprintf("write it as %s", [forms[input.handler.language]]),
	"file-missing": places[input.handler.language],
	"name-missing": "name a function that the file defines, or define it",
}

forms := {
	"python": "module.function, with dots or slashes between directories",
	"nodejs": "directory/file.function, without the file's extension",
	"ruby": "file.method or file.Class.method, without the file's extension",
	"java": "package.Class::method",
}

places := {
	"python": "copy the module into WORKDIR (on AWS's base images into /var/task), and name it without .py",
	"nodejs": "copy the file into WORKDIR (for AWS's base images and aws-lambda-ric 4 into /var/task), and name it without .js",
	"ruby": "copy the file into WORKDIR, and name it without .rb",
	"java": "copy the archive into the class path, or into lib below WORKDIR",
}
