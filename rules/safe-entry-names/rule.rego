# METADATA
# title: Names in layers stay inside the root
# description: >-
#   Names with `..`, empty or `.` parts are read differently by different unpackers, and some refuse the layer. What Lambda
#   does with them is not documented.
# related_resources:
#   - ref: https://github.com/opencontainers/image-spec/blob/main/layer.md
#     description: OCI layers
# custom:
#   category: layers
#   level: warning
package lambdalint.rules["safe-entry-names"]

import data.lambdalint.result

deny contains result.with_fix(result.file({"path": entry.path, "layer": entry.layer}, message), fix) if {
	some entry in input.unusual
	entry.kind == "unsafe-name"
	message := sprintf("the layer has an entry named %q, which unpackers read differently%s", [entry.detail, more(entry)])
	fix := sprintf("write the archive with clean names: %s", [trim_prefix(entry.path, "/")])
}

more(entry) := "" if entry.count == 1

more(entry) := sprintf("; and %d more like it in %s", [entry.count - 1, entry.directory]) if entry.count > 1
