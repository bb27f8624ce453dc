// Command lambdalint tells whether a container image will work on AWS Lambda.
//
// This package is the command line: it reads flags, wires the other packages
// together and decides the exit status. It refuses to know what is right for
// an image, which stands in the rules, and what an image is, which stands in
// package inspect.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit statuses. No output format changes them.
const (
	exitClean       = 0
	exitFindings    = 1
	exitNotJudged   = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(shieldStdin(args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var status statusError
	switch {
	case errors.As(err, &status):
		return int(status)
	case ctx.Err() != nil:
		root.PrintErrln("lambdalint: interrupted")
		return exitInterrupted
	case err != nil:
		root.PrintErrf("lambdalint: %s\n", oneLine(err))
		return exitNotJudged
	default:
		return exitClean
	}
}

// statusError ends the program with a status and without a message: what there
// is to say has been said.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
