# METADATA
# title: What the source cannot vouch for
# description: >-
#   A rule that reads input.manifest, or the media types and digests of layers, is not judged by itself where the source
#   cannot vouch for them; these sentences are for rules that want to say so about more.
package lambdalint.source

import data.lambdalint.result

# without_manifest is a result where the manifest is not the one that a registry would serve:
#
#   not_judged contains source.without_manifest
without_manifest := result.image(input.source.reason) if not input.source.vouches_manifest

# without_layers is a result where the layers' media types and digests are not those of a registry.
without_layers := result.image(input.source.reason) if not input.source.vouches_layers
