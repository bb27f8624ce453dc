# METADATA
# title: Layers are compressed with gzip, as their type says
# description: >-
#   AWS does not say whether Lambda reads layers compressed with zstd, and a layer whose bytes are not what its media type
#   says is at the mercy of whoever unpacks it. gzip works.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://github.com/opencontainers/image-spec/blob/main/layer.md
#     description: OCI layers and their media types
#   - ref: https://docs.docker.com/build/exporters/
#     description: How BuildKit compresses layers
# custom:
#   category: manifest
#   level: warning
#   errors: ["ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest <digest>"]
package lambdalint.rules["gzip-layers"]

import data.lambdalint.result

deny contains result.with_fix(result.layer(layer, message), fix) if {
	some layer in input.layers
	declared(layer.media_type) == "zstd"
	message := "the layer is compressed with zstd, and it is unverified whether Lambda reads that: AWS does not say"
}

deny contains result.with_fix(result.layer(layer, message), fix) if {
	some layer in input.layers
	layer.compression != ""
	says := declared(layer.media_type)
	says != layer.compression
	message := sprintf(
		"the layer's type %s says %s, its bytes are %s",
		[layer.media_type, words[says], words[layer.compression]],
	)
}

# declared is the compression that a media type names. Types of another kind are those of supported-layer-type.
declared(type) := "gzip" if regex.match(`[.+]gzip$`, type)

declared(type) := "zstd" if regex.match(`[.+]zstd$`, type)

declared(type) := "none" if endswith(type, ".tar")

words := {"gzip": "gzip", "zstd": "zstd", "none": "not compressed"}

fix := concat("", [
	"compress all layers anew with gzip: ",
	"`docker buildx build --output type=registry,compression=gzip,force-compression=true …`",
])
