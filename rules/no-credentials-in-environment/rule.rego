# METADATA
# title: ENV and build arguments hold no credentials
# description: >-
#   The configuration of an image is readable by everybody who can pull it, build arguments in its history included. On
#   Lambda the role's credentials replace AWS keys in ENV, so they serve nobody but a thief.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
#     description: Environment variables, on sensitive values
#   - ref: https://docs.docker.com/build/building/secrets/
#     description: Build secrets
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
#     description: IAM identifiers, the forms of key IDs
# custom:
#   category: environment
#   level: error
package lambdalint.rules["no-credentials-in-environment"]

import data.lambdalint.result
import data.lambdalint.secret

deny contains result.with_fix(result.env(variable.name, message), fix) if {
	some variable in input.config.env
	is_secret_key(variable)
	message := sprintf("%s holds an AWS secret access key%s; everybody who can pull the image can read it", [variable.name, whose])
}

# An ID alone opens nothing, and says that its secret is not far.
deny contains result.at_level(result.with_fix(result.env(variable.name, message), fix), "warning") if {
	some variable in input.config.env
	some id in secret.key_ids(variable.value)
	message := sprintf("%s holds the AWS access key ID %s", [variable.name, secret.masked(id)])
}

deny contains result.at_level(result.with_fix(result.env(variable.name, message), fix), "warning") if {
	some variable in input.config.env
	some kind in secret.tokens(variable.value)
	message := sprintf("%s holds what has the form of %s; everybody who can pull the image can read it", [variable.name, kind])
}

deny contains result.with_fix(result.history(entry, message), fix) if {
	some entry in input.history
	names := concat(", ", secrets_of(entry))
	names != ""
	message := sprintf("the history of the image holds an AWS secret access key (%s); everybody who can pull the image can read it", [names])
}

deny contains result.at_level(result.with_fix(result.history(entry, message), fix), "warning") if {
	some entry in input.history
	some argument in entry.build_arguments
	some kind in secret.tokens(argument.value)
	message := sprintf("the history of the image holds the build argument %s, which has the form of %s", [argument.name, kind])
}

# A name that speaks of a secret, or a key ID beside it, and the shape: a name alone is never enough.
is_secret_key(variable) if {
	secret.aws_secret(variable.value)
	regex.match(`(?i)secret|aws.*key`, variable.name)
}

is_secret_key(variable) if {
	secret.aws_secret(variable.value)
	count(ids) > 0
}

ids := {id | some variable in input.config.env; some id in secret.key_ids(variable.value)}

whose := sprintf(" (of the key %s)", [secret.masked(sort(ids)[0])]) if count(ids) == 1

whose := "" if count(ids) != 1

# Build arguments, and texts of instructions. What ENV holds still is told above.
secrets_of(entry) := {argument.name |
	some argument in entry.build_arguments
	is_secret_key(argument)
} | {"in its text" |
	some value in secret.named_aws_secrets(entry.created_by)
	not value in {variable.value | some variable in input.config.env}
	not value in {argument.value | some argument in entry.build_arguments}
}

fix := concat("", [
	"revoke the key, then build without it: the function's role gives credentials at run time, ",
	"`RUN --mount=type=secret` at build time",
])
