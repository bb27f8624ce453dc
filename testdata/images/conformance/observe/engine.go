package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// command runs a program and gives what it prints. An error has the end of its
// standard error.
func command(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if len(env) > 0 {
		cmd.Env = append(cmd.Environ(), env...)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		said := strings.TrimSpace(stderr.String())
		if len(said) > 600 {
			said = "..." + said[len(said)-600:]
		}
		return out, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args[:min(len(args), 3)], " "), err, said)
	}
	return out, nil
}

func docker(ctx context.Context, args ...string) ([]byte, error) {
	return command(ctx, "", nil, "docker", args...)
}

// tag names the images and containers of the observer in the engine.
func tag(name string) string { return "lambdalint-conformance/" + name }
