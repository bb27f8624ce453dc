# METADATA
# title: Manifest and configuration are of types that Lambda takes
# description: >-
#   Lambda takes Docker's image manifest version 2 schema 2 and OCI's image manifest, with the configuration of an image.
#   Artifacts and Docker's schema 1 are refused.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://github.com/opencontainers/image-spec/blob/main/manifest.md
#     description: OCI image manifest
# custom:
#   category: manifest
#   level: error
#   errors: ["The image manifest, config or layer media type for the source image <uri> is not supported."]
package lambdalint.rules["supported-manifest-type"]

import data.lambdalint.result

manifests := {
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.oci.image.manifest.v1+json",
}

configs := {
	"application/vnd.docker.container.image.v1+json",
	"application/vnd.oci.image.config.v1+json",
}

schema1 := {
	"application/vnd.docker.distribution.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v1+prettyjws",
}

# own_type is the type of the judged image's manifest, below an index that of the chosen child.
own_type := input.manifest.media_type if input.manifest.kind != "index"

own_type := child.media_type if {
	input.manifest.kind == "index"
	some child in input.manifest.children
	child.chosen
}

deny contains result.with_fix(result.image(message), "push the image again with a current Docker, Podman or skopeo") if {
	own_type in schema1
	message := sprintf("the manifest is Docker's schema 1 (%s), which Lambda does not take", [own_type])
}

deny contains result.with_fix(result.image(message), fix) if {
	own_type != ""
	not own_type in manifests
	not own_type in schema1
	message := sprintf("the manifest is of type %s, which Lambda does not take", [own_type])
	fix := "push an image manifest of Docker (schema 2) or of OCI"
}

# The type of the configuration is what makes an artifact: subject and artifactType alone do not.
deny contains result.with_fix(result.image(message), fix) if {
	type := input.manifest.config.media_type
	type != ""
	not type in configs
	message := sprintf("the manifest is that of an artifact: its configuration is of type %s, not that of an image", [type])
	fix := "name the image itself: an artifact (a chart, a signature, an SBOM) beside it often has a tag much like the image's"
}

not_judged contains result.image(input.manifest.undecided) if {
	input.manifest.kind == "index"
	input.manifest.undecided != ""
}
