# METADATA
# title: The interpreter can load the client's native module
# description: >-
#   The clients for Python and Node.js bring a native module. It must be there, be built for the interpreter's version and
#   C library, and find its own libraries.
# related_resources:
#   - ref: https://github.com/aws/aws-lambda-python-runtime-interface-client
#     description: The Runtime Interface Client for Python
#   - ref: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
#     description: The Runtime Interface Client for Node.js
# custom:
#   category: runtime
#   level: error
#   errors:
#     - "AttributeError: 'NoneType' object has no attribute 'next'"
#     - "Error: Cannot find module './rapid-client.node'"
#     - "Runtime.NativeClientLoading"
#     - "ImportError: libstdc++.so.6: cannot open shared object file"
package lambdalint.rules["runtime-client-compatible"]

import data.lambdalint.boot
import data.lambdalint.result

not_applicable := boot.broken_before("runtime-client-compatible")

not_applicable := "no client with a native module is started" if {
	not boot.broken
	not native.known
	input.runtime.started != "unknown"
}

not_applicable := sprintf("%s is built for %s: binaries-match-architecture", [native.path, native.detail]) if {
	not boot.broken
	native.problem == "wrong-architecture"
}

not_applicable := sprintf("%s cannot be read by Lambda's user: function-files-readable", [native.path]) if {
	not boot.broken
	native.problem == "not-readable"
}

native := input.runtime.native

deny contains result.with_fix(result.file(subject, message), fix) if {
	not boot.broken
	message := sprintf("%s: %s", [client, messages[native.problem]])
	fix := fixes[native.problem]
}

subject := native if native.layer >= 0

subject := native.path if native.layer < 0

client := concat(" ", [started.name, started.version]) if started.version != ""

client := started.name if started.version == ""

started := [c | some c in input.runtime.clients; c.started == "yes"; c.kind == "client"][0]

messages := {
	"missing": sprintf("its native module %s is not there", [native.path]),
	"abi": sprintf("its native module %s is built for another version than %s, which cannot load it", [native.path, native.detail]),
	"libc": sprintf("its native module %s cannot be loaded: %s", [native.path, native.detail]),
	"bad-elf": sprintf("its native module %s is damaged: %s", [native.path, native.detail]),
	"library": sprintf("its native module %s cannot be loaded: %s", [native.path, native.detail]),
}

fixes := {
	"missing": "install the client without --ignore-scripts, in a stage that has cmake, g++, make, autoconf, libtool and python3",
	"abi": "install the client with the interpreter that runs it: python3 -m pip install awslambdaric",
	"libc": "install the client in a stage that is based on the same system as the image",
	"bad-elf": "install the client again",
	"library": "install the package that holds the library (on Alpine: apk add libstdc++), or build the client on the image's own system",
}

not_judged contains result.file(native.path, native.undecided) if {
	not boot.broken
	native.undecided != ""
}

not_judged contains result.image(input.runtime.reason) if {
	not boot.broken
	not native.known
	input.runtime.started == "unknown"
}
