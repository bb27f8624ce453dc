# METADATA
# title: The Lambda Web Adapter
# description: Shared by the rules on it.
package lambdalint.adapter

# installed holds where the adapter is in the image and can be started.
installed if {
	some client in input.runtime.clients
	client.kind == "adapter"
}

# behind_entry_script holds where AWS's entry script is given the server's command: more or fewer than its one argument.
behind_entry_script if {
	installed
	some step in input.boot.steps
	step.kind == "base-entry-script"
	count(step.argv) != 2
	count(input.boot.command) > 0
}

# variable is a variable's value as the function sees it, undefined where it is not set.
variable(name) := value if {
	values := [pair.value | some pair in input.function.environment; pair.name == name]
	value := values[count(values) - 1]
} else := value if {
	values := [pair.value | some pair in input.config.env; pair.name == name]
	value := values[count(values) - 1]
}

# port_variable is the variable that says where the server listens, undefined where none does.
port_variable := "AWS_LWA_PORT" if {
	variable("AWS_LWA_PORT")
} else := "PORT" if variable("PORT")

# port is the port on which the adapter looks for the server.
port := to_number(text) if {
	text := variable(port_variable)
	regex.match(`^[0-9]{1,5}$`, text)
} else := 8080 if not port_variable
