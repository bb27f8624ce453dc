# METADATA
# title: The architecture is x86-64 or arm64
# description: Lambda has processors of two architectures, x86_64 (amd64) and arm64. An image for another one cannot start.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
#     description: Instruction set architectures of Lambda
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: platform
#   level: error
#   errors: ["exec format error", Runtime.InvalidEntrypoint]
package lambdalint.rules["supported-architecture"]

import data.lambdalint.result

known := {"amd64", "arm64"}

# What the same architectures are called elsewhere. The image specification wants Go's names; what Lambda makes of these is not known.
spellings := {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}

deny contains result.with_fix(result.image(message), fix) if {
	architecture := input.platform.architecture
	architecture != ""
	not architecture in known
	not spellings[architecture]
	message := sprintf("the image is one for %s, and Lambda has amd64 (x86_64) and arm64", [architecture])
	fix := "build with `--platform linux/amd64` or `--platform linux/arm64`, as the function's architecture says"
}

deny contains result.at_level(result.with_fix(result.image(message), fix), "warning") if {
	architecture := input.platform.architecture
	right := spellings[architecture]
	message := sprintf("the configuration calls the architecture %s; the image specification has %s for it", [architecture, right])
	fix := sprintf("write %q into the configuration", [right])
}

not_judged contains result.image("the configuration names no architecture") if input.platform.architecture == ""
