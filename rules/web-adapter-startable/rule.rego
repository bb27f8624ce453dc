# METADATA
# title: The Lambda Web Adapter reaches a server
# description: >-
#   The adapter polls the Runtime API and hands events to the image's web server. The server must be started by an ENTRYPOINT
#   of its own and listen where the adapter looks for it.
# related_resources:
#   - ref: https://github.com/aws/aws-lambda-web-adapter
#     description: AWS Lambda Web Adapter
# custom:
#   category: runtime
#   level: error
#   errors:
#     - "entrypoint requires the handler name to be the first argument"
#     - "Sandbox.Timedout"
package lambdalint.rules["web-adapter-startable"]

import data.lambdalint.adapter
import data.lambdalint.boot
import data.lambdalint.result
import data.lambdalint.runtime

not_applicable := "the Lambda Web Adapter is not in the image" if not adapter.installed

not_applicable := boot.broken_before("web-adapter-startable") if adapter.installed

# AWS's entry script takes the server's command for a handler.
deny contains result.with_fix(result.config("Entrypoint", message), fix) if {
	adapter.behind_entry_script
	message := sprintf("the Lambda Web Adapter is in the image, and AWS's entry script is started, which takes %s for a handler", [
		json.marshal(input.boot.command),
	])
	fix := "set ENTRYPOINT to the web server, or to []"
}

deny contains result.with_fix(result.command(runtime.last_step, message), fix) if {
	adapter.installed
	not boot.broken
	input.boot.end.kind == "program"
	name := idle(runtime.last_step)
	message := sprintf("the Lambda Web Adapter waits for a web server, and %s is none", [name])
	fix := "start the web server in ENTRYPOINT or CMD"
}

deny contains result.with_fix(result.env(adapter.port_variable, message), fix) if {
	adapter.installed
	adapter.port < 1024
	message := sprintf("%s is %d: Lambda's user cannot listen on a port below 1024", [adapter.port_variable, adapter.port])
	fix := "let the server listen on 8080"
}

deny contains result.with_fix(result.env(adapter.port_variable, message), fix) if {
	adapter.installed
	adapter.port == 9001
	message := sprintf("%s is 9001, the port of Lambda's Runtime API", [adapter.port_variable])
	fix := "let the server listen on 8080"
}

deny contains result.with_fix(result.at_level(result.env(adapter.port_variable, message), "warning"), fix) if {
	adapter.installed
	adapter.port == 3000
	message := sprintf("%s is 3000, the port of CloudWatch Lambda Insights", [adapter.port_variable])
	fix := "let the server listen on 8080"
}

deny contains result.with_fix(result.at_level(result.config("ExposedPorts", message), "warning"), fix) if {
	adapter.installed
	not adapter.behind_entry_script
	ports := {port | some text in input.config.exposed_ports; port := to_number(split(text, "/")[0])}
	count(ports) > 0
	not adapter.port in ports
	message := sprintf("EXPOSE names port %s, and the adapter looks for the server on %d", [
		concat(", ", [format_int(port, 10) | some port in sort(ports)]),
		adapter.port,
	])
	fix := "set AWS_LWA_PORT to the port on which the server listens"
}

idle(step) := name if {
	some word in array.concat([step.path, step.argv[0]], applets(step))
	parts := split(word, "/")
	name := parts[count(parts) - 1]
	name in {"sleep", "tail", "true", "false"}
}

applets(step) := array.slice(step.argv, 1, 2) if endswith(step.path, "/busybox")

applets(step) := [] if not endswith(step.path, "/busybox")

not_judged contains result.image(input.boot.end.reason) if {
	adapter.installed
	not boot.broken
	input.boot.end.kind == "unknown"
}
