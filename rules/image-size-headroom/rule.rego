# METADATA
# title: The image stays well below the size limit
# description: An image close to the 10 GiB limit is one dependency away from being refused.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
#     description: Lambda quotas
# custom:
#   category: size
#   level: warning
#   params:
#     share: 0.8
#   errors: ["Uncompressed container image size exceeds 10 GiB limit"]
package lambdalint.rules["image-size-headroom"]

import data.lambdalint.result
import data.lambdalint.text

# Lambda's limit in bytes.
limit := 10737418240

share := data.lambdalint.params["image-size-headroom"].share

deny contains result.with_fix(result.image(message), fix) if {
	input.size.layers_sum <= limit
	input.size.layers_sum > share * limit
	message := sprintf(
		"the layers take %s, %d %% of the 10 GiB that Lambda takes; the largest is layer %d with %s",
		[
			text.bytes(input.size.layers_sum), floor((100 * input.size.layers_sum) / limit),
			position, text.bytes(largest),
		],
	)
	fix := "leave out what the function does not need, or load it from S3 or a file system"
}

largest := max([layer.size | some layer in input.layers])

position := min([layer.position | some layer in input.layers; layer.size == largest])
