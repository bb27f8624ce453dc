# METADATA
# title: Variables that Lambda sets are left to Lambda
# description: >-
#   Lambda sets reserved variables over the image's, and variables that begin with an underscore may be dropped. What
#   the image says there is not what the function sees.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
#     description: Environment variables, those that Lambda defines
# custom:
#   category: environment
#   level: warning
package lambdalint.rules["no-reserved-variables"]

import data.lambdalint.result
import data.lambdalint.secret

# reserved says of each variable what Lambda puts there.
reserved := {
	"_HANDLER": "the function's handler",
	"_X_AMZN_TRACE_ID": "the trace header of each invocation",
	"AWS_REGION": "the function's Region",
	"AWS_DEFAULT_REGION": "the function's Region",
	"AWS_EXECUTION_ENV": "the name of the runtime",
	"AWS_LAMBDA_FUNCTION_NAME": "the function's name",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "the function's memory",
	"AWS_LAMBDA_FUNCTION_VERSION": "the function's version",
	"AWS_LAMBDA_INITIALIZATION_TYPE": "how the environment was initialised",
	"AWS_LAMBDA_LOG_GROUP_NAME": "the function's log group",
	"AWS_LAMBDA_LOG_STREAM_NAME": "the function's log stream",
	"AWS_LAMBDA_MAX_CONCURRENCY": "the concurrency on Managed Instances",
	"AWS_LAMBDA_METADATA_API": "an address of its own",
	"AWS_LAMBDA_METADATA_TOKEN": "a token of its own",
	"AWS_LAMBDA_RUNTIME_API": "the address of the Runtime API; under the emulator the value breaks the test for it",
	"AWS_ACCESS_KEY": "the credentials of the function's role",
	"AWS_ACCESS_KEY_ID": "the credentials of the function's role",
	"AWS_SECRET_ACCESS_KEY": "the credentials of the function's role",
	"AWS_SESSION_TOKEN": "the credentials of the function's role",
	"LAMBDA_TASK_ROOT": "/var/task",
	"LAMBDA_RUNTIME_DIR": "/var/runtime",
}

logging := {"AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL"}

deny contains result.with_fix(result.env(variable.name, message), fix) if {
	some variable in input.config.env
	says := reserved[variable.name]
	variable.value != ""
	not variable.base
	not published(variable)
	message := sprintf("%s is reserved: Lambda sets it to %s, whatever the image says", [variable.name, says])
	fix := "leave it out of the image; under the emulator, give it with `docker run --env`"
}

deny contains result.with_fix(result.env(variable.name, message), fix) if {
	some variable in input.config.env
	startswith(variable.name, "_")
	not reserved[variable.name]
	message := sprintf("%s begins with an underscore: Lambda may drop it", [variable.name])
	fix := "take a name that begins with a letter"
}

deny contains result.at_level(result.with_fix(result.env(variable.name, message), fix), "note") if {
	some variable in input.config.env
	variable.name in logging
	variable.value != ""
	message := sprintf("%s comes from the function's logging configuration, where one is set", [variable.name])
	fix := "set format and level in the function's LoggingConfig"
}

# A live key is the matter of no-credentials-in-environment.
published(variable) if secret.aws_secret(variable.value)

published(variable) if count(secret.key_ids(variable.value)) > 0
