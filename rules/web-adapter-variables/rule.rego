# METADATA
# title: The Lambda Web Adapter's variables have their prefix
# description: >-
#   Since version 0.7 the adapter's variables begin with AWS_LWA_. The old names are deprecated and will be dropped with
#   version 2.
# related_resources:
#   - ref: https://github.com/aws/aws-lambda-web-adapter
#     description: AWS Lambda Web Adapter
# custom:
#   category: runtime
#   level: warning
package lambdalint.rules["web-adapter-variables"]

import data.lambdalint.adapter
import data.lambdalint.result

not_applicable := "the Lambda Web Adapter is not in the image" if not adapter.installed

deny contains result.with_fix(result.env(variable.name, message), fix) if {
	adapter.installed
	some variable in input.config.env
	variable.name in old
	message := sprintf("%s is an old name that the Lambda Web Adapter will no longer read", [variable.name])
	fix := sprintf("call it AWS_LWA_%s", [variable.name])
}

old := {
	"READINESS_CHECK_PORT", "READINESS_CHECK_PATH", "READINESS_CHECK_PROTOCOL", "READINESS_CHECK_MIN_UNHEALTHY_STATUS",
	"REMOVE_BASE_PATH", "ASYNC_INIT",
}
