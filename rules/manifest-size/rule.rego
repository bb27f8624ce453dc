# METADATA
# title: The manifest is small
# description: AWS advises to keep the manifest under 25,400 bytes, by fewer layers and annotations; beyond it functions start slower.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: manifest
#   level: warning
#   params:
#     limit: 25400
package lambdalint.rules["manifest-size"]

import data.lambdalint.result

limit := data.lambdalint.params["manifest-size"].limit

deny contains result.with_fix(result.image(message), fix) if {
	input.manifest.size > limit
	message := sprintf(
		"the manifest has %d bytes, with %d layers; AWS advises to stay under %d",
		[input.manifest.size, count(input.manifest.layers), limit],
	)
	fix := "have fewer layers (join RUN and COPY instructions, build in stages) and fewer annotations"
}

not_judged contains result.image(input.manifest.undecided) if {
	input.manifest.size < 0
	input.manifest.undecided != ""
}
