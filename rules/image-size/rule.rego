# METADATA
# title: The uncompressed image is at most 10 GiB
# description: Lambda refuses an image whose uncompressed size, all layers included, is above 10 GiB.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
#     description: Lambda quotas
# custom:
#   category: size
#   level: error
#   params:
#     limit: 10737418240
#   errors: [SizeLimitExceeded, "Uncompressed container image size exceeds 10 GiB limit"]
package lambdalint.rules["image-size"]

import data.lambdalint.result
import data.lambdalint.text

limit := data.lambdalint.params["image-size"].limit

deny contains result.with_fix(result.image(message), fix) if {
	input.size.flattened > limit
	message := sprintf("the files of the image take %s, the limit is %s", [text.bytes(input.size.flattened), text.bytes(limit)])
}

# How AWS sums up is not published: the layers together, or what is left of them. Only the second is sure to be refused.
deny contains result.at_level(result.with_fix(result.image(message), fix), "warning") if {
	input.size.flattened <= limit
	input.size.layers_sum > limit
	message := sprintf(
		"the layers of the image take %s together, the limit is %s; the files that are left take %s",
		[text.bytes(input.size.layers_sum), text.bytes(limit), text.bytes(input.size.flattened)],
	)
}

fix := "leave out what the function does not need: build in one stage, copy the result to another"
