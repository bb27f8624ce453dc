package source

import (
	"context"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func TestChoose(t *testing.T) {
	child := func(platform string) Child {
		d := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digestOf([]byte(platform))}
		if platform != "" {
			d = onPlatform(d, platform)
		}
		return Child{Descriptor: d, Role: role(d)}
	}
	nested := Child{Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digestOf(nil)}, Role: RoleIndex}
	attested := child("unknown/unknown")
	for name, c := range map[string]struct {
		children  []Child
		opts      Options
		chosen    int
		undecided string
		failure   string
	}{
		"only one":              {[]Child{attested, child("linux/arm64")}, Options{}, 1, "", ""},
		"only one, other":       {[]Child{child("linux/arm64")}, Options{Architecture: "x86_64"}, 0, "", ""},
		"no platform":           {[]Child{child("")}, Options{}, 0, "", ""},
		"architecture":          {[]Child{child("linux/amd64"), child("linux/arm64/v8")}, Options{Architecture: "arm64"}, 1, "", ""},
		"architecture, Windows": {[]Child{child("windows/amd64"), child("linux/amd64")}, Options{Architecture: "x86_64"}, 1, "", ""},
		"architecture, none": {[]Child{child("linux/386"), child("linux/arm/v7")}, Options{Architecture: "arm64"}, -1,
			"the index has 2 images and none was chosen: give --platform, one of linux/386, linux/arm/v7", ""},
		"variant, usual":   {[]Child{child("linux/arm64"), child("linux/amd64")}, Options{Platform: "linux/arm64/v8"}, 0, "", ""},
		"variant, exact":   {[]Child{child("linux/amd64/v3"), child("linux/amd64")}, Options{Platform: "linux/amd64"}, 1, "", ""},
		"variant, only":    {[]Child{child("linux/amd64/v3")}, Options{Platform: "linux/amd64"}, 0, "", ""},
		"variant, unclear": {[]Child{child("linux/arm/v6"), child("linux/arm/v7")}, Options{Platform: "linux/arm"}, -1, "2 images of the index are for linux/arm: name one by its digest", ""},
		"platform, none": {[]Child{child("linux/amd64")}, Options{Platform: "linux/arm64", Architecture: "x86_64"}, -1, "",
			"the index has no image for linux/arm64: it has linux/amd64"},
		"empty":             {nil, Options{}, -1, "the index is empty", ""},
		"attestations only": {[]Child{attested}, Options{Platform: "linux/arm64"}, -1, "the index has no image, only attestations", ""},
		"nested":            {[]Child{attested, nested}, Options{}, -1, "the index leads to another index: name that one by its digest, " + digestOf(nil).String(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			chosen, undecided, err := choose(c.children, c.opts, func(v1.Descriptor) bool { return true })
			if c.failure != "" {
				checkError(t, err, c.failure)
				return
			}
			if err != nil || chosen != c.chosen || undecided != c.undecided {
				t.Errorf("got %d, %q, %v; want %d, %q", chosen, undecided, err, c.chosen, c.undecided)
			}
		})
	}
}

func TestRole(t *testing.T) {
	for want, descriptors := range map[string][]v1.Descriptor{
		RoleImage: {{MediaType: types.OCIManifestSchema1}, {MediaType: types.DockerManifestSchema2}, {MediaType: types.DockerManifestSchema1}, {},
			{MediaType: types.OCIManifestSchema1, ArtifactType: string(types.OCIConfigJSON)}},
		RoleIndex: {{MediaType: types.OCIImageIndex}, {MediaType: types.DockerManifestList}},
		RoleAttestation: {
			onPlatform(v1.Descriptor{MediaType: types.OCIManifestSchema1}, "unknown/unknown"),
			{MediaType: types.OCIManifestSchema1, Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest"}},
			{MediaType: types.OCIManifestSchema1, ArtifactType: "application/vnd.docker.attestation.manifest.v1+json"}},
		RoleArtifact: {{MediaType: types.OCIManifestSchema1, ArtifactType: "application/vnd.example"}, {MediaType: "application/octet-stream"}},
	} {
		for _, d := range descriptors {
			if got := role(d); got != want {
				t.Errorf("role(%+v) = %s, want %s", d, got, want)
			}
		}
	}
}

func TestDocumentType(t *testing.T) {
	const oci = "application/vnd.oci.image.manifest.v1+json"
	for _, c := range []struct{ declared, raw, want, failure string }{
		{oci, `{"layers":[]}`, oci, ""},
		{oci + "; charset=utf-8", `{"layers":[]}`, oci, ""},
		{"text/plain", `{"mediaType":"` + oci + `","layers":[]}`, oci, ""},
		{"", `{"config":{}}`, oci, ""},
		{"", `{"manifests":[]}`, string(types.OCIImageIndex), ""},
		{"", `{"fsLayers":[]}`, string(types.DockerManifestSchema1), ""},
		{"", `{}`, "", "this JSON is no manifest: it has neither layers nor manifests"},
		{oci, `{"manifests":[]}`, "", "the manifest is declared as " + oci + ", and its content is something else"},
		{string(types.OCIImageIndex), `{"layers":[]}`, "", "the manifest is declared as " + string(types.OCIImageIndex) + ", and its content is something else"},
	} {
		got, err := documentType(c.declared, []byte(c.raw))
		if c.failure != "" {
			checkError(t, err, c.failure)
		} else if err != nil || got != c.want {
			t.Errorf("documentType(%q, %s) = %q, %v", c.declared, c.raw, got, err)
		}
	}
}

func TestBounds(t *testing.T) {
	f := newFixture(t, "arm64")
	ctx := context.Background()
	children := make([]v1.Descriptor, maxChildren+1)
	for n := range children {
		children[n] = f.manifest
	}
	_, err := FromDescriptor(ctx, OCIDir, f.addIndex(t, children...), f.blobs, Options{})
	if err == nil || !strings.Contains(err.Error(), "it has 1001 entries, more than the 1000 that are read") {
		t.Error(err)
	}
	large := f.add(types.OCIManifestSchema1, make([]byte, maxManifest+1))
	_, err = FromDescriptor(ctx, OCIDir, large, f.blobs, Options{})
	if err == nil || !strings.Contains(err.Error(), "has 4194305 bytes, more than the 4194304 that are read") {
		t.Error(err)
	}
	large.Size = 10 // the descriptor lies
	_, err = FromDescriptor(ctx, OCIDir, large, f.blobs, Options{})
	if err == nil || !strings.Contains(err.Error(), "there are more bytes than the 10 that its descriptor states") {
		t.Error(err)
	}
}

func TestPrintable(t *testing.T) {
	for name, want := range map[string]string{
		"a/b:1":            "a/b:1",
		"jo:pa55@host/app": "…@host/app",
		"x\x1b[31m":        `"x\x1b[31m"`,
		`c:\x`:             `c:\x`,
		`c:\x` + "\n":      `"c:\\x\n"`,
	} {
		if got := printable(name); got != want {
			t.Errorf("printable(%q) = %s, want %s", name, got, want)
		}
	}
	if got := printable(strings.Repeat("ä", 200)); len(got) > maxNamePrinted+3 {
		t.Errorf("%d bytes", len(got))
	}
}
