package recipe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/lambdalint/lambdalint/inspect/source"
)

// Image is a recipe carried out.
type Image struct {
	*source.Image
	recipe *Recipe
	build  *build
}

// Build carries the recipe out. Base recipes are found by lookup. The image is
// the same to the last bit each time.
func (r *Recipe) Build(lookup Lookup) (*Image, error) {
	b, err := r.run(lookup, 0)
	if err != nil {
		return nil, err
	}
	image := &source.Image{Kind: source.Recipe, Reference: r.Name, Vouches: source.Vouches{Manifest: true, Layers: true}}
	if err := b.finish(image); err != nil {
		return nil, fmt.Errorf("making the image of %s: %w", r.Name, err)
	}
	return &Image{Image: image, recipe: r, build: b}, nil
}

// finish writes the configuration, the manifest and the index.
func (b *build) finish(image *source.Image) error {
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: b.manifestType(), Annotations: b.annotations()}
	b.config.RootFS.DiffIDs = nil
	for i, l := range b.layers {
		layer, diffID, err := b.layer(i, l)
		if err != nil {
			return err
		}
		image.Layers = append(image.Layers, layer)
		manifest.Layers = append(manifest.Layers, layer.Descriptor)
		if l.lie != "count" {
			b.config.RootFS.DiffIDs = append(b.config.RootFS.DiffIDs, diffID)
		}
	}
	config, err := json.Marshal(b.config)
	if err != nil {
		return err
	}
	image.ConfigMediaType = b.configType()
	manifest.Config = v1.Descriptor{MediaType: types.MediaType(image.ConfigMediaType), Size: int64(len(config)), Digest: hashOf(config)}
	if strings.Contains(image.ConfigMediaType, "image") {
		image.Config = config
	}
	raw, err := b.marshal(manifest)
	if err != nil {
		return err
	}
	image.Manifest = document(raw, string(manifest.MediaType))
	image.Top = image.Manifest
	if b.options.index {
		return b.index(image)
	}
	return b.disguise(image)
}

// disguise makes the image look as if it came from another kind of source.
func (b *build) disguise(image *source.Image) error {
	sourceKind, reference, _ := strings.Cut(b.options.sourceKind, " ")
	if reference != "" {
		image.Reference = strings.TrimSpace(reference)
	}
	switch kind := source.Kind(sourceKind); kind {
	case "", source.Recipe:
	case source.DockerArchive, source.Docker:
		image.Kind = kind
		image.Top, image.Manifest = nil, nil
		image.Vouches = source.Vouches{Reason: "a docker save archive holds no manifest as a registry would serve it"}
		for i := range image.Layers {
			image.Layers[i].Descriptor = v1.Descriptor{}
		}
	case source.Registry, source.OCIDir, source.OCIArchive:
		image.Kind = kind
	default:
		return fmt.Errorf("there is no source %q", kind)
	}
	return nil
}

func (b *build) manifestType() types.MediaType {
	switch {
	case b.options.manifestType != "":
		return types.MediaType(b.options.manifestType)
	case b.options.docker:
		return types.DockerManifestSchema2
	default:
		return types.OCIManifestSchema1
	}
}

func (b *build) configType() string {
	switch {
	case b.options.configType != "":
		return b.options.configType
	case b.options.docker:
		return string(types.DockerConfigJSON)
	default:
		return string(types.OCIConfigJSON)
	}
}

func (b *build) annotations() map[string]string {
	annotations := b.options.annotations
	if b.options.pad > 0 {
		annotations = map[string]string{"dev.example.pad": strings.Repeat("x", b.options.pad)}
	}
	return annotations
}

// marshal adds what the library's type does not have.
func (b *build) marshal(manifest v1.Manifest) ([]byte, error) {
	raw, err := json.Marshal(manifest)
	if err != nil || b.options.artifactType == "" {
		return raw, err
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	fields["artifactType"] = b.options.artifactType
	return json.Marshal(fields)
}

func (b *build) layer(position int, l *layerBuild) (source.Layer, v1.Hash, error) {
	diffID := v1.Hash{Algorithm: "sha256", Hex: l.diffID()}
	out := source.Layer{Size: l.size}
	descriptor := v1.Descriptor{MediaType: types.MediaType(l.mediaType), Digest: diffID, Size: l.size}
	if l.size > hashLimit {
		l.stored = "none"
		out.At = l
		out.Blob = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(l, 0, l.size)), nil
		}
	} else {
		blob, err := l.blob()
		if err != nil {
			return out, diffID, fmt.Errorf("writing layer %d: %w", position, err)
		}
		descriptor.Digest, descriptor.Size = hashOf(blob), int64(len(blob))
		if l.lie == "digest" {
			descriptor.Digest = hashOf([]byte("another blob"))
		}
		digest := descriptor.Digest
		out.Size = descriptor.Size
		out.Blob = func(context.Context) (io.ReadCloser, error) {
			return &verifying{Reader: bytes.NewReader(blob), want: digest, got: hashOf(blob), position: position}, nil
		}
	}
	if descriptor.MediaType == "" {
		descriptor.MediaType = b.layerType(l.stored)
	}
	if l.comment != "" {
		name, value, _ := strings.Cut(l.comment, "=")
		descriptor.Annotations = map[string]string{name: value}
	}
	if l.lie == "diff-id" {
		diffID = hashOf([]byte("another archive"))
	}
	if l.missing {
		out.Missing = "the blob is missing"
		out.Blob, out.At = nil, nil
	}
	out.Descriptor = descriptor
	return out, diffID, nil
}

