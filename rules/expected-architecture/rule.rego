# METADATA
# title: The image has the function's architecture
# description: >-
#   A function has one architecture, x86_64 unless it says otherwise. AWS does not compare it with the image's; an image for
#   the other one fails at its first invocation.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
#     description: Instruction set architectures of Lambda
# custom:
#   category: platform
#   level: error
#   errors: ["exec format error", Runtime.InvalidEntrypoint]
package lambdalint.rules["expected-architecture"]

import data.lambdalint.result

wanted := input.function.architecture

found := input.platform.architecture

not_applicable := "the function's architecture is not known; say it with --architecture" if wanted == ""

not_applicable := sprintf("the architecture %q is none that Lambda has: supported-architecture", [found]) if {
	wanted != ""
	not found in {"amd64", "arm64"}
}

deny contains result.with_fix(result.image(message), fix) if {
	found != wanted
	message := sprintf("the image is one for %s, the function runs on %s", [found, wanted])
	fix := sprintf(
		"build with `--platform linux/%s`, or set the function's architecture to %s",
		[wanted, {"amd64": "x86_64", "arm64": "arm64"}[found]],
	)
}
