# METADATA
# title: USER is not relied upon
# description: Lambda runs every function as its own unprivileged user, whatever USER says.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: settings
#   level: note
package lambdalint.rules["user-has-no-effect"]

import data.lambdalint.result

deny contains result.with_fix(result.config("User", message), fix) if {
	input.config.user != ""
	message := sprintf("USER %s has no effect: Lambda runs the function as its own unprivileged user", [input.config.user])
	fix := "give read rights to others (`COPY --chmod=0644`, directories 0755) instead of giving files to a user"
}
