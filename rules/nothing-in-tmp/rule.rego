# METADATA
# title: Nothing that is needed lies in /tmp
# description: Lambda puts the function's own storage on /tmp, so what the image holds there is not seen when the function runs.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
#     description: Ephemeral storage of a function
# custom:
#   category: size
#   level: warning
#   errors: ["No such file or directory: '/tmp/<name>'"]
package lambdalint.rules["nothing-in-tmp"]

import data.lambdalint.paths
import data.lambdalint.result
import data.lambdalint.text

files := [file |
	some file in paths.under("/tmp")
	file.type == "file"
	file.size > 0
]

names := {name | some file in files; name := top(file)}

top(file) := split(file.path, "/")[2]

# One finding for each name directly under /tmp.
deny contains level_of(name, result.with_fix(result.file(place, message), fix)) if {
	some name in names
	below := [file | some file in files; top(file) == name]
	place := {"path": sprintf("/tmp/%s", [name]), "layer": below[0].layer}
	message := sprintf(
		"/tmp/%s (%d files, %s) cannot be seen when the function runs: Lambda's own storage covers /tmp",
		[name, count(below), text.bytes(sum([file.size | some file in below]))],
	)
	fix := "copy it elsewhere, /opt or /var/task, or delete it in the instruction that writes it"
}

# What tools forget there is needed by nobody.
level_of(name, finding) := result.at_level(finding, "note") if leftover(name)

level_of(name, finding) := finding if not leftover(name)

leftover(name) if {
	regex.match(
		`^(?:hsperfdata_.*|v8-compile-cache.*|node-compile-cache|npm-.*|yarn--.*|pip-.*|tmp[a-z0-9_]{8}|tmp\..*|.*\.log)$`,
		name,
	)
}
