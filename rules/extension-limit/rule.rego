# METADATA
# title: There are at most ten extensions
# description: Lambda starts each entry of /opt/extensions that is no directory, and fails the function where there are more than ten extensions.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
#     description: Lambda Extensions API
# custom:
#   category: permissions and extensions
#   level: error
#   errors: [Extension.TooManyExtensions, TooManyExtensions, FunctionError.TooManyExtensions]
package lambdalint.rules["extension-limit"]

import data.lambdalint.paths
import data.lambdalint.result

limit := 10

not_applicable := "/opt/disable-extensions-jwigqn8j switches extensions off: extensions-enabled" if {
	paths.at("/opt/disable-extensions-jwigqn8j")
}

extensions := [file | some file in paths.matching("/opt/extensions/*"); file.type != "directory"]

deny contains result.with_fix(result.file(extensions[limit], message), fix) if {
	count(extensions) > limit
	message := sprintf(
		"/opt/extensions holds %d extensions, Lambda starts at most %d; %s is the first too many",
		[count(extensions), limit, extensions[limit].path],
	)
	fix := "take out those that are not needed; files that are no extensions belong elsewhere, or into a directory"
}
