# METADATA
# title: The configuration lists the layers that are there
# description: >-
#   The configuration names the hash of each uncompressed layer. Where the number or a hash is wrong, the image is
#   damaged, and what unpacks it gives up.
# related_resources:
#   - ref: https://github.com/opencontainers/image-spec/blob/main/config.md
#     description: OCI image configuration, rootfs
# custom:
#   category: manifest
#   level: error
package lambdalint.rules["layers-match-config"]

import data.lambdalint.result

deny contains result.with_fix(result.image(message), fix) if {
	count(input.layers) != count(input.config.diff_ids)
	message := sprintf(
		"the manifest has %d layers, the configuration lists %d (rootfs.diff_ids)",
		[count(input.layers), count(input.config.diff_ids)],
	)
}

deny contains result.with_fix(result.layer(layer, message), fix) if {
	count(input.layers) == count(input.config.diff_ids)
	some layer in input.layers
	layer.diff_id != ""
	listed := input.config.diff_ids[layer.position]
	layer.diff_id != listed
	message := sprintf("the configuration lists %s for the layer, its bytes are %s", [listed, layer.diff_id])
}

not_judged contains result.layer(layer, "the layer was not hashed, since it lies there uncompressed; --verify hashes it") if {
	count(input.layers) == count(input.config.diff_ids)
	some layer in input.layers
	layer.diff_id == ""
	layer.missing == ""
}

fix := "build and push the image anew; if it comes out the same, the tool that wrote or rewrote the image is broken"
