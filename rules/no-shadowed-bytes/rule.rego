# METADATA
# title: Layers do not carry what later ones delete
# description: >-
#   A file that a later layer deletes or replaces stays in the image: it is pushed, stored, optimised by Lambda, and
#   may count towards the size limit.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://docs.docker.com/build/building/best-practices/
#     description: Dockerfile best practices
# custom:
#   category: size
#   level: warning
#   params:
#     limit: 104857600
package lambdalint.rules["no-shadowed-bytes"]

import data.lambdalint.result
import data.lambdalint.text

deny contains result.with_fix(result.layer(input.layers[first.layer], message), fix) if {
	input.size.shadowed > data.lambdalint.params["no-shadowed-bytes"].limit
	first := input.size.top_shadowed[0]
	message := sprintf(
		"the layers carry %s that later ones delete or replace: most of all %s",
		[text.bytes(input.size.shadowed), listed],
	)
	fix := "delete in the instruction that writes (`RUN make && rm -r build`), or copy the result alone from another stage"
}

listed := concat(", ", [sprintf("%s (%s, written by layer %d and hidden by %d)", [file.path, text.bytes(file.size), file.layer, file.by]) |
	some file in array.slice(input.size.top_shadowed, 0, 3)
])
