package inspect

// bootArguments states what is known of the boot chain without a layer.
func bootArguments(doc *Image) Boot {
	entrypoint, command := doc.Config.Entrypoint, doc.Config.Cmd
	if len(doc.Function.Entrypoint) > 0 {
		entrypoint = doc.Function.Entrypoint
	}
	if len(doc.Function.Command) > 0 {
		command = doc.Function.Command
	}
	argv := append(append([]string{}, entrypoint...), command...)
	return Boot{Argv: argv, Entrypoint: entrypoint, Command: command, Steps: []Step{}, End: BootEnd{Kind: "unknown", Reason: "no layer was read"}}
}

// bootFacts states the boot chain.
func bootFacts(doc *Image, _ *view) error {
	doc.Boot = bootArguments(doc)
	return nil
}
