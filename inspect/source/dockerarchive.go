package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// maxImages bounds the images of one archive, maxArchiveLayers the layers of
// one image. Docker itself stops at 127 layers.
const (
	maxImages        = 1000
	maxArchiveLayers = 4096
)

// saved is one image in the manifest.json of docker save.
type saved struct {
	Config   string   `json:"Config"`
	RepoTags []string `json:"RepoTags"`
	Layers   []string `json:"Layers"`
	// LayerSources is written by Docker's classic store, which makes up the
	// OCI manifest at save time (moby, image/tarexport/save.go).
	LayerSources map[string]json.RawMessage `json:"LayerSources,omitempty"`
}

// openDockerArchive opens an archive with a manifest.json. Where its
// index.json is a true one, as containerd's store writes it, that is read
// instead: it has the manifests that a push would send.
func openDockerArchive(ctx context.Context, kind Kind, a *archive, ref string, opts Options) (*Image, error) {
	images, err := readSaved(a)
	if err != nil {
		return nil, err
	}
	if a.has(layoutIndex) && !a.has(dockerNames) && !hasLayerSources(images) {
		index, err := a.read(layoutIndex, maxManifest)
		if err != nil {
			return nil, err
		}
		return openTable(ctx, kind, index, ref, archiveBlobs{a}, opts)
	}
	chosen, err := selectSaved(images, ref)
	if err != nil {
		return nil, err
	}
	return openSaved(kind, a, chosen, opts)
}

func hasLayerSources(images []saved) bool {
	for _, image := range images {
		if image.LayerSources != nil {
			return true
		}
	}
	return false
}

func readSaved(a *archive) ([]saved, error) {
	raw, err := a.read(dockerManifest, maxManifest)
	if err != nil {
		return nil, err
	}
	var images []saved
	if err := json.Unmarshal(raw, &images); err != nil {
		return nil, errors.New("manifest.json is no list of images as docker save writes it")
	}
	if len(images) == 0 {
		return nil, errors.New("there is no image in this archive: manifest.json is empty")
	}
	if len(images) > maxImages {
		return nil, fmt.Errorf("manifest.json has %d images, more than the %d that are read", len(images), maxImages)
	}
	return images, nil
}

// selectSaved finds the image that ref names, by reference, configuration
// digest or its beginning; the only one where ref is "".
func selectSaved(images []saved, ref string) (saved, error) {
	if ref == "" {
		if len(images) == 1 {
			return images[0], nil
		}
		return saved{}, fmt.Errorf("there are several images: add :NAME:TAG, one of %s", list(savedNames(images)))
	}
	for _, image := range images {
		for _, tag := range image.RepoTags {
			if sameName(tag, ref) {
				return image, nil
			}
		}
	}
	var found []saved
	for _, image := range images {
		if isID(image.Config, ref) {
			found = append(found, image)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return saved{}, notFound("no image here is named %s: there is %s", printable(ref), list(savedNames(images)))
}

// isID reports whether ref is the image ID, or at least twelve digits of its
// beginning, of the image whose configuration is the file config.
func isID(config, ref string) bool {
	ref = strings.TrimPrefix(ref, "sha256:")
	return len(ref) >= 12 && strings.HasPrefix(configID(config), ref)
}

func configID(config string) string {
	id := config[strings.LastIndexByte(config, '/')+1:]
	return strings.TrimSuffix(strings.TrimPrefix(id, "sha256:"), ".json")
}

func savedNames(images []saved) []string {
	var names []string
	for _, image := range images {
		if len(image.RepoTags) == 0 {
			names = append(names, "sha256:"+configID(image.Config))
		}
		names = append(names, image.RepoTags...)
	}
	return names
}

// openSaved opens an image of the classic format: a configuration and layers,
// and no manifest.
func openSaved(kind Kind, a *archive, chosen saved, opts Options) (*Image, error) {
	if len(chosen.Layers) > maxArchiveLayers {
		return nil, fmt.Errorf("the image has %d layers, more than the %d that are read", len(chosen.Layers), maxArchiveLayers)
	}
	config, err := a.read(archiveName(chosen.Config), maxConfig)
	if err == nil {
		err = checkConfig(config)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if err := checkPlatform(config, opts.Platform); err != nil {
		return nil, err
	}
	image := &Image{Kind: kind, Config: config, Vouches: Vouches{
		Reason: "an archive of docker save has no manifest: the media types, sizes and digests are made at the push",
	}}
	for n, path := range chosen.Layers {
		layer, err := savedLayer(a, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("layer %d: %s is missing in the archive: save the image again", n, printable(path))
		}
		if err != nil {
			return nil, fmt.Errorf("layer %d: %s: %w", n, printable(path), err)
		}
		image.Layers = append(image.Layers, layer)
	}
	return image, nil
}

func savedLayer(a *archive, path string) (Layer, error) {
	blob, err := a.blob(archiveName(path))
	if err != nil {
		return Layer{}, err
	}
	open := func(ctx context.Context) (io.ReadCloser, error) { return blob.Open(ctx) }
	return Layer{Blob: open, At: blob.At, Size: blob.Size}, nil
}
