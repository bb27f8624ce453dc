package recipe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
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
	return r.Open(context.Background(), lookup, source.Options{})
}

// Open carries the recipe out and opens its image as any other: where the
// reference names an index, the options choose the child.
func (r *Recipe) Open(ctx context.Context, lookup Lookup, options source.Options) (*Image, error) {
	b, err := r.run(lookup, 0)
	if err != nil {
		return nil, err
	}
	blobs := make(store)
	top, err := b.write(blobs)
	if err != nil {
		return nil, fmt.Errorf("making the image of %s: %w", r.Name, err)
	}
	image, err := source.FromDescriptor(ctx, source.Recipe, top, blobs, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	image.Reference = r.Name
	if err := b.disguise(image); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	return &Image{Image: image, recipe: r, build: b}, nil
}

// store holds the blobs of a recipe by the digest under which they are looked
// for, which a recipe can make a lie.
type store map[v1.Hash]source.Blob

// Blob finds a blob.
func (s store) Blob(_ context.Context, d v1.Descriptor) (source.Blob, error) {
	blob, ok := s[d.Digest]
	if !ok {
		return source.Blob{}, fs.ErrNotExist
	}
	return blob, nil
}

func (s store) put(digest v1.Hash, data []byte) {
	s[digest] = source.Blob{Size: int64(len(data)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// write puts all blobs of the image into the store and gives what the
// reference names.
func (b *build) write(blobs store) (v1.Descriptor, error) {
	layers, err := b.writeLayers(blobs)
	if err != nil {
		return v1.Descriptor{}, err
	}
	own, err := b.writeManifest(blobs, layers, b.config)
	if err != nil || !b.options.index {
		return own, err
	}
	return b.writeIndex(blobs, layers, own)
}

func (b *build) writeLayers(blobs store) ([]v1.Descriptor, error) {
	var layers []v1.Descriptor
	b.config.RootFS.DiffIDs = nil
	for i, l := range b.layers {
		descriptor, diffID, err := b.writeLayer(blobs, l)
		if err != nil {
			return nil, fmt.Errorf("writing layer %d: %w", i, err)
		}
		layers = append(layers, descriptor)
		if l.lie != "count" {
			b.config.RootFS.DiffIDs = append(b.config.RootFS.DiffIDs, diffID)
		}
	}
	return layers, nil
}

// writeLayer stores one layer and describes it, wrongly where the recipe says
// so.
func (b *build) writeLayer(blobs store, l *layerBuild) (v1.Descriptor, v1.Hash, error) {
	diffID := v1.Hash{Algorithm: "sha256", Hex: l.diffID()}
	descriptor := v1.Descriptor{MediaType: types.MediaType(l.mediaType), Digest: diffID, Size: l.size}
	if l.size > hashLimit {
		l.stored = "none"
		blobs[diffID] = source.Blob{Size: l.size, At: l, Verified: true, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(l, 0, l.size)), nil
		}}
	} else {
		blob, err := l.blob()
		if err != nil {
			return descriptor, diffID, err
		}
		descriptor.Digest, descriptor.Size = hashOf(blob), int64(len(blob))
		if l.lie == "digest" {
			descriptor.Digest = hashOf([]byte("another blob"))
		}
		if !l.missing {
			blobs.put(descriptor.Digest, blob)
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
	return descriptor, diffID, nil
}

// writeManifest stores a configuration and the manifest that points to it.
func (b *build) writeManifest(blobs store, layers []v1.Descriptor, file v1.ConfigFile) (v1.Descriptor, error) {
	config, err := json.Marshal(file)
	if err != nil {
		return v1.Descriptor{}, err
	}
	blobs.put(hashOf(config), config)
	manifest := v1.Manifest{
		SchemaVersion: 2, MediaType: b.manifestType(), Annotations: b.annotations(), Layers: layers,
		Config: v1.Descriptor{MediaType: types.MediaType(b.configType()), Size: int64(len(config)), Digest: hashOf(config)},
	}
	raw, err := b.marshal(manifest)
	if err != nil {
		return v1.Descriptor{}, err
	}
	blobs.put(hashOf(raw), raw)
	return v1.Descriptor{
		MediaType: manifest.MediaType, Size: int64(len(raw)), Digest: hashOf(raw),
		Platform: &v1.Platform{OS: file.OS, Architecture: file.Architecture, Variant: file.Variant},
	}, nil
}

// writeIndex puts an index over the image, with an image for each further
// platform and with an attestation as BuildKit makes them.
func (b *build) writeIndex(blobs store, layers []v1.Descriptor, own v1.Descriptor) (v1.Descriptor, error) {
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{own}}
	if b.options.docker {
		index.MediaType = types.DockerManifestList
	}
	for _, child := range b.options.children {
		file := b.config
		file.OS, file.Architecture, _ = strings.Cut(child, "/")
		file.Variant = ""
		descriptor, err := b.writeManifest(blobs, layers, file)
		if err != nil {
			return v1.Descriptor{}, err
		}
		index.Manifests = append(index.Manifests, descriptor)
	}
	if b.options.attestation {
		index.Manifests = append(index.Manifests, writeAttestation(blobs, own))
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return v1.Descriptor{}, err
	}
	blobs.put(hashOf(raw), raw)
	return v1.Descriptor{MediaType: index.MediaType, Size: int64(len(raw)), Digest: hashOf(raw)}, nil
}

// writeAttestation stores a manifest as BuildKit writes one for provenance.
func writeAttestation(blobs store, own v1.Descriptor) v1.Descriptor {
	raw := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":%q,"digest":%q,"size":2},"layers":[{"mediaType":"application/vnd.in-toto+json","digest":%q,"size":2}]}`,
		types.OCIManifestSchema1, types.OCIConfigJSON, hashOf([]byte("{}")), hashOf([]byte("{}")))
	blobs.put(hashOf(raw), raw)
	return v1.Descriptor{
		MediaType: types.OCIManifestSchema1, Size: int64(len(raw)), Digest: hashOf(raw),
		Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"},
		Annotations: map[string]string{
			"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": own.Digest.String(),
		},
	}
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
		image.Top, image.Manifest, image.Children = nil, nil, nil
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

func hashOf(data []byte) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", sha256.Sum256(data))}
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
