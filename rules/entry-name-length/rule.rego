# METADATA
# title: Names fit the file system
# description: >-
#   Lambda flattens the image into an ext4 file system, which holds names of up to 255 bytes; programs open paths of up to
#   4,095 bytes.
# related_resources:
#   - ref: https://www.usenix.org/conference/atc23/presentation/brooker
#     description: On-demand Container Loading in AWS Lambda
# custom:
#   category: layers
#   level: warning
package lambdalint.rules["entry-name-length"]

import data.lambdalint.result

deny contains result.with_fix(result.file({"path": entry.path, "layer": entry.layer}, message), fix) if {
	some entry in input.unusual
	entry.kind == "long-name"
	message := sprintf(
		"the layer has a name or path of %s bytes%s; ext4 holds names of 255, and Linux opens paths of 4,095",
		[entry.detail, more(entry)],
	)
	fix := "shorten the name, or leave the file out"
}

more(entry) := "" if entry.count == 1

more(entry) := sprintf(" and %d more in the same directory", [entry.count - 1]) if entry.count > 1
