# METADATA
# title: Settings that Lambda ignores are not relied upon
# description: Of an image's settings Lambda reads ENTRYPOINT, CMD, WORKDIR and ENV. The others have no effect.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: settings
#   level: note
package lambdalint.rules["settings-without-effect"]

import data.lambdalint.result

deny contains finding("ExposedPorts", message, "leave EXPOSE out; a function is reached through invocations") if {
	count(input.config.exposed_ports) > 0
	message := sprintf("EXPOSE %s opens nothing on Lambda", [concat(" ", input.config.exposed_ports)])
}

deny contains finding("Healthcheck", "HEALTHCHECK is never run on Lambda", "leave it out; check by invoking the function") if {
	input.config.healthcheck
}

deny contains finding("Volumes", message, "write to /tmp, or mount a file system in the function's configuration") if {
	count(input.config.volumes) > 0
	message := sprintf("VOLUME %s mounts nothing on Lambda: the path stays read-only", [concat(" ", input.config.volumes)])
}

deny contains finding("StopSignal", message, "handle SIGTERM in an extension, where Lambda sends it") if {
	input.config.stop_signal != ""
	message := sprintf("STOPSIGNAL %s has no effect on Lambda", [input.config.stop_signal])
}

deny contains finding("OnBuild", message, "leave ONBUILD to images that others build upon") if {
	count(input.config.on_build) > 0
	message := sprintf("ONBUILD (%s) works in builds upon this image alone", [concat("; ", input.config.on_build)])
}

deny contains finding("Shell", message, "write ENTRYPOINT and CMD as JSON arrays, which need no shell") if {
	count(input.config.shell) > 0
	message := sprintf("SHELL %s works in the build alone", [json.marshal(input.config.shell)])
}

finding(field, message, fix) := result.with_fix(result.config(field, message), fix)
