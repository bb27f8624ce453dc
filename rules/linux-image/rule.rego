# METADATA
# title: The image is one for Linux
# description: Lambda runs Linux images only.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: platform
#   level: error
package lambdalint.rules["linux-image"]

import data.lambdalint.result

deny contains result.with_fix(result.image(message), "build for linux: `--platform linux/amd64` or `--platform linux/arm64`") if {
	input.platform.os != ""
	input.platform.os != "linux"
	message := sprintf("the image is one for %s, and Lambda runs Linux images only", [input.platform.os])
}

not_judged contains result.image("the configuration names no operating system") if input.platform.os == ""
