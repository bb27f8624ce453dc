package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// What a child of an index can be.
const (
	RoleImage       = "image"
	RoleAttestation = "attestation"
	RoleIndex       = "index"
	RoleArtifact    = "artifact"
)

// maxChildren bounds the entries of an index.
const maxChildren = 1000

// BuildKit's marks of an attestation
// (docs/attestations/attestation-storage.md of moby/buildkit).
const (
	attestationAnnotation = "vnd.docker.reference.type"
	attestationArtifact   = "application/vnd.docker.attestation.manifest.v1+json"
)

// readIndex reads the entries of an index and their roles.
func readIndex(raw []byte) ([]Child, error) {
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, quoted(err)
	}
	if len(index.Manifests) > maxChildren {
		return nil, fmt.Errorf("it has %d entries, more than the %d that are read", len(index.Manifests), maxChildren)
	}
	children := make([]Child, 0, len(index.Manifests))
	for _, d := range index.Manifests {
		children = append(children, Child{Descriptor: d, Role: role(d)})
	}
	return children, nil
}

func role(d v1.Descriptor) string {
	unknown := d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
	_, marked := d.Annotations[attestationAnnotation]
	switch {
	case unknown || marked || d.ArtifactType == attestationArtifact:
		return RoleAttestation
	case d.MediaType.IsIndex():
		return RoleIndex
	case d.ArtifactType != "" && !types.MediaType(d.ArtifactType).IsConfig():
		return RoleArtifact
	case d.MediaType == "" || d.MediaType.IsImage() || d.MediaType.IsSchema1():
		return RoleImage
	default:
		return RoleArtifact
	}
}

// choose finds the child to judge: the one that the platform names, else the
// only image, else the one that the function's architecture names. Where that
// leaves several it chooses none and says why.
func choose(children []Child, opts Options, here func(v1.Descriptor) bool) (chosen int, undecided string, err error) {
	images := childrenOf(children, RoleImage)
	if opts.Platform != "" {
		return choosePlatform(children, images, opts.Platform)
	}
	if len(images) > 1 {
		// An engine may keep an index of many platforms and one platform's
		// blobs; the others cannot be meant.
		if local := filter(images, func(n int) bool { return here(children[n].Descriptor) }); len(local) == 1 {
			images = local
		}
	}
	if len(images) > 1 && opts.Architecture != "" {
		architecture := goArchitecture(opts.Architecture)
		matching := filter(images, func(n int) bool {
			p := children[n].Descriptor.Platform
			return p != nil && p.OS == "linux" && p.Architecture == architecture
		})
		if len(matching) == 1 {
			images = matching
		}
	}
	switch len(images) {
	case 1:
		return images[0], "", nil
	case 0:
		return -1, noImages(children), nil
	}
	return -1, fmt.Sprintf("the index has %d images and none was chosen: give --platform, one of %s",
		len(images), list(platforms(children, images))), nil
}

func choosePlatform(children []Child, images []int, wanted string) (int, string, error) {
	platform, err := parsePlatform(wanted)
	if err != nil {
		return -1, "", err
	}
	if len(images) == 0 {
		return -1, noImages(children), nil
	}
	matching := filter(images, func(n int) bool { return samePlatform(children[n].Descriptor.Platform, platform) })
	if len(matching) > 1 {
		exact := filter(matching, func(n int) bool { return children[n].Descriptor.Platform.Variant == platform.Variant })
		if len(exact) > 0 {
			matching = exact
		}
	}
	switch len(matching) {
	case 1:
		return matching[0], "", nil
	case 0:
		return -1, "", notFound("the index has no image for %s: it has %s", platform, list(platforms(children, images)))
	}
	return -1, fmt.Sprintf("%d images of the index are for %s: name one by its digest", len(matching), platform), nil
}

func noImages(children []Child) string {
	nested := childrenOf(children, RoleIndex)
	switch {
	case len(children) == 0:
		return "the index is empty"
	case len(nested) > 0:
		return fmt.Sprintf("the index leads to another index: name that one by its digest, %s", children[nested[0]].Descriptor.Digest)
	default:
		return "the index has no image, only " + list(roles(children))
	}
}

func childrenOf(children []Child, role string) []int {
	var found []int
	for n, child := range children {
		if child.Role == role {
			found = append(found, n)
		}
	}
	return found
}

func filter(numbers []int, keep func(int) bool) []int {
	var kept []int
	for _, n := range numbers {
		if keep(n) {
			kept = append(kept, n)
		}
	}
	return kept
}

func platforms(children []Child, which []int) []string {
	names := make([]string, 0, len(which))
	for _, n := range which {
		names = append(names, platformName(children[n].Descriptor))
	}
	return names
}

func roles(children []Child) []string {
	var names []string
	seen := make(map[string]bool)
	for _, child := range children {
		if !seen[child.Role] {
			names = append(names, child.Role+"s")
		}
		seen[child.Role] = true
	}
	return names
}

func platformName(d v1.Descriptor) string {
	if d.Platform == nil {
		return "an image without platform (" + d.Digest.String() + ")"
	}
	return printable(d.Platform.String())
}

// parsePlatform reads OS/ARCH[/VARIANT]; nil for "".
func parsePlatform(s string) (*v1.Platform, error) {
	if s == "" {
		return nil, nil
	}
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return nil, fmt.Errorf("platform %q: write OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64", printable(s))
	}
	platform := &v1.Platform{OS: parts[0], Architecture: goArchitecture(parts[1])}
	if len(parts) == 3 {
		platform.Variant = parts[2]
	}
	return platform, nil
}

// goArchitecture turns the names that uname and Lambda use into Go's.
func goArchitecture(name string) string {
	switch strings.ToLower(name) {
	case "x86_64", "x86-64":
		return "amd64"
	case "aarch64":
		return "arm64"
	default:
		return name
	}
}

// samePlatform reports whether an image for have is one for want. A variant
// that is not stated is the usual one (containerd/platforms, normalize).
func samePlatform(have, want *v1.Platform) bool {
	if have == nil || have.OS != want.OS || have.Architecture != want.Architecture {
		return false
	}
	return want.Variant == "" || usualVariant(have) == usualVariant(want)
}

func usualVariant(p *v1.Platform) string {
	switch {
	case p.Variant != "":
		return p.Variant
	case p.Architecture == "arm64":
		return "v8"
	case p.Architecture == "arm":
		return "v7"
	case p.Architecture == "amd64":
		return "v1"
	default:
		return ""
	}
}

// checkPlatform refuses an image that is not for the wanted platform.
func checkPlatform(config []byte, wanted string) error {
	want, err := parsePlatform(wanted)
	if err != nil || want == nil || config == nil {
		return err
	}
	var have v1.Platform
	if err := json.Unmarshal(config, &have); err != nil || have.OS == "" || have.Architecture == "" {
		return nil //nolint:nilerr // the rules on the platform have their say
	}
	if !samePlatform(&have, want) {
		return notFound("there is no image for %s: this one is for %s", want, printable(have.String()))
	}
	return nil
}

// present tells of a store on this machine whether a blob is in it. A registry
// is not asked: it has what its indexes list.
func present(ctx context.Context, blobs Blobs) func(v1.Descriptor) bool {
	if _, remote := blobs.(*registryBlobs); remote {
		return func(v1.Descriptor) bool { return true }
	}
	return func(d v1.Descriptor) bool {
		_, err := blobs.Blob(ctx, d)
		return !errors.Is(err, fs.ErrNotExist)
	}
}
