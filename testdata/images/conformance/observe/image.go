package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/inspect/source"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

// lookup finds base recipes beside the set's own and in the folder above.
func (o *observer) lookup(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(o.dir, name+".txtar"))
	if errors.Is(err, os.ErrNotExist) {
		return images.Lookup(name)
	}
	return data, err
}

// made is an image of the set as a recipe makes it.
type made struct {
	*recipe.Image
	from     string
	programs map[string]string // path in the image to the program's name
}

func (o *observer) read(name string) (*made, error) {
	data, err := o.lookup(name)
	if err != nil {
		return nil, err
	}
	parsed, err := recipe.Parse(name, data)
	if err != nil {
		return nil, err
	}
	image, err := parsed.Build(o.lookup)
	if err != nil {
		return nil, err
	}
	m := &made{Image: image, programs: make(map[string]string)}
	archive := txtar.Parse(data)
	for line := range strings.Lines(string(archive.Comment)) {
		if from, ok := strings.CutPrefix(line, "FROM "); ok {
			m.from = strings.TrimSpace(from)
		}
	}
	for _, file := range archive.Files {
		if file.Name != "programs" {
			continue
		}
		for line := range strings.Lines(string(file.Data)) {
			path, program, _ := strings.Cut(strings.TrimSpace(line), " ")
			m.programs[path] = program
		}
	}
	return m, nil
}

// build makes the real image of a recipe as a docker archive.
func (o *observer) build(ctx context.Context, name, archive string) error {
	m, err := o.read(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.work, "image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	below := 0
	var layers []string
	var history []json.RawMessage
	if m.from != "scratch" {
		base, err := o.read(m.from)
		if err != nil {
			return err
		}
		below = len(base.Layers)
		if layers, history, err = o.baseLayers(ctx, m.from); err != nil {
			return err
		}
	}
	for i, layer := range m.Layers[below:] {
		file := filepath.Join(dir, fmt.Sprintf("own%d.tar", i))
		if err := o.fill(ctx, &layer, m.programs, file); err != nil {
			return err
		}
		layers = append(layers, file)
	}
	return writeArchive(archive, tag(name), m, layers, append(history, ownHistory(m, below)...))
}

// baseLayers takes the layers and the history of a real base. They stay in the
// working directory for the next image.
func (o *observer) baseLayers(ctx context.Context, name string) ([]string, []json.RawMessage, error) {
	image, err := o.base(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	unpacked := filepath.Join(o.work, "bases", name)
	if _, err := os.Stat(unpacked); err != nil {
		if err := unpack(ctx, image, unpacked); err != nil {
			return nil, nil, err
		}
	}
	var manifest []struct {
		Config string
		Layers []string
	}
	if err := readJSON(filepath.Join(unpacked, "manifest.json"), &manifest); err != nil {
		return nil, nil, err
	}
	var config struct{ History []json.RawMessage }
	if err := readJSON(filepath.Join(unpacked, manifest[0].Config), &config); err != nil {
		return nil, nil, err
	}
	var layers []string
	for _, layer := range manifest[0].Layers {
		layers = append(layers, filepath.Join(unpacked, layer))
	}
	return layers, config.History, nil
}

// unpack saves an image and unpacks the archive.
func unpack(ctx context.Context, image, dir string) error {
	part := dir + ".part"
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	saved := dir + ".tar"
	defer os.Remove(saved)
	if _, err := docker(ctx, "save", "-o", saved, image); err != nil {
		return err
	}
	if _, err := command(ctx, "", nil, "tar", "-C", part, "-xf", saved); err != nil {
		return err
	}
	return os.Rename(part, dir)
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// ownHistory is the history of a recipe's own instructions: what follows the
// entries that made the layers below.
func ownHistory(m *made, below int) []json.RawMessage {
	var config struct{ History []json.RawMessage }
	if json.Unmarshal(m.Config, &config) != nil {
		return nil
	}
	for i, entry := range config.History {
		var e struct {
			Empty bool `json:"empty_layer"`
		}
		if json.Unmarshal(entry, &e) == nil && !e.Empty {
			if below == 0 {
				return config.History[i:]
			}
			below--
		}
	}
	return nil
}

// fill copies a layer and puts the programs where the recipe has ELF headers.
func (o *observer) fill(ctx context.Context, layer *source.Layer, programs map[string]string, out string) error {
	blob, err := layer.Blob(ctx)
	if err != nil {
		return err
	}
	defer blob.Close()
	unzipped, err := gzip.NewReader(blob)
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer file.Close()
	writer := tar.NewWriter(file)
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return writer.Close()
		}
		if err != nil {
			return err
		}
		content := io.Reader(reader)
		if program, ok := programs[path.Clean("/"+header.Name)]; ok && header.Typeflag == tar.TypeReg {
			made, err := o.program(ctx, program)
			if err != nil {
				return err
			}
			data, err := os.ReadFile(made)
			if err != nil {
				return err
			}
			headers, err := io.ReadAll(reader)
			if err != nil {
				return err
			}
			if unlike := twins(headers, data); unlike != "" {
				return fmt.Errorf("/%s is not like %s: %s", header.Name, program, unlike)
			}
			header.Size, content = int64(len(data)), strings.NewReader(string(data))
		}
		if err := writer.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(writer, content); err != nil {
			return err
		}
	}
}

// writeArchive writes what `docker load` reads.
func writeArchive(archive, name string, m *made, layers []string, history []json.RawMessage) error {
	var config map[string]json.RawMessage
	if err := json.Unmarshal(m.Config, &config); err != nil {
		return err
	}
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	out := tar.NewWriter(file)
	var ids, names []string
	for i, layer := range layers {
		id, err := addFile(out, fmt.Sprintf("%d.tar", i), layer)
		if err != nil {
			return err
		}
		ids, names = append(ids, "sha256:"+id), append(names, fmt.Sprintf("%d.tar", i))
	}
	if config["rootfs"], err = json.Marshal(map[string]any{"type": "layers", "diff_ids": ids}); err != nil {
		return err
	}
	if config["history"], err = json.Marshal(history); err != nil {
		return err
	}
	for _, document := range []struct {
		name  string
		value any
	}{
		{"config.json", config},
		{"manifest.json", []map[string]any{{"Config": "config.json", "RepoTags": []string{name + ":latest"}, "Layers": names}}},
	} {
		data, err := json.Marshal(document.value)
		if err != nil {
			return err
		}
		if err := out.WriteHeader(&tar.Header{Name: document.name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		if _, err := out.Write(data); err != nil {
			return err
		}
	}
	return out.Close()
}

// addFile puts a file into an archive and gives its hash.
func addFile(out *tar.Writer, name, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size()}); err != nil {
		return "", err
	}
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, hash), file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
