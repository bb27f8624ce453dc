# METADATA
# title: Package managers leave no caches behind
# description: Downloaded packages and package lists make the image larger and are never read by the function.
# related_resources:
#   - ref: https://docs.docker.com/build/cache/optimize/
#     description: Cache mounts
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: size
#   level: note
#   params:
#     limit: 1048576
package lambdalint.rules["no-package-caches"]

import data.lambdalint.paths
import data.lambdalint.result
import data.lambdalint.text

caches := [
	[paths.usage("/var/lib/apt/lists"), "rm -rf /var/lib/apt/lists/*"],
	[paths.usage("/var/cache/apt"), "apt-get clean"],
	[paths.usage("/var/cache/dnf"), "dnf clean all"],
	[paths.usage("/var/cache/yum"), "yum clean all"],
	[paths.usage("/var/cache/apk"), "apk add --no-cache"],
	[paths.usage("/root/.cache/pip"), "pip install --no-cache-dir"],
	[paths.usage("/root/.cache/uv"), "uv --no-cache"],
	[paths.usage("/root/.cache/pypoetry"), "rm -rf /root/.cache/pypoetry"],
	[paths.usage("/root/.cache/go-build"), "go clean -cache"],
	[paths.usage("/root/.npm"), "npm cache clean --force"],
	[paths.usage("/usr/local/share/.cache/yarn"), "yarn cache clean"],
	[paths.usage("/root/.cache/yarn"), "yarn cache clean"],
	[paths.usage("/root/.local/share/pnpm/store"), "rm -rf /root/.local/share/pnpm/store"],
	[paths.usage("/root/.composer/cache"), "composer clear-cache"],
	[paths.usage("/root/.cargo/registry"), "rm -rf /root/.cargo/registry"],
	[paths.usage("/root/.nuget/packages"), "dotnet nuget locals all --clear"],
]

deny contains result.with_fix(result.file({"path": usage.directory, "layer": usage.top_layer}, message), fix) if {
	some [usage, command] in caches
	usage.bytes >= data.lambdalint.params["no-package-caches"].limit
	not input.layers[usage.top_layer].base
	message := sprintf("%s holds a package manager's cache: %d files, %s", [usage.directory, usage.files, text.bytes(usage.bytes)])
	fix := sprintf("`%s` in the same RUN instruction, or `RUN --mount=type=cache,target=%s`", [command, usage.directory])
}
