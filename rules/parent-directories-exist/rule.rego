# METADATA
# title: Each file comes after an entry for its directory
# description: >-
#   Docker makes directories that a layer leaves out; Lambda does not, and refuses an image in which a file comes without
#   an entry for its directory, in a lower layer or earlier in its own.
# related_resources:
#   - ref: https://github.com/aws/aws-lambda-web-adapter/issues/236
#     description: MissingParentDirectory for /opt/extensions
#   - ref: https://github.com/nlewo/nix2container/issues/54
#     description: The order of entries counts
#   - ref: https://github.com/opencontainers/image-spec/blob/main/layer.md
#     description: OCI layers
# custom:
#   category: layers
#   level: error
#   errors:
#     - "InvalidImage(MissingParentDirectory: Parent directory does not exist for file: <path>)"
#     - "ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest <digest>"
package lambdalint.rules["parent-directories-exist"]

import data.lambdalint.result

deny contains result.with_fix(result.file({"path": entry.directory, "layer": entry.layer}, message), fix) if {
	some entry in input.unusual
	entry.kind == "missing-parent"
	message := sprintf(
		"the directory %s has no entry before %s%s; Lambda does not make it, and refuses the image",
		[entry.directory, entry.path, more(entry.count)],
	)
	fix := sprintf(
		"write entries for %s and the directories above it first: `RUN mkdir -p %s` before the COPY, or the directories in the tar of Bazel or Nix",
		[entry.directory, entry.directory],
	)
}

more(1) := ""

more(number) := sprintf(" and %d more", [number - 1]) if number > 1
