# METADATA
# title: The function's files can be read by Lambda's user
# description: >-
#   Lambda runs as an unprivileged user (uid 993), whatever USER says. It needs the right to read each file, and to enter each
#   directory above it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-reqs
#     description: "Creating a Lambda function using a container image: requirements"
# custom:
#   category: permissions and extensions
#   level: error
#   errors:
#     - "[Errno 13] Permission denied"
#     - "EACCES: permission denied"
#     - "error while loading shared libraries: <library>: cannot open shared object file: Permission denied"
package lambdalint.rules["function-files-readable"]

import data.lambdalint.boot
import data.lambdalint.handler
import data.lambdalint.result

# What is executed: without it nothing starts.
deny contains result.with_fix(result.command(step, message), fix(step.path)) if {
	some step in input.boot.steps
	boot.broken_at(step, "function-files-readable")
	step.problem == "not-readable"
	message := sprintf("%s has mode %s, so Lambda's user cannot read it (%s)", [step.path, step.detail, step.why])
}

deny contains result.with_fix(result.command(step, message), fix(library.path)) if {
	some step in input.boot.steps
	boot.broken_at(step, "function-files-readable")
	step.problem == "library-not-readable"
	some library in step.libraries
	library.problem == "not-readable"
	message := sprintf("%s needs %s, which Lambda's user cannot read: %s is closed to others", [step.path, library.name, library.detail])
}

deny contains result.with_fix(result.file(native, message), fix(native.path)) if {
	not boot.broken
	native := input.runtime.native
	native.problem == "not-readable"
	message := sprintf("Lambda's user cannot read %s, which the client is loaded with", [native.path])
}

# The handler's file: without it nothing is answered.
deny contains result.with_fix(handler.found(target, message), fix(target.detail)) if {
	not handler.out_of_question
	some target in input.handler.targets
	target.problem == "not-readable"
	message := sprintf("Lambda's user cannot read %s, where the handler %q is: %s is closed to others", [
		target.file, target.value,
		target.detail,
	])
}

# What the function may need.
deny contains result.at_level(result.with_fix(result.file(files, message), fix(files.at)), "warning") if {
	some files in input.unreadable
	message := sprintf("Lambda's user cannot read %s: %s has mode %s and belongs to %d:%d%s", [
		files.path, place(files), files.mode_text,
		files.uid, files.gid, others(files),
	])
}

not_judged contains result.image(input.boot.end.reason) if {
	not boot.broken
	input.boot.end.kind == "unknown"
}

place(files) := "it" if files.at == files.path

place(files) := files.at if files.at != files.path

others(files) := "" if {
	files.count == 1
	files.kind != "directory"
} else := sprintf("; files in %s that cannot be read: %d", [files.directory, files.count])

fix(path) := sprintf("COPY --chmod=a+rX, or RUN chmod -R o+rX %s", [path])
