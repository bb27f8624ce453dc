// Package source knows where an image comes from: a registry, an engine's
// socket, an archive, an OCI layout, standard input, a recipe. It gives the
// bytes of the manifest and of the configuration, and layers to open.
//
// It refuses to know what is inside a layer (package layer), what a file means
// (package probe) and whether any of it is good for Lambda (the rules). What a
// kind of source cannot vouch for it says, instead of making it up: a
// `docker save` archive has no manifest, so none is invented.
package source

import (
	"context"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Kind is a kind of source, spelled as the scheme on the command line.
type Kind string

// The kinds of sources.
const (
	Registry      Kind = "registry"
	Docker        Kind = "docker"
	DockerArchive Kind = "docker-archive"
	OCIDir        Kind = "oci-dir"
	OCIArchive    Kind = "oci-archive"
	Recipe        Kind = "recipe"
)

// Image is one opened image. Close must be called when it is no longer needed.
type Image struct {
	Kind Kind
	// Reference is what the user asked for, without scheme.
	Reference string
	// Repository is the image's name without tag and digest, "" where there
	// is none (an archive's path is not a repository).
	Repository string
	// Tried tells in order what was looked at and why it was not taken, where
	// no scheme was given.
	Tried []string

	// Top is what the reference names: the image's own manifest, or an index.
	// It is nil where the source has no true manifest.
	Top *Document
	// Manifest is the manifest of the judged image. It equals Top unless Top
	// is an index. It is nil where the source has none, or where the index has
	// several children and none was chosen.
	Manifest *Document
	// Undecided says why no child of an index was chosen; "" where one was,
	// or where there is no index.
	Undecided string
	// Children are the entries of the index, in order; nil without one.
	Children []Child

	// Config is the raw image configuration, nil where no image was chosen or
	// where the manifest's configuration is no image configuration.
	Config []byte
	// ConfigMediaType is the configuration's media type from the manifest.
	ConfigMediaType string
	// Layers are the layers bottom up.
	Layers []Layer

	// Vouches says what this source can be believed about.
	Vouches Vouches

	closers []func() error
}

// Document is a manifest or an index as raw bytes with its digest, which has
// been computed from these bytes.
type Document struct {
	Raw       []byte
	MediaType string
	Digest    v1.Hash
}

// Child is one entry of an index.
type Child struct {
	Descriptor v1.Descriptor
	// Role is "image", "attestation", "index" or "artifact".
	Role string
	// Chosen is true for the child that is judged.
	Chosen bool
}

// Vouches says what a source can be believed about. Reason tells a person why
// something is missing: "a docker save archive has no manifest".
type Vouches struct {
	// Manifest: the manifest, its media type, size and digest are those that
	// a registry would serve.
	Manifest bool
	// Layers: the layers' media types and digests are those of the registry.
	Layers bool
	Reason string
}

// Layer is one layer that can be opened.
type Layer struct {
	// Descriptor is the layer's entry in the manifest; its zero value where
	// the source has no true manifest.
	Descriptor v1.Descriptor
	// Blob opens the bytes as they are stored, compressed or not. Where the
	// source knows their digest the reader returns an error instead of io.EOF
	// when the bytes disagree with it.
	Blob func(context.Context) (io.ReadCloser, error)
	// At gives random access to the stored bytes; nil where the source can
	// only stream.
	At io.ReaderAt
	// Size is the number of stored bytes, -1 where unknown.
	Size int64
	// Missing says why there is no blob: "" where there is one.
	Missing string
}

// Close releases what the image holds: connections, files, spooled archives.
func (i *Image) Close() error {
	var first error
	for n := len(i.closers) - 1; n >= 0; n-- {
		if err := i.closers[n](); err != nil && first == nil {
			first = err
		}
	}
	i.closers = nil
	return first
}

// OnClose registers what Close has to release, last in first out.
func (i *Image) OnClose(f func() error) { i.closers = append(i.closers, f) }
