# METADATA
# title: Layers are of types that Lambda takes
# description: >-
#   Lambda unpacks gzip layers of Docker and OCI and uncompressed layers of OCI. It refuses layers of other types, among
#   them Docker's uncompressed ones, attestations and layers that may not be distributed.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://github.com/opencontainers/image-spec/blob/main/layer.md
#     description: OCI layers and their media types
#   - ref: https://github.com/aspect-build/rules_aws/pull/145
#     description: What Lambda says of uncompressed Docker layers
# custom:
#   category: manifest
#   level: error
#   errors:
#     - "ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest <digest>"
#     - The image manifest, config or layer media type for the source image <uri> is not supported.
package lambdalint.rules["supported-layer-type"]

import data.lambdalint.result

# zstd is not among what is known to work, and not among what is known to fail: gzip-layers speaks of it.
supported := {
	"application/vnd.docker.image.rootfs.diff.tar.gzip",
	"application/vnd.docker.image.rootfs.diff.tar.zstd",
	"application/vnd.oci.image.layer.v1.tar",
	"application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.oci.image.layer.v1.tar+zstd",
}

not_applicable := "the reference names an artifact, not an image: supported-manifest-type" if {
	input.manifest.kind == "artifact"
}

deny contains result.with_fix(result.layer(input.layers[i], message), fix_of(type)) if {
	some i, descriptor in input.manifest.layers
	type := descriptor.media_type
	type != ""
	not type in supported
	message := sprintf("the layer is of type %s, %s", [type, says(type)])
}

# A descriptor with addresses is a foreign layer in all but its type. Whether Lambda minds is not known.
deny contains result.at_level(result.with_fix(result.layer(input.layers[i], message), fix), "warning") if {
	some i, descriptor in input.manifest.layers
	descriptor.media_type in supported
	count(descriptor.urls) > 0
	message := "the layer is to be fetched from elsewhere (its descriptor has urls); Lambda reads from ECR alone"
	fix := "push the layer itself: `skopeo copy` and `crane push` do so for layers without a foreign type"
}

says(type) := "Docker's uncompressed layer, which Lambda refuses" if {
	type == "application/vnd.docker.image.rootfs.diff.tar"
} else := "which is an attestation and no file system" if {
	type == "application/vnd.in-toto+json"
} else := "which may not be distributed, so that the registry does not hold it" if {
	undistributed(type)
} else := "which Lambda is not known to take"

undistributed(type) if contains(type, "nondistributable")

undistributed(type) if contains(type, ".foreign.")

fix_of(type) := concat("", [
	"compress the layer with gzip (in Bazel: `compress = \"gzip\"` on the tar) and push again, ",
	"or build on a base image with OCI's types, of which the uncompressed one works",
]) if {
	type == "application/vnd.docker.image.rootfs.diff.tar"
} else := "name the image, not its attestation, and build with `--provenance=false --sbom=false`" if {
	type == "application/vnd.in-toto+json"
} else := "build on a base image whose layers are ordinary ones"
