# METADATA
# title: Layers are not made for lazy pulling
# description: Lambda loads images lazily by itself. eStargz layers bring nothing there and make layers and manifest larger.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
#     description: The eStargz format
# custom:
#   category: manifest
#   level: note
package lambdalint.rules["no-lazy-pull-layers"]

import data.lambdalint.paths
import data.lambdalint.result

deny contains result.with_fix(result.layer(input.layers[i], message), fix) if {
	some i, descriptor in input.manifest.layers
	some annotation in descriptor.annotations
	annotation.name == "containerd.io/snapshot/stargz/toc.digest"
	message := "the layer is in eStargz format, which Lambda does not use: it loads images lazily by itself"
}

# Without a manifest the table of contents that lies in each such layer tells.
deny contains result.with_fix(result.file(file, message), fix) if {
	not input.source.vouches_layers
	file := paths.at("/stargz.index.json")
	message := "the file is the table of contents of an eStargz layer, which Lambda does not use: it loads images lazily by itself"
}

fix := "push without conversion: leave out `--estargz`, `compression=estargz` or the optimizer"
