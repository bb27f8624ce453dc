# METADATA
# title: The reference names the manifest of one image
# description: >-
#   Lambda takes the manifest of a single image. It refuses an index (a manifest list), even one that holds a single
#   platform, and does not look for the right image in it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/go-image.html
#     description: Deploying Go functions with container images, on --provenance=false
#   - ref: https://docs.docker.com/build/metadata/attestations/
#     description: What BuildKit attaches to a build
# custom:
#   category: manifest
#   level: error
#   errors:
#     - The image manifest, config or layer media type for the source image <uri> is not supported.
#     - The image manifest or layer media type for the source image <uri> is not supported.
#     - "ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest <digest>"
package lambdalint.rules["single-image-manifest"]

import data.lambdalint.result

deny contains result.with_fix(result.image(message), fix) if {
	input.manifest.kind == "index"
	message := sprintf("the reference names an index, not an image, and Lambda refuses indexes: it holds %s", [holds])
	fix := sprintf("build with `--provenance=false --sbom=false` and one `--platform`%s", [pushed])
}

images := [child | some child in input.manifest.children; child.role == "image"]

attestations := count([child | some child in input.manifest.children; child.role == "attestation"])

others := (count(input.manifest.children) - count(images)) - attestations

holds := concat(", ", [part |
	some part in [
		counted(count(images), "image", platforms),
		counted(attestations, "attestation", " (provenance or SBOM, which BuildKit adds by default)"),
		counted(others, "other manifest", ""),
	]
	part != ""
]) if {
	count(input.manifest.children) > 0
}

holds := "nothing" if count(input.manifest.children) == 0

counted(number, name, more) := sprintf("%d %s%s%s", [number, name, plural(number), more]) if number > 0

counted(0, _, _) := ""

plural(1) := ""

plural(number) := "s" if number != 1

platforms := sprintf(" (%s)", [concat(", ", array.slice(named, 0, 8))]) if count(named) > 0

platforms := "" if count(named) == 0

named := [child.platform | some child in images; child.platform != ""]

# What of it could be deployed as it is: a child is an image of its own, and lies in the same repository.
deployable := [text |
	some child in images
	regex.match(`^(?:linux/(?:amd64|arm64)(?:/v\d+)?)?$`, child.platform)
	text := trim_space(sprintf("%s %s", [child.platform, child.digest]))
]

pushed := sprintf("; or deploy what is in it by digest: %s", [concat(", ", array.slice(deployable, 0, 4))]) if {
	count(deployable) > 0
}

pushed := "" if count(deployable) == 0
