# METADATA
# title: Nothing relies on shared memory
# description: >-
#   Lambda has no usable /dev/shm. Python's multiprocessing queues, locks and pools need it, and so do packages that are built
#   on them.
# related_resources:
#   - ref: https://aws.amazon.com/blogs/compute/parallel-processing-in-python-with-aws-lambda/
#     description: Parallel processing in Python with AWS Lambda
# custom:
#   category: lifecycle
#   level: note
#   contents:
#     - "/var/task/*.py"
#     - "/function/*.py"
#     - "/app/*.py"
#   errors:
#     - "[Errno 38] Function not implemented"
package lambdalint.rules["no-shared-memory"]

import data.lambdalint.paths
import data.lambdalint.result

sources := array.concat(
	paths.matching("/var/task/*.py"),
	array.concat(paths.matching("/function/*.py"), paths.matching("/app/*.py")),
)

packages := array.concat(
	paths.matching("/**/*-packages/{joblib,loky,pandarallel}-*.dist-info"),
	paths.matching("/var/task/**/{joblib,loky,pandarallel}-*.dist-info"),
)

uses := concat("|", [
	`(?m)^[^#\n]*\b(?:multiprocessing|mp)\.(?:Pool|Queue|SimpleQueue|JoinableQueue|R?Lock|Semaphore|Manager)\(`,
	`^[^#\n]*\bProcessPoolExecutor\(`,
	`^\s*from multiprocessing(?:\.\w+)* import [^\n]*\b(?:Pool|Queue|SimpleQueue|JoinableQueue|R?Lock|Semaphore|Manager|SharedMemory)\b`,
])

deny contains result.with_fix(result.file(file, message), fix) if {
	some file in sources
	paths.has_content(file)
	text := paths.content(file)
	regex.match(uses, text)
	message := sprintf("%s uses multiprocessing, whose pools, queues and locks need a /dev/shm that Lambda does not have", [file.path])
	fix := "use threads, or multiprocessing.Process with Pipe, which need no shared memory"
}

deny contains result.with_fix(result.file(found, message), fix) if {
	some found in packages
	message := sprintf("%s runs work in processes that share memory, which Lambda does not have", [name(found.path)])
	fix := "use its threads: n_jobs=1 or prefer=\"threads\""
}

name(path) := regex.replace(regex.replace(path, `^.*/`, ""), `\.dist-info$`, "")
