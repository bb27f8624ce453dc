package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/source"
)

// imageOptions are the flags of every command that reads an image.
type imageOptions struct {
	platform                     string
	architecture, profile        string
	entrypoint, command, workdir string
	environment, writable        []string
	snapStart, quick, verify     bool
	offline, quiet, verbose      bool
	asOf, config                 string
	jobs                         int
	timeout                      time.Duration
}

func (o *imageOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.platform, "platform", "", "which child of an index to judge, as `OS/ARCH[/VARIANT]`; never guessed where there are several")
	f.StringVar(&o.architecture, "architecture", "", "the function's architecture: `ARCH` is arm64, or amd64 (x86_64)")
	f.StringVar(&o.profile, "profile", "default", "what the function runs on: default or managed-instances")
	f.StringVar(&o.entrypoint, "entrypoint", "", "the function's entrypoint over the image's: one word, or a `JSON` array")
	f.StringVar(&o.command, "cmd", "", "the function's command over the image's: one word, or a `JSON` array")
	f.StringVar(&o.workdir, "workdir", "", "the function's working directory over the image's")
	f.StringArrayVar(&o.environment, "function-env", nil, "a variable of the function's environment, as `NAME=VALUE` (repeatable)")
	f.StringArrayVar(&o.writable, "writable", nil, "a `DIR` where the function has a file system mounted (repeatable)")
	f.BoolVar(&o.snapStart, "snap-start", false, "the function uses SnapStart")
	f.BoolVar(&o.quick, "quick", false, "read the manifest and the configuration only, no layer")
	f.BoolVar(&o.verify, "verify", false, "read and hash also what could be skipped")
	f.BoolVar(&o.offline, "offline", false, "make any use of the network an error")
	f.StringVar(&o.config, "config", "", "the settings `FILE` (default: "+settingsName+" here or above, up to the root of the repository)")
	f.StringVar(&o.asOf, "as-of", "", "the `DATE` (YYYY-MM-DD) to judge lifecycles and waivers by (default today, or SOURCE_DATE_EPOCH)")
	f.IntVar(&o.jobs, "jobs", 0, "how many layers to read at once (default one a processor)")
	f.DurationVar(&o.timeout, "timeout", 0, "give up after this time, such as 90s (default never)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print errors only to standard error")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "tell what is done and why")
}

// context bounds the run in time.
func (o *imageOptions) context(ctx context.Context) (context.Context, context.CancelFunc) {
	if o.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("--timeout %s is over", o.timeout))
}

// inspect opens an image and states its facts.
func (o *imageOptions) inspect(ctx context.Context, cmd *cobra.Command, reference string, request inspect.Request) (*inspect.Image, *source.Image, error) {
	function, err := o.function()
	if err != nil {
		return nil, nil, err
	}
	asOf, err := o.date()
	if err != nil {
		return nil, nil, err
	}
	image, err := o.open(ctx, cmd, reference, function.Architecture)
	if err != nil {
		return nil, nil, timedOut(ctx, err)
	}
	defer func() { _ = image.Close() }() // nothing was written
	o.tell(cmd, image)
	doc, err := inspect.Inspect(ctx, image, request, inspect.Options{
		AsOf: asOf, Function: function, Quick: o.quick, Verify: o.verify, Jobs: o.jobs, Trace: o.trace(cmd),
	})
	if err != nil {
		return nil, nil, timedOut(ctx, fmt.Errorf("%s: %w", reference, err))
	}
	return doc, image, nil
}

func timedOut(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// tell says where the image was found, where that was not said by a scheme.
func (o *imageOptions) tell(cmd *cobra.Command, image *source.Image) {
	if o.quiet || len(image.Tried) == 0 {
		return
	}
	for _, tried := range image.Tried {
		cmd.PrintErrf("lambdalint: %s\n", oneLine(errors.New(tried)))
	}
}

func (o *imageOptions) trace(cmd *cobra.Command) func(string, ...any) {
	if !o.verbose {
		return nil
	}
	return func(format string, args ...any) {
		cmd.PrintErrf("lambdalint: %s\n", oneLine(fmt.Errorf(format, args...)))
	}
}

// function reads what the flags say of the function.
func (o *imageOptions) function() (inspect.Function, error) {
	out := inspect.Function{WorkingDirectory: o.workdir, Writable: o.writable, SnapStart: o.snapStart, Profile: o.profile}
	switch o.architecture {
	case "", "amd64", "arm64":
		out.Architecture = o.architecture
	case "x86_64":
		out.Architecture = "amd64"
	default:
		return out, fmt.Errorf("--architecture %q: it is amd64 (x86_64) or arm64", o.architecture)
	}
	if o.profile != "default" && o.profile != "managed-instances" {
		return out, fmt.Errorf("--profile %q: it is default or managed-instances", o.profile)
	}
	var err error
	if out.Entrypoint, err = wordOrList("--entrypoint", o.entrypoint); err != nil {
		return out, err
	}
	if out.Command, err = wordOrList("--cmd", o.command); err != nil {
		return out, err
	}
	for _, pair := range o.environment {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return out, fmt.Errorf("--function-env %q: it is written NAME=VALUE", pair)
		}
		out.Environment = append(out.Environment, inspect.Pair{Name: name, Value: value})
	}
	return out, nil
}

// wordOrList reads one word, or a JSON array of words.
func wordOrList(flag, text string) ([]string, error) {
	switch {
	case text == "":
		return nil, nil
	case !strings.HasPrefix(text, "["):
		return []string{text}, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("%s %s: it is no JSON array of texts: %w", flag, text, err)
	}
	return list, nil
}

// date is the date to judge by: --as-of, else SOURCE_DATE_EPOCH, else today.
func (o *imageOptions) date() (string, error) {
	if o.asOf != "" {
		if _, err := time.Parse(time.DateOnly, o.asOf); err != nil {
			return "", fmt.Errorf("--as-of %q: it is written YYYY-MM-DD", o.asOf)
		}
		return o.asOf, nil
	}
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return "", fmt.Errorf("SOURCE_DATE_EPOCH %q: it is a number of seconds", epoch)
		}
		return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
	}
	return time.Now().UTC().Format(time.DateOnly), nil
}
