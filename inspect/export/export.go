// Package export writes an image as a recipe: the text of testdata/images, from
// which package recipe makes an image that fares alike. It is meant for bug
// reports and for tests.
//
// It knows how a recipe is written, and takes of every file what its index and
// the questions about its header tell: paths, modes, owners, links, sizes, what
// a loader reads of an ELF file, and the texts of Runtime API clients that were
// found in it. It refuses to take contents: of a script it keeps the first line,
// of a history the keyword, of variables that are not Lambda's or a search path
// the name.
package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/source"
)

// Recipe writes an opened image as a recipe. Where keep is set, the recipe holds
// the entries alone whose path it wants.
func Recipe(ctx context.Context, image *source.Image, keep func(path string) bool) ([]byte, error) {
	if image.Config == nil {
		return nil, fmt.Errorf("no image is chosen, so there is none to write: %s", image.Undecided)
	}
	var file v1.ConfigFile
	if err := json.Unmarshal(image.Config, &file); err != nil {
		return nil, fmt.Errorf("reading the image's configuration: %w", err)
	}
	w := &writer{keep: keep, exists: map[string]bool{"/": true}, sections: make(map[string]string)}
	w.head(image, &file)
	made := instructions(file.History)
	for i := range image.Layers {
		instruction := "ADD layer /"
		if i < len(made) {
			instruction = made[i]
		}
		if err := w.layer(ctx, &image.Layers[i], instruction); err != nil {
			return nil, fmt.Errorf("reading layer %d: %w", i, err)
		}
	}
	w.config(&file.Config)
	return w.bytes(), nil
}

// writer collects the lines of a recipe and the sections below them.
type writer struct {
	keep     func(path string) bool
	out      bytes.Buffer
	exists   map[string]bool // paths that have an entry by now
	sections map[string]string
	order    []string
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

func (w *writer) bytes() []byte {
	for _, name := range w.order {
		fmt.Fprintf(&w.out, "-- %s --\n%s", name, w.sections[name])
	}
	return w.out.Bytes()
}

// section keeps a text for the end of the recipe and gives its name. Equal
// texts are kept once.
func (w *writer) section(kind, text string) string {
	for _, name := range w.order {
		if w.sections[name] == text {
			return name
		}
	}
	name := fmt.Sprintf("%s%d", kind, len(w.order)+1)
	w.sections[name], w.order = text, append(w.order, name)
	return name
}

func (w *writer) head(image *source.Image, file *v1.ConfigFile) {
	w.line("# Written from an image, without its contents.")
	w.line("FROM scratch")
	platform := file.OS + "/" + file.Architecture
	if file.Variant != "" {
		platform += "/" + file.Variant
	}
	if platform != "linux/amd64" {
		w.line("platform %s", platform)
	}
	if image.Kind == source.DockerArchive || image.Kind == source.Docker {
		w.line("source %s", image.Kind)
	}
	if image.Manifest != nil && strings.Contains(image.Manifest.MediaType, "docker") {
		w.line("manifest docker")
	}
	if slices.ContainsFunc(image.Children, func(c source.Child) bool { return c.Role == "attestation" }) {
		w.line("index attestation")
	} else if image.Children != nil {
		w.line("index")
	}
}

// instructions are the keywords of the history entries that made layers. What
// stands behind the keyword can hold secrets.
func instructions(history []v1.History) []string {
	var out []string
	for _, h := range history {
		if h.EmptyLayer {
			continue
		}
		instruction := "RUN something"
		for _, keyword := range []string{"COPY", "ADD", "WORKDIR"} {
			text := strings.TrimPrefix(h.CreatedBy, "/bin/sh -c #(nop) ")
			if strings.HasPrefix(strings.TrimSpace(text), keyword+" ") {
				instruction = "COPY something /"
			}
		}
		out = append(out, instruction)
	}
	return out
}

// layer writes the entries of one layer.
func (w *writer) layer(ctx context.Context, l *source.Layer, instruction string) error {
	w.line("%s", instruction)
	if l.Missing != "" {
		w.line("\tmissing")
		return nil
	}
	blob, err := l.Blob(ctx)
	if err != nil {
		return err
	}
	defer blob.Close()
	index, answers, err := layer.Read(ctx, blob, w.ask, layer.DefaultBounds())
	if err != nil {
		return err
	}
	if index.Compression != "gzip" {
		w.line("\tstored %s", index.Compression)
	}
	for i := range index.Entries {
		w.entry(&index.Entries[i], answers[i])
	}
	return nil
}

// ask puts to ELF files what a recipe can say of them.
func (w *writer) ask(_ int, e *layer.Entry) []layer.Question {
	if !bytes.HasPrefix(e.Head, []byte("\x7fELF")) || w.keep != nil && !w.keep(e.Path) {
		return nil
	}
	return []layer.Question{probe.ELF(), probe.GoProgram(), probe.Markers()}
}

// config writes the configuration as it is, but for the values of variables
// that are nobody's business.
func (w *writer) config(c *v1.Config) {
	env := make([]string, 0, len(c.Env))
	for _, pair := range c.Env {
		name, value, _ := strings.Cut(pair, "=")
		if !plain(name) {
			value = ""
		}
		env = append(env, name+"="+value)
	}
	w.list("Env", env)
	w.list("Entrypoint", c.Entrypoint)
	w.list("Cmd", c.Cmd)
	if c.WorkingDir != "" {
		w.line("config WorkingDir %s", c.WorkingDir)
	}
	if c.User != "" {
		w.line("config User %s", c.User)
	}
}

func (w *writer) list(field string, values []string) {
	if len(values) == 0 {
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(values) // strings can be encoded
	w.line("config %s %s", field, strings.TrimSpace(text.String()))
}

// plain tells whether the value of a variable decides how a function starts and
// is known to hold no secret.
func plain(name string) bool {
	switch name {
	case "PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "NODE_PATH", "GEM_PATH", "GEM_HOME", "CLASSPATH", "HOME", "LANG", "TZ", "PORT":
		return true
	}
	return strings.HasPrefix(name, "LAMBDA_") || strings.HasPrefix(name, "AWS_LAMBDA_") || strings.HasPrefix(name, "AWS_LWA_")
}
