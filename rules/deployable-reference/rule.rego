# METADATA
# title: The image lies where Lambda can take it from
# description: Lambda takes images from private repositories of Amazon ECR in the function's Region, and not through FIPS endpoints.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: manifest
#   level: warning
#   errors: ["Source image <uri> is not valid. Provide a valid source image."]
package lambdalint.rules["deployable-reference"]

import data.lambdalint.result

not_applicable := "the image was not read from a registry" if input.source.kind != "registry"

not_applicable := "the registry is on this machine, so the image is still to be pushed" if {
	input.source.kind == "registry"
	regex.match(`^(?:localhost|127(?:\.\d+){3}|\[::1\]|host\.docker\.internal|[^.]+\.local)(?::\d+)?$`, input.reference.registry)
}

registry := input.reference.registry

private_ecr if regex.match(`^\d{12}\.dkr[.-]ecr(?:-fips)?\.`, registry)

deny contains result.with_fix(result.image(message), fix) if {
	not private_ecr
	message := sprintf("the image lies in %s; a function can only be made of an image in a private ECR repository", [registry])
	fix := "push or copy it to ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY in the function's Region"
}

deny contains result.with_fix(result.image(message), fix) if {
	private_ecr
	contains(registry, "ecr-fips.")
	message := sprintf("the reference goes through the FIPS endpoint %s, which Lambda does not support", [registry])
	fix := sprintf("name the same repository at %s", [replace(registry, "ecr-fips.", "ecr.")])
}
