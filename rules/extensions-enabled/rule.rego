# METADATA
# title: Extensions are not switched off
# description: The file /opt/disable-extensions-jwigqn8j keeps Lambda from starting the extensions of the image.
# related_resources:
#   - ref: https://github.com/aws/aws-lambda-runtime-interface-emulator
#     description: AWS's emulator, which shares this with Lambda's init
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
#     description: Lambda Extensions API
# custom:
#   category: permissions and extensions
#   level: warning
package lambdalint.rules["extensions-enabled"]

import data.lambdalint.paths
import data.lambdalint.result

extensions := [file | some file in paths.matching("/opt/extensions/*"); file.type != "directory"]

not_applicable := "the image has no extensions" if count(extensions) == 0

deny contains result.with_fix(result.file(file, message), fix) if {
	file := paths.at("/opt/disable-extensions-jwigqn8j")
	message := sprintf("%s switches extensions off: %d in /opt/extensions are not started", [file.path, count(extensions)])
	fix := "delete the file, or the extensions"
}
