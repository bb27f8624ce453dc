package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// FromDescriptor opens the image or the index that top points to: it reads
// that document, chooses the child of an index, and reads the manifest and the
// configuration of the image, every digest verified. The layers are found and
// not yet read.
func FromDescriptor(ctx context.Context, kind Kind, top v1.Descriptor, blobs Blobs, opts Options) (*Image, error) {
	image := &Image{Kind: kind, Vouches: Vouches{Manifest: true, Layers: true}}
	document, err := readDocument(ctx, blobs, top)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	image.Top = document
	if types.MediaType(document.MediaType).IsIndex() {
		if err := image.openIndex(ctx, blobs, opts); err != nil {
			return nil, err
		}
		return image, nil
	}
	if err := image.openManifest(ctx, blobs, document); err != nil {
		return nil, err
	}
	if err := checkPlatform(image.Config, opts.Platform); err != nil {
		return nil, err
	}
	return image, nil
}

// openIndex chooses a child and opens it.
func (i *Image) openIndex(ctx context.Context, blobs Blobs, opts Options) error {
	children, err := readIndex(i.Top.Raw)
	if err != nil {
		return fmt.Errorf("reading the index %s: %w", i.Top.Digest, err)
	}
	i.Children = children
	chosen, undecided, err := choose(children, opts, present(ctx, blobs))
	if err != nil {
		return err
	}
	i.Undecided = undecided
	if chosen < 0 {
		return nil
	}
	i.Children[chosen].Chosen = true
	document, err := readDocument(ctx, blobs, children[chosen].Descriptor)
	if err != nil {
		return fmt.Errorf("reading the manifest for %s: %w", platformName(children[chosen].Descriptor), err)
	}
	return i.openManifest(ctx, blobs, document)
}

// openManifest reads the configuration and finds the layers.
func (i *Image) openManifest(ctx context.Context, blobs Blobs, document *Document) error {
	i.Manifest = document
	if !types.MediaType(document.MediaType).IsImage() {
		return nil // a schema 1 manifest or something unknown: rules judge it
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(document.Raw))
	if err != nil {
		return fmt.Errorf("reading the manifest %s: %w", document.Digest, quoted(err))
	}
	i.ConfigMediaType = string(manifest.Config.MediaType)
	if manifest.Config.MediaType.IsConfig() {
		i.Config, err = readBlob(ctx, blobs, manifest.Config, maxConfig)
		if err == nil {
			err = checkConfig(i.Config)
		}
		if err != nil {
			return fmt.Errorf("reading the configuration: %w", err)
		}
	}
	i.Layers = make([]Layer, 0, len(manifest.Layers))
	for n, d := range manifest.Layers {
		layer, err := findLayer(ctx, blobs, d, layerName(n, d))
		if err != nil {
			return err
		}
		i.Layers = append(i.Layers, layer)
	}
	return nil
}

func layerName(n int, d v1.Descriptor) string { return fmt.Sprintf("layer %d (%s)", n, d.Digest) }

func findLayer(ctx context.Context, blobs Blobs, d v1.Descriptor, name string) (Layer, error) {
	layer := Layer{Descriptor: d, Size: d.Size}
	blob, err := blobs.Blob(ctx, d)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (!d.MediaType.IsDistributable() || len(d.URLs) > 0):
		layer.Missing = "a non-distributable layer lies elsewhere, and other places are not visited"
		return layer, nil
	case errors.Is(err, fs.ErrNotExist):
		return layer, fmt.Errorf("%s: the manifest points to a missing blob: copy or push the image again", name)
	case err != nil:
		return layer, fmt.Errorf("%s: %w", name, err)
	case blob.Size >= 0 && blob.Size != d.Size:
		return layer, fmt.Errorf("%s: the blob has %d bytes, the manifest says %d: copy or push the image again", name, blob.Size, d.Size)
	}
	layer.At = blob.At
	layer.Blob = func(ctx context.Context) (io.ReadCloser, error) { return openVerified(ctx, blob, d, name) }
	return layer, nil
}

// readDocument reads a manifest or an index and settles its media type.
func readDocument(ctx context.Context, blobs Blobs, d v1.Descriptor) (*Document, error) {
	raw, err := readBlob(ctx, blobs, d, maxManifest)
	if err != nil {
		return nil, err
	}
	mediaType, err := documentType(string(d.MediaType), raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Digest, err)
	}
	return &Document{Raw: raw, MediaType: mediaType, Digest: d.Digest}, nil
}

// documentType settles what a document is. What the registry or the
// descriptor declares holds, unless it is no media type of a manifest; then
// the document's own word, then its shape. A document that can be read both as
// an image and as an index is refused: tools disagree about what it is
// (CVE-2021-41190), so no verdict on it holds.
func documentType(declared string, raw []byte) (string, error) {
	var shape struct {
		MediaType string          `json:"mediaType"`
		Manifests json.RawMessage `json:"manifests"`
		Layers    json.RawMessage `json:"layers"`
		Config    json.RawMessage `json:"config"`
		FSLayers  json.RawMessage `json:"fsLayers"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return "", fmt.Errorf("the manifest is not valid JSON: %w", err)
	}
	index, image := shape.Manifests != nil, shape.Layers != nil || shape.Config != nil
	if index && image {
		return "", errors.New("the manifest is ambiguous: it lists layers and manifests, as an image and an index at once")
	}
	mediaType := declared
	if parsed, _, err := mime.ParseMediaType(declared); err == nil {
		mediaType = parsed
	}
	if !isDocument(mediaType) {
		mediaType = shape.MediaType
	}
	switch {
	case types.MediaType(mediaType).IsIndex() && image, types.MediaType(mediaType).IsImage() && index:
		return "", fmt.Errorf("the manifest is declared as %s, and its content is something else", mediaType)
	case mediaType != "":
		return mediaType, nil
	case index:
		return string(types.OCIImageIndex), nil
	case image:
		return string(types.OCIManifestSchema1), nil
	case shape.FSLayers != nil:
		return string(types.DockerManifestSchema1), nil
	}
	return "", errors.New("this JSON is no manifest: it has neither layers nor manifests")
}

func isDocument(mediaType string) bool {
	m := types.MediaType(mediaType)
	return m.IsImage() || m.IsIndex() || m.IsSchema1()
}

// checkConfig refuses a configuration that is no JSON object.
func checkConfig(raw []byte) error {
	var config map[string]json.RawMessage
	err := json.Unmarshal(raw, &config)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("it is no JSON: %w at byte %d: build the image again", err, syntax.Offset)
	case err != nil || config == nil:
		return errors.New("it is JSON and no object: build the image again")
	}
	return nil
}
