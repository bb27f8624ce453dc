package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// base gives the image in the engine that a base recipe imitates. It is made
// where it is not there yet, and stays there for the next time.
func (o *observer) base(ctx context.Context, name string) (string, error) {
	image := tag("base-" + name)
	if _, err := docker(ctx, "image", "inspect", image); err == nil {
		return image, nil
	}
	dir := filepath.Join(o.dir, "bases", name)
	containerfile, err := os.ReadFile(filepath.Join(dir, "Containerfile"))
	switch {
	case name == "debian12":
		return image, o.debian(ctx, image)
	case errors.Is(err, os.ErrNotExist):
		return image, o.recipeBase(ctx, name, image)
	case err != nil:
		return "", err
	}
	for line := range strings.Lines(string(containerfile)) {
		if from, ok := strings.CutPrefix(strings.TrimSpace(line), "FROM "+tag("base-")); ok {
			from, _, _ = strings.Cut(from, " ")
			if _, err := o.base(ctx, from); err != nil {
				return "", err
			}
		}
	}
	fmt.Printf("%-24s making the base, once\n", name)
	return image, o.containerBase(ctx, dir, image)
}

// recipeBase makes a base as the images of the set are made.
func (o *observer) recipeBase(ctx context.Context, name, image string) error {
	archive := filepath.Join(o.work, "base-"+name+".tar")
	defer os.Remove(archive)
	if err := o.build(ctx, name, archive); err != nil {
		return err
	}
	if _, err := docker(ctx, "load", "-q", "-i", archive); err != nil {
		return err
	}
	if _, err := docker(ctx, "tag", tag(name), image); err != nil {
		return err
	}
	_, err := docker(ctx, "image", "rm", tag(name))
	return err
}

// containerBase makes a base with docker build, in a copy of its directory in
// which its script "prepare" has run: it ends with status 3 where something is
// not at hand.
func (o *observer) containerBase(ctx context.Context, dir, image string) error {
	work, err := os.MkdirTemp(o.work, "base-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(work, "prepare")); err == nil {
		_, err := command(ctx, work, nil, "sh", "-e", "./prepare")
		var status *exec.ExitError
		if errors.As(err, &status) && status.ExitCode() == 3 {
			return fmt.Errorf("what %s needs is %w: %s", filepath.Base(dir), errNotAtHand, err)
		}
		if err != nil {
			return err
		}
	}
	_, err = docker(ctx, "build", "-q", "--network", "host", "-f", filepath.Join(work, "Containerfile"), "-t", image, work)
	return err
}

// debian makes Debian 12 with debootstrap, which asks for root.
func (o *observer) debian(ctx context.Context, image string) error {
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return fmt.Errorf("debootstrap is %w", errNotAtHand)
	}
	fmt.Printf("%-24s making the base, once\n", "debian12")
	root := filepath.Join(o.work, "debian12")
	if _, err := command(ctx, "", nil, "debootstrap", "--variant=minbase", "bookworm", root); err != nil {
		return err
	}
	archive := root + ".tar"
	if _, err := command(ctx, "", nil, "tar", "--numeric-owner", "--one-file-system", "-C", root, "-cf", archive, "."); err != nil {
		return err
	}
	defer os.Remove(archive)
	_, err := docker(ctx, "import", "--change", "CMD [\"bash\"]",
		"--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", archive, image)
	return err
}
