# METADATA
# title: Findings
# description: >-
#   Builds what `deny` and `not_judged` contain. Each helper names the subject in a way that survives a rebuild of the
#   image: never by a digest, a tag or a number of a layer.
package lambdalint.result

# image is a finding on the image as a whole.
image(message) := {"kind": "image", "key": "image", "message": message}

# config is a finding on a field of the configuration, named as OCI spells it: WorkingDir, Entrypoint, Cmd, Env.
config(field, message) := {"kind": "config", "key": field, "message": message}

# env is a finding on an environment variable.
env(name, message) := {"kind": "env", "key": name, "message": message}

# label is a finding on a label.
label(name, message) := {"kind": "label", "key": name, "message": message}

# file is a finding on a file: on a record that has a path, or on a path.
file(where, message) := {"kind": "file", "key": where.path, "layer": where.layer, "message": message} if where.layer >= 0

file(where, message) := {"kind": "file", "key": where.path, "message": message} if {
	where.path
	not where.layer >= 0
}

file(where, message) := {"kind": "file", "key": where, "message": message} if is_string(where)

# layer is a finding on a layer, a record of input.layers.
layer(where, message) := {
	"kind": "layer", "key": input.history[where.history].key,
	"layer": where.position, "message": message,
} if {
	where.history >= 0
}

layer(where, message) := {"kind": "layer", "key": _nameless(where), "layer": where.position, "message": message} if {
	where.history < 0
}

# history is a finding on a history entry, a record of input.history.
history(where, message) := {"kind": "history", "key": where.key, "message": message}

# command is a finding on a step of the boot chain.
command(step, message) := {"kind": "command", "key": step.path, "message": message} if step.path != ""

command(step, message) := {"kind": "command", "key": step.name, "message": message} if step.path == ""

# write is a finding on a write that a program would make.
write(found, message) := {
	"kind": "write", "key": sprintf("%s -> %s", [found.file, found.path]),
	"line": object.get(found, "line", 0), "message": message,
}

# with_fix says what to do about a finding.
with_fix(finding, text) := object.union(finding, {"fix": text})

# at_level gives a finding another level than the rule's own: error, warning or note. It cannot rise above the rule's
# max_level.
at_level(finding, level) := object.union(finding, {"level": level})

# at_line says in which line of its file a finding stands.
at_line(finding, line) := object.union(finding, {"line": line})

_nameless(where) := "(no history)" if _nameless_before(where) == 0

_nameless(where) := sprintf("(no history) #%d", [_nameless_before(where) + 1]) if _nameless_before(where) > 0

_nameless_before(where) := count([1 |
	some other in input.layers
	other.history < 0
	other.position < where.position
])
