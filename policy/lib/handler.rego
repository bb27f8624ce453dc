# METADATA
# title: The handler
# description: Shared by the rules on the handler and on those behind wrappers.
package lambdalint.handler

import data.lambdalint.boot
import data.lambdalint.result

# out_of_question is the reason why no handler is looked for.
out_of_question := boot.broken.says if boot.broken

out_of_question := sprintf("%s: base-image-handler-argument", [step.path]) if {
	not boot.broken
	some step in input.boot.steps
	step.kind == "base-entry-script"
	count(step.argv) != 2
}

out_of_question := sprintf("nothing polls the Runtime API: %s", [input.runtime.reason]) if {
	not boot.broken
	not wrong_arguments
	input.runtime.started == "no"
}

out_of_question := input.handler.reason if {
	not boot.broken
	not wrong_arguments
	input.runtime.started != "no"
	input.handler.needed == "no"
}

wrong_arguments if {
	some step in input.boot.steps
	step.kind == "base-entry-script"
	count(step.argv) != 2
}

# found is the finding for a handler with a problem: on its file where that is there, else on where it is set.
found(target, message) := result.file({"path": target.file, "layer": target.layer}, message) if {
	target.problem in {"name-missing", "not-readable"}
	target.layer >= 0
} else := result.config("Cmd", message) if {
	target.from in {"CMD", "_HANDLER"}
} else := result.env(target.from, message)

# unread is what is not judged of a handler.
unread(target) := result.config("Cmd", target.undecided) if target.from in {"CMD", "_HANDLER"}

unread(target) := result.env(target.from, target.undecided) if not target.from in {"CMD", "_HANDLER"}
