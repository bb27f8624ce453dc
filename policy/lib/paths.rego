# METADATA
# title: Files of the image
# description: >-
#   The only way to files. A constant argument is read from the rule's source and becomes its request; what a rule has
#   not asked for is unknown, so asking for it here stops the rule with an error and never says "absent".
package lambdalint.paths

# at gives the file at an absolute path; undefined where there is none. Links in the directories of a constant path are
# followed, a link at its end is not: its record tells with `resolved` where it ends.
at(path) := file if {
	_read
	_shown(path)
	file := input.files[input.index.by_path[path]]
}

at(path) := file if {
	_read
	not _shown(path)
	_stop({"problem": "not-asked", "call": "at", "argument": path})
	file := input.files[0]
}

at(path) := file if {
	not _read
	_stop({"problem": "not-read", "call": "at", "argument": path})
	file := input.files[0]
}

# under gives the files below a directory, at any depth, ordered by path.
under(directory) := files if {
	label := concat("", [trim_suffix(directory, "/"), "/*/**"])
	some asked in input.asked.globs
	asked.glob == label
	_read
	files := [input.files[i] | some i in asked.files]
} else := files if {
	below := concat("", [trim_suffix(directory, "/"), "/"])
	some asked in input.asked.globs
	endswith(asked.glob, "/**")
	startswith(below, trim_suffix(asked.glob, "**"))
	_read
	files := [file | some i in asked.files; file := input.files[i]; startswith(file.path, below)]
} else := files if {
	_stop({"problem": _unseen, "call": "under", "argument": directory})
	files := [file | some file in input.files]
}

# matching gives the files that match a glob, ordered by path.
matching(glob) := files if {
	some asked in input.asked.globs
	asked.glob == glob
	_read
	files := [input.files[i] | some i in asked.files]
} else := files if {
	_stop({"problem": _unseen, "call": "matching", "argument": glob})
	files := [file | some file in input.files]
}

# removed_matching gives the files that match a glob, lie in a layer, and cannot be seen at run time.
removed_matching(glob) := files if {
	some asked in input.asked.globs
	asked.glob == glob
	_read
	files := [input.removed[i] | some i in asked.removed]
} else := files if {
	_stop({"problem": _unseen, "call": "removed_matching", "argument": glob})
	files := [file | some file in input.removed]
}

# of_step gives the file that a step of the boot chain ends at; undefined where there is none.
of_step(step) := input.files[input.index.by_path[step.resolved]] if _read

# content gives the text of a file: of a record, or of the file at a constant path. Where the text is left out because
# it is too large or no text, the rule is not judged. Ask has_content first to leave only that one file unjudged.
content(file) := _text(file) if is_object(file)

content(path) := _text(at(path)) if is_string(path)

# has_content is true where content can be asked for.
has_content(file) if _has_text(file)

# usage gives how much lies under a directory.
usage(directory) := found if {
	some found in input.asked.usage
	found.directory == directory
	_read
} else := found if {
	_stop({"problem": _unseen, "call": "usage", "argument": directory})
	some found in input.asked.usage
}

default _read := false

_read := input.complete

_unseen := "not-asked" if _read

_unseen := "not-read" if not _read

_shown(path) if {
	some pattern in input.asked.patterns
	regex.match(pattern, path)
}

_legible(path) if {
	some pattern in input.asked.contents
	regex.match(pattern, path)
}

_no_content(file) := {"problem": "not-read", "call": "content", "argument": file.path} if not _read

_no_content(file) := {"problem": "left-out", "call": "content", "argument": file.path, "reason": file.content_omitted} if {
	_read
	file.content_omitted
}

_no_content(file) := {"problem": "not-asked", "call": "content", "argument": file.path} if {
	_read
	not file.content_omitted
	not _legible(file.path)
}

_no_content(file) := {"problem": "no-content", "call": "content", "argument": file.path} if {
	_read
	not file.content_omitted
	_legible(file.path)
}

_text(file) := file.content if _legible(file.path)

_text(file) := "" if {
	not _has_text(file)
	_stop(_no_content(file))
}

_has_text(file) if {
	_legible(file.path)
	is_string(file.content)
}

# _stop ends the rule with an error that policy reads back: a text that is no number is a built-in error, and built-in
# errors are strict.
_stop(problem) if to_number(concat("", ["lambdalint:", json.marshal(problem)])) == 0
