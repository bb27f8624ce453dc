# METADATA
# title: Python sources come with bytecode
# description: >-
#   Python keeps the bytecode of what it imports beside the sources. On Lambda it cannot, so what was not compiled when the image
#   was built is compiled again at each cold start.
# related_resources:
#   - ref: https://docs.python.org/3/library/compileall.html
#     description: compileall, which compiles what is installed
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-reqs
#     description: "Creating a Lambda function using a container image: the file system is read-only"
# custom:
#   category: lifecycle
#   level: note
#   params:
#     files: 100
package lambdalint.rules["bytecode-compiled"]

import data.lambdalint.result
import data.lambdalint.text

not_applicable := "what is started is no Python program" if input.runtime.program != "python"

deny contains result.with_fix(result.file(sources, message), fix) if {
	input.runtime.program == "python"
	some sources in input.uncompiled
	sources.count >= data.lambdalint.params["bytecode-compiled"].files
	message := sprintf("%s holds %d Python sources (%s) without bytecode, which are compiled again at each cold start", [
		sources.directory, sources.count,
		text.bytes(sources.bytes),
	])
	fix := sprintf("RUN python3 -m compileall -q %s, and no PYTHONDONTWRITEBYTECODE while packages are installed", [sources.directory])
}
