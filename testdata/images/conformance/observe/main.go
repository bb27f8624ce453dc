// Command observe runs the images of the conformance set under AWS's own
// emulator and writes down what became of them.
//
//	go run ./testdata/images/conformance/observe [-write] [-keep DIR] [IMAGE...]
//
// An image is its recipe with real programs in place of the ELF files that are
// headers only, on a real base in place of the base recipe. It is run as Lambda
// would run it: a read-only root, /tmp alone to write to, Lambda's user. What
// cannot be made on this machine is left out, and that is said; without a Docker
// engine nothing is observed.
//
// It needs a Docker-compatible engine (DOCKER_HOST), Go with its module proxy
// for the emulator, and from Debian's packages gcc, musl-tools, busybox-static,
// tini, libcurl4-openssl-dev and debootstrap, as root. An image that needs
// another compiler is left out where that is not there.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lambdalint/lambdalint/testdata/images/conformance"
)

// emulatorModule is the emulator that observes.
const emulatorModule = "github.com/aws/aws-lambda-runtime-interface-emulator"

const emulatorVersion = "v0.0.0-20261030222936-bef5c4ba774d"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := observe(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "observe: %v\n", err)
		os.Exit(1)
	}
}

// errNotAtHand says that something that is needed is not at hand on this machine.
var errNotAtHand = errors.New("not at hand")

func observe(ctx context.Context) error {
	dir := flag.String("dir", "testdata/images/conformance", "the `DIR` of the set")
	write := flag.Bool("write", false, "write verdicts.json anew")
	keep := flag.String("keep", "", "keep the images that were made as docker archives in `DIR`")
	cache := flag.String("cache", "", "keep programs in `DIR` for the next time (default: make them anew)")
	flag.Parse()
	o := observer{dir: *dir, work: *cache, keep: *keep}
	if o.work == "" {
		work, err := os.MkdirTemp("", "observe-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(work)
		o.work = work
	}
	set, err := conformance.Read(o.dir)
	if err != nil {
		return err
	}
	if err := o.prepare(ctx); errors.Is(err, errNotAtHand) {
		fmt.Printf("nothing is observed: %v\n", err)
		return nil
	} else if err != nil {
		return err
	}
	names, err := o.names(flag.Args())
	if err != nil {
		return err
	}
	set.Emulator = emulatorModule + "@" + emulatorVersion
	changed, err := o.all(ctx, set, names, *write)
	if err != nil {
		return err
	}
	if changed > 0 && !*write {
		return fmt.Errorf("%d images fared otherwise than verdicts.json says", changed)
	}
	return nil
}

// names gives the images to observe: those that were asked for, or every
// recipe that says which programs it holds.
func (o *observer) names(asked []string) ([]string, error) {
	if len(asked) > 0 {
		return asked, nil
	}
	paths, err := filepath.Glob(filepath.Join(o.dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(data), "\n-- programs --\n") {
			names = append(names, strings.TrimSuffix(filepath.Base(path), ".txtar"))
		}
	}
	return names, nil
}

// all observes one image after the other, and counts those that fared otherwise
// than before.
func (o *observer) all(ctx context.Context, set *conformance.Set, names []string, write bool) (changed int, err error) {
	for _, name := range names {
		seen, err := o.one(ctx, name)
		if errors.Is(err, errNotAtHand) {
			fmt.Printf("%-24s left out: %v\n", name, err)
			continue
		}
		if err != nil {
			return changed, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%-24s %s %s\n", name, seen.verdict, seen.cause)
		i, known := slices.BinarySearchFunc(set.Images, name, func(i conformance.Image, name string) int { return cmp.Compare(i.Name, name) })
		if !known {
			set.Images = slices.Insert(set.Images, i, conformance.Image{Name: name})
		}
		image := &set.Images[i]
		if image.Observed != seen.verdict {
			changed++
			fmt.Printf("%-24s verdicts.json says %q\n", "", image.Observed)
		}
		image.Observed, image.Error, image.On = seen.verdict, seen.cause, time.Now().UTC().Format(time.DateOnly)
		if write {
			if err := set.Write(o.dir); err != nil {
				return changed, err
			}
		}
	}
	return changed, nil
}
