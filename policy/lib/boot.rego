# METADATA
# title: The boot chain
# description: >-
#   One cause, one error: the chain of what is executed is judged link by link. The first broken link is named by one
#   rule; rules whose question lies behind it are not applicable.
package lambdalint.boot

# broken is the first broken link: the rule that names it, the path at which it lies, and the words for it. Undefined
# where nothing is broken.
broken := {"rule": "command-set", "path": "", "says": "nothing is set to be executed"} if {
	count(input.boot.argv) == 0
} else := {"rule": "workdir-exists", "path": directory.path, "says": says} if {
	directory := input.boot.working_dir
	directory.problem != ""
	says := sprintf("the working directory %s cannot be entered", [directory.path])
} else := {"rule": _names(step), "path": _place(step), "says": says} if {
	step := broken_step
	says := problem(step)
} else := {"rule": "exec-wrapper-usable", "path": wrapper.path, "says": says} if {
	# AWS's start scripts look at the wrapper themselves and end before it.
	wrapper := input.boot.exec_wrapper
	wrapper.problem != ""
	wrapper.read_by == "/var/runtime/bootstrap"
	says := wrapper_problem
}

# broken_step is the first step of the chain that has a problem.
broken_step := step if {
	steps := [step | some step in input.boot.steps; step.problem != ""]
	step := steps[0]
}

# broken_before is the reason why a rule's question does not arise: a link before it is broken, and another rule names
# it. Undefined where none is, or where the rule itself names it.
#
#   not_applicable := boot.broken_before("runtime-client-present")
broken_before(rule) := sprintf("%s: %s", [broken.says, broken.rule]) if broken.rule != rule

# broken_at tells whether a step is broken, and this rule is the one that names it.
broken_at(step, rule) if {
	step.problem != ""
	_names(step) == rule
}

# problem says in words what is wrong with a step of the boot chain or of an extension: "/entry.sh is not executable".
problem(step) := sprintf("%s %s", [_place(step), _says[step.problem]])

# wrapper_problem says in words what is wrong with the program that AWS_LAMBDA_EXEC_WRAPPER names.
wrapper_problem := sprintf("%s %s", [wrapper.path, _says[wrapper.problem]]) if {
	wrapper := input.boot.exec_wrapper
	wrapper.problem != ""
}

# covered is what to say behind a path that the function will not find: where it lies in /tmp, that this is no oversight of
# this tool.
covered(path) := ", since Lambda mounts an empty /tmp over what the image has there" if regex.match(`(?:^|[ =:])/tmp/`, path)

covered(path) := "" if not regex.match(`(?:^|[ =:])/tmp/`, path)

_place(step) := step.path if step.path != ""

_place(step) := step.name if step.path == ""

_names(step) := "bootstrap-exists" if {
	step.path == "/var/runtime/bootstrap"
	step.problem == "not-found"
} else := "exec-wrapper-usable" if {
	step.from == "/var/runtime/bootstrap"
	step.path == input.boot.exec_wrapper.path
} else := _rules[step.problem]

_rules := {
	"not-found": "entrypoint-exists",
	"dangling-symlink": "entrypoint-exists",
	"symlink-loop": "entrypoint-exists",
	"not-a-file": "entrypoint-executable",
	"not-executable": "entrypoint-executable",
	"not-reachable": "entrypoint-executable",
	"not-readable": "function-files-readable",
	"crlf": "entrypoint-interpreter-exists",
	"no-shebang": "entrypoint-interpreter-exists",
	"interpreter-missing": "entrypoint-interpreter-exists",
	"loader-missing": "entrypoint-interpreter-exists",
	"bad-elf": "entrypoint-interpreter-exists",
	"wrong-architecture": "binaries-match-architecture",
	"library-missing": "shared-libraries-found",
	"library-damaged": "shared-libraries-found",
	"library-not-readable": "function-files-readable",
	"library-architecture": "binaries-match-architecture",
	"library-version": "glibc-new-enough",
}

_says := {
	"not-found": "is missing",
	"dangling-symlink": "is a symbolic link that leads nowhere",
	"symlink-loop": "is a symbolic link in a circle",
	"not-a-file": "is no regular file",
	"not-executable": "is not executable",
	"not-reachable": "lies in a directory that Lambda's user cannot enter",
	"not-readable": "cannot be read by Lambda's user",
	"crlf": "names its interpreter with a carriage return at the end",
	"no-shebang": "has no line that names its interpreter",
	"interpreter-missing": "names an interpreter that is not there",
	"loader-missing": "needs a loader that is not there",
	"bad-elf": "is a damaged program",
	"wrong-architecture": "is built for another architecture",
	"library-missing": "needs a shared library that is not found",
	"library-damaged": "needs a shared library that is damaged",
	"library-not-readable": "needs a shared library that Lambda's user cannot read",
	"library-architecture": "needs a shared library that is built for another architecture",
	"library-version": "needs a newer version of a shared library",
}