// verifying reports a digest that lies where the stream ends.
type verifying struct {
	*bytes.Reader
	want, got v1.Hash
	position  int
}

func (v *verifying) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	if err == io.EOF && v.want != v.got {
		return n, fmt.Errorf("layer %d: the manifest says %s, the bytes are %s", v.position, v.want, v.got)
	}
	return n, err
}

func (v *verifying) Close() error { return nil }

func (b *build) layerType(stored string) types.MediaType {
	base := "application/vnd.oci.image.layer.v1.tar"
	separator := "+"
	if b.options.docker {
		base, separator = "application/vnd.docker.image.rootfs.diff.tar", "."
	}
	if stored == "none" {
		return types.MediaType(base)
	}
	return types.MediaType(base + separator + stored)
}

// index puts an index over the image, with an attestation as BuildKit makes
// them and with children for further platforms.
func (b *build) index(image *source.Image) error {
	platform := &v1.Platform{OS: b.config.OS, Architecture: b.config.Architecture, Variant: b.config.Variant}
	own := v1.Descriptor{MediaType: types.MediaType(image.Manifest.MediaType), Size: int64(len(image.Manifest.Raw)), Digest: image.Manifest.Digest, Platform: platform}
	image.Children = []source.Child{{Descriptor: own, Role: "image", Chosen: len(b.options.children) == 0}}
	for _, child := range b.options.children {
		operatingSystem, architecture, _ := strings.Cut(child, "/")
		image.Children = append(image.Children, source.Child{Role: "image", Descriptor: v1.Descriptor{
			MediaType: own.MediaType, Size: own.Size, Digest: hashOf([]byte(child)),
			Platform: &v1.Platform{OS: operatingSystem, Architecture: architecture},
		}})
	}
	if b.options.attestation {
		image.Children = append(image.Children, source.Child{Role: "attestation", Descriptor: v1.Descriptor{
			MediaType: types.OCIManifestSchema1, Size: 566, Digest: hashOf([]byte("attestation of " + own.Digest.String())),
			Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"},
			Annotations: map[string]string{
				"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": own.Digest.String(),
			},
		}})
	}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	if b.options.docker {
		index.MediaType = types.DockerManifestList
	}
	for _, child := range image.Children {
		index.Manifests = append(index.Manifests, child.Descriptor)
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return err
	}
	image.Top = document(raw, string(index.MediaType))
	if len(b.options.children) > 0 {
		image.Manifest, image.Config, image.Layers = nil, nil, nil
		image.Undecided = "the index has several images and no platform was chosen"
	}
	return nil
}

func document(raw []byte, mediaType string) *source.Document {
	return &source.Document{Raw: raw, MediaType: mediaType, Digest: hashOf(raw)}
}

func hashOf(data []byte) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", sha256.Sum256(data))}
}

// LineOfFile is the line of the recipe that made the path: the entry's own, or
// that of the nearest directory above it that has one. FROM stands for what the
// base made.
func (i *Image) LineOfFile(p string) int {
	for p = path.Clean(p); ; p = path.Dir(p) {
		if line, ok := i.build.files[p]; ok {
			return line
		}
		if p == "/" {
			return i.FromLine()
		}
	}
}

// LineOfLayer is the line of the instruction that made the layer.
func (i *Image) LineOfLayer(position int) int {
	if position < 0 || position >= len(i.build.layerLines) {
		return i.FromLine()
	}
	return i.build.layerLines[position]
}

// LineOfHistory is the line of the instruction of a history entry.
func (i *Image) LineOfHistory(position int) int {
	if position < 0 || position >= len(i.build.historyLines) {
		return i.FromLine()
	}
	return i.build.historyLines[position]
}

// LineOfConfig is the line that set a field of the configuration, FROM where
// none did.
func (i *Image) LineOfConfig(field string) int { return i.lineOr(i.build.fields[field]) }

// LineOfEnv is the line that set a variable, FROM where none did.
func (i *Image) LineOfEnv(name string) int { return i.lineOr(i.build.envs[name]) }

// LineOfLabel is the line that set a label, FROM where none did.
func (i *Image) LineOfLabel(name string) int { return i.lineOr(i.build.labels[name]) }

func (i *Image) lineOr(line int) int {
	if line == 0 {
		return i.FromLine()
	}
	return line
}

// FromLine is the line of FROM, where findings on the image as a whole stand.
func (i *Image) FromLine() int {
	for _, l := range i.recipe.lines {
		if l.keyword == "FROM" {
			return l.number
		}
	}
	return 1
}
