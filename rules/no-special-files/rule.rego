# METADATA
# title: Layers hold no devices and pipes
# description: Devices, named pipes and sockets in an image are of no use to Lambda's unprivileged user, and unpackers may stumble over them.
# related_resources:
#   - ref: https://github.com/opencontainers/image-spec/blob/main/layer.md
#     description: OCI layers
# custom:
#   category: layers
#   level: note
package lambdalint.rules["no-special-files"]

import data.lambdalint.result

deny contains result.with_fix(result.file({"path": entry.path, "layer": entry.layer}, message), fix) if {
	some entry in input.unusual
	entry.kind == "special-file"
	not in_dev(entry.directory)
	message := sprintf("%s is a %s%s; a function cannot make use of it", [entry.path, words[entry.detail], more(entry)])
	fix := "leave it out of the image; make pipes and sockets under /tmp when the function runs"
}

# Root file systems come with a few devices in /dev, which the runtime's own hide.
in_dev("/dev")

in_dev(directory) if startswith(directory, "/dev/")

words := {
	"char-device": "character device", "block-device": "block device", "fifo": "named pipe",
	"other": "file of an unknown type",
}

more(entry) := "" if entry.count == 1

more(entry) := sprintf(" (one of %d special files in %s)", [entry.count, entry.directory]) if entry.count > 1
