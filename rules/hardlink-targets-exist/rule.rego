# METADATA
# title: Hard links name an earlier entry of their layer
# description: >-
#   A hard link whose target is not in the same layer, or comes only after it, cannot be unpacked layer by layer. Engines
#   cope in part; Lambda has been reported to refuse the layer.
# related_resources:
#   - ref: https://github.com/opencontainers/image-spec/blob/main/layer.md
#     description: OCI layers, hard links
#   - ref: https://github.com/aspect-build/rules_aws/pull/145
#     description: A report of layers that Lambda refused
# custom:
#   category: layers
#   level: warning
#   errors: ["ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest <digest>"]
package lambdalint.rules["hardlink-targets-exist"]

import data.lambdalint.result

deny contains result.with_fix(result.file({"path": entry.path, "layer": entry.layer}, message), fix) if {
	some entry in input.unusual
	entry.kind == "missing-hardlink-target"
	message := sprintf(
		"%s is a hard link to %s, which is not in the layer before it%s",
		[entry.path, entry.detail, more(entry)],
	)
	fix := "write the file itself before its links (in the same layer), or use symbolic links"
}

more(entry) := "" if entry.count == 1

more(entry) := sprintf("; and %d more in %s", [entry.count - 1, entry.directory]) if entry.count > 1
