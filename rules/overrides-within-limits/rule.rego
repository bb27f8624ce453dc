# METADATA
# title: The command stays within what Lambda takes
# description: >-
#   A function's configuration takes at most 1,500 words of command and of entrypoint, and 1,000 characters of working
#   directory. An image that goes over them cannot be described by one.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/api/API_ImageConfig.html
#     description: "AWS Lambda API: ImageConfig"
# custom:
#   category: command
#   level: warning
#   params: {words: 1500, directory: 1000}
package lambdalint.rules["overrides-within-limits"]

import data.lambdalint.result

deny contains result.with_fix(result.config(field, message), "move the arguments into a file or a script") if {
	some field, words in {"Entrypoint": input.boot.entrypoint, "Cmd": input.boot.command}
	count(words) > data.lambdalint.params["overrides-within-limits"].words
	message := sprintf("%s has %d words, and a function takes %d", [upper(field), count(words), data.lambdalint.params["overrides-within-limits"].words])
}

deny contains result.with_fix(result.config("WorkingDir", message), "use a shorter path") if {
	directory := input.config.working_dir
	count(directory) > data.lambdalint.params["overrides-within-limits"].directory
	message := sprintf("WORKDIR has %d characters, and a function takes %d", [count(directory), data.lambdalint.params["overrides-within-limits"].directory])
}
