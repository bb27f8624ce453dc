# METADATA
# title: What speaks the Runtime API
# description: Shared by the rules on Runtime Interface Clients.
package lambdalint.runtime

# clients are the Runtime Interface Clients in the image; neither adapters nor emulators.
clients := [client |
	some client in input.runtime.clients
	client.kind == "client"
]

# client_installed holds where there is at least one.
client_installed if count(clients) > 0

# last_step is the program or script at the end of the boot chain.
last_step := input.boot.steps[count(input.boot.steps) - 1]
