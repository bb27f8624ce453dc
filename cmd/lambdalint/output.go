package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/inspect/source"
	"github.com/lambdalint/lambdalint/report"
	"github.com/lambdalint/lambdalint/rules"
)

// output is one format and where it goes.
type output struct {
	format  report.Format
	options report.Options
	path    string // "" is standard output
}

func (o *checkOptions) parseOutputs(cmd *cobra.Command) ([]output, error) {
	var out []output
	var toStdout []string
	for _, text := range o.outputs {
		name, path, hasPath := strings.Cut(text, "=")
		format, err := report.ByName(name)
		if err != nil {
			return nil, fmt.Errorf("--output %s: %w", text, err)
		}
		if hasPath && path == "" {
			return nil, fmt.Errorf("--output %s: there is no path behind the =", text)
		}
		if !hasPath {
			toStdout = append(toStdout, name)
		}
		out = append(out, output{format: format, options: o.reportOptions(cmd, hasPath), path: path})
	}
	if len(toStdout) > 1 {
		return nil, fmt.Errorf("--output: %s would all go to standard output; write all but one as FORMAT=PATH", strings.Join(toStdout, " and "))
	}
	return out, nil
}

// reportOptions decides how a report may look where it goes to.
func (o *checkOptions) reportOptions(cmd *cobra.Command, toFile bool) report.Options {
	root, dockerfile := o.findDockerfile()
	options := report.Options{
		Show: rules.Level(o.show), Verbose: o.verbose, Quiet: o.quiet,
		Sources: root, Dockerfile: dockerfile, SARIFAnchor: o.sarifAnchor, SARIFWaived: o.sarifWaived,
	}
	terminal := !toFile && isTerminal(cmd.OutOrStdout())
	options.Color = !o.noColor && colours(terminal)
	options.Hyperlinks = terminal && options.Color
	if terminal {
		options.Width = terminalWidth()
	}
	return options
}

// colours follows NO_COLOR and CLICOLOR_FORCE; see no-color.org and
// bixense.com/clicolors.
func colours(terminal bool) bool {
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	if force := os.Getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return terminal && os.Getenv("TERM") != "dumb"
}

// findDockerfile gives the repository and the path of the Dockerfile in it.
// Without --dockerfile it is the one beside the caller, where there is one.
func (o *checkOptions) findDockerfile() (fs.FS, string) {
	here, err := os.Getwd()
	if err != nil {
		return nil, o.dockerfile
	}
	root := repositoryRoot(here)
	file := o.dockerfile
	if file == "" {
		if info, err := os.Stat("Dockerfile"); err != nil || !info.Mode().IsRegular() {
			return os.DirFS(root), ""
		}
		file = "Dockerfile"
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(here, file)
	}
	inside, err := filepath.Rel(root, file)
	if err != nil || strings.HasPrefix(inside, "..") {
		return os.DirFS(root), filepath.ToSlash(o.dockerfile)
	}
	return os.DirFS(root), filepath.ToSlash(inside)
}

// repositoryRoot is the nearest directory above that holds .git, else here.
func repositoryRoot(here string) string {
	for dir := here; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return here
		}
	}
}

// write writes the report; a file comes into being whole or not at all.
func (o output) write(cmd *cobra.Command, r *report.Report) error {
	if o.path == "" {
		return o.format(cmd.OutOrStdout(), r, o.options)
	}
	err := writeFile(o.path, func(w io.Writer) error { return o.format(w, r, o.options) })
	if err != nil {
		return fmt.Errorf("writing the report to %s: %w", o.path, err)
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) (err error) {
	if info, statErr := os.Stat(path); statErr == nil && !info.Mode().IsRegular() {
		// A pipe or a device cannot be replaced, only written to.
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".lambdalint-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err = write(file); err != nil {
		return err
	}
	if err = file.Chmod(0o644); err != nil {
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// imageKey names an image over rebuilds: its repository, else its file's name
// without extension, else stdin.
func imageKey(reference string, src *source.Image) string {
	if src != nil && src.Repository != "" {
		return src.Repository
	}
	if scheme, rest, ok := strings.Cut(reference, ":"); ok && scheme != "" && !strings.Contains(scheme, "/") && len(scheme) > 1 {
		switch source.Kind(scheme) {
		case source.Registry, source.Docker, source.DockerArchive, source.OCIDir, source.OCIArchive, source.Recipe:
			reference = rest
		}
	}
	if reference == "-" || strings.HasPrefix(reference, "-:") || strings.HasPrefix(reference, stdinScheme) {
		return "stdin"
	}
	base := filepath.Base(filepath.ToSlash(reference))
	if name := strings.TrimSuffix(base, filepath.Ext(base)); name != "" {
		base = name
	}
	base, _, _ = strings.Cut(base, ":")
	return base
}
