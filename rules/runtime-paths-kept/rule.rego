# METADATA
# title: PATH and LD_LIBRARY_PATH keep what AWS's base image needs
# description: >-
#   For images Lambda sets neither PATH nor LD_LIBRARY_PATH, so the image's own values are what AWS's start scripts and
#   runtimes run with.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
#     description: Working with Lambda environment variables
#   - ref: https://github.com/aws/aws-lambda-base-images
#     description: AWS's base images, which set these variables
# custom:
#   category: environment
#   level: warning
package lambdalint.rules["runtime-paths-kept"]

import data.lambdalint.result

needed := [
	{"name": "PATH", "directories": ["/var/lang/bin", "/usr/bin", "/bin"]},
	{"name": "LD_LIBRARY_PATH", "directories": ["/var/lang/lib"]},
]

not_applicable := "what is started is not the entry script of one of AWS's language base images" if not on_language_base

on_language_base if {
	input.runtime.base.name == "aws-lambda"
	input.runtime.base.entry_script
	not input.runtime.base.language in {"", "provided", "go"}
}

deny contains result.with_fix(result.env(variable.name, message), fix) if {
	on_language_base
	some variable in needed
	value := concat("", [v | some v in values(variable.name)])
	kept := split_path(value)
	lost := [directory | some directory in variable.directories; not directory in kept]
	count(lost) > 0
	message := sprintf("%s lacks %s, which AWS's base image has there", [variable.name, concat(" and ", lost)])
	fix := sprintf("add to the value instead of replacing it: ENV %s=/your/directory:$%s", [variable.name, variable.name])
}

# values holds the variable's value, the function's over the image's; nothing where neither sets it.
values(name) := [v.value] if {
	some v in input.function.environment
	v.name == name
} else := [v.value | some v in input.config.env; v.name == name]

split_path(value) := {trim_suffix(directory, "/") | some directory in split(value, ":")}
