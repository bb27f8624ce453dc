package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
)

// fixture is a small image with two layers, as its builder would push it.
type fixture struct {
	config   []byte
	plain    [][]byte // the layers' archives
	blobs    memory
	manifest v1.Descriptor
}

func digestOf(b []byte) v1.Hash {
	sum := sha256.Sum256(b)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

func newFixture(t *testing.T, architecture string) *fixture {
	t.Helper()
	f := &fixture{blobs: memory{}}
	var layers []v1.Descriptor
	var diffIDs []string
	for _, text := range []string{"one", "two"} {
		plain := tarOf(t, file{name: text + ".txt", content: []byte(text + " " + architecture)})
		f.plain = append(f.plain, plain)
		diffIDs = append(diffIDs, digestOf(plain).String())
		layers = append(layers, f.add(types.OCILayer, gzipOf(t, plain)))
	}
	f.config = mustJSON(t, map[string]any{
		"os": "linux", "architecture": architecture,
		"config": map[string]any{"Entrypoint": []string{"/bootstrap"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs},
	})
	f.manifest = f.addManifest(t, f.add(types.OCIConfigJSON, f.config), layers)
	return f
}

func (f *fixture) add(mediaType types.MediaType, content []byte) v1.Descriptor {
	d := v1.Descriptor{MediaType: mediaType, Digest: digestOf(content), Size: int64(len(content))}
	f.blobs[d.Digest] = content
	return d
}

func (f *fixture) addManifest(t *testing.T, config v1.Descriptor, layers []v1.Descriptor) v1.Descriptor {
	t.Helper()
	return f.add(types.OCIManifestSchema1, mustJSON(t, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config, Layers: layers,
	}))
}

func (f *fixture) addIndex(t *testing.T, children ...v1.Descriptor) v1.Descriptor {
	t.Helper()
	return f.add(types.OCIImageIndex, indexJSON(t, children...))
}

func (f *fixture) layer(t *testing.T, n int) v1.Descriptor {
	t.Helper()
	manifest, err := v1.ParseManifest(bytes.NewReader(f.blobs[f.manifest.Digest]))
	if err != nil {
		t.Fatal(err)
	}
	return manifest.Layers[n]
}

func indexJSON(t *testing.T, children ...v1.Descriptor) []byte {
	t.Helper()
	if children == nil {
		children = []v1.Descriptor{}
	}
	return mustJSON(t, v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: children})
}

func named(d v1.Descriptor, name string) v1.Descriptor {
	d.Annotations = map[string]string{refNameAnnotation: name}
	return d
}

func onPlatform(d v1.Descriptor, platform string) v1.Descriptor {
	p, err := parsePlatform(platform)
	if err != nil {
		panic(err)
	}
	d.Platform = p
	return d
}

// attestation is an entry as BuildKit writes it.
func attestation(t *testing.T, f *fixture, subject v1.Descriptor) v1.Descriptor {
	t.Helper()
	statement := f.add("application/vnd.in-toto+json", []byte(`{"_type":"https://in-toto.io/Statement/v0.1"}`))
	config := f.add(types.OCIConfigJSON, []byte(`{"os":"unknown","architecture":"unknown","rootfs":{"type":"layers","diff_ids":[]},"config":{}}`))
	d := onPlatform(f.addManifest(t, config, []v1.Descriptor{statement}), "unknown/unknown")
	d.Annotations = map[string]string{
		"vnd.docker.reference.type":   "attestation-manifest",
		"vnd.docker.reference.digest": subject.Digest.String(),
	}
	return d
}

// layoutFiles are the files of an OCI layout.
func layoutFiles(index []byte, blobs memory) []file {
	files := []file{{name: "oci-layout", content: []byte(`{"imageLayoutVersion":"1.0.0"}`)}}
	for digest, content := range blobs {
		files = append(files, file{name: blobPath(digest), content: content})
	}
	return append(files, file{name: "index.json", content: index})
}

// savedFiles are the files of docker save's classic format.
func savedFiles(t *testing.T, f *fixture, tags ...string) []file {
	t.Helper()
	id := digestOf(f.config).Hex
	files := []file{{name: id + ".json", content: f.config}}
	entry := saved{Config: id + ".json", RepoTags: tags}
	for _, plain := range f.plain {
		name := digestOf(plain).Hex + "/layer.tar"
		entry.Layers = append(entry.Layers, name)
		files = append(files, file{name: name, content: plain})
	}
	return append(files, file{name: "manifest.json", content: mustJSON(t, []saved{entry})})
}

type file struct {
	name    string
	content []byte
	link    string
}

func tarOf(t *testing.T, files ...file) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		if f.link != "" {
			header.Typeflag, header.Linkname = tar.TypeSymlink, f.link
		}
		if strings.HasSuffix(f.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func gzipOf(t *testing.T, content []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func zstdOf(t *testing.T, content []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(content, nil)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// writeFile writes one file in a fresh directory and gives its path.
func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeDir writes files in a fresh directory and gives its path.
func writeDir(t *testing.T, files []file) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// open opens an image, closes it at the end of the test and then looks for
// what was left behind.
func openTest(t *testing.T, ref string, opts Options) *Image {
	t.Helper()
	image, err := openClean(t, ref, opts)
	if err != nil {
		t.Fatalf("Open(%q): %v", ref, err)
	}
	return image
}

func openClean(t *testing.T, ref string, opts Options) (*Image, error) {
	t.Helper()
	opts.TempDir = t.TempDir()
	image, err := Open(context.Background(), ref, opts)
	t.Cleanup(func() {
		if image != nil {
			if err := image.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		if left, _ := os.ReadDir(opts.TempDir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return image, err
}

// readLayers reads every layer by streaming and, where it can, by random
// access.
func readLayers(t *testing.T, image *Image) [][]byte {
	t.Helper()
	var all [][]byte
	for n, l := range image.Layers {
		content, err := readLayer(l)
		if err != nil {
			t.Fatalf("layer %d: %v", n, err)
		}
		if l.Size != int64(len(content)) {
			t.Errorf("layer %d: Size %d, and there are %d bytes", n, l.Size, len(content))
		}
		if l.At != nil {
			at, err := io.ReadAll(io.NewSectionReader(l.At, 0, l.Size))
			if err != nil || !bytes.Equal(at, content) {
				t.Errorf("layer %d: random access gives other bytes (%v)", n, err)
			}
		}
		all = append(all, content)
	}
	return all
}

func readLayer(l Layer) ([]byte, error) {
	if l.Missing != "" {
		return nil, fmt.Errorf("missing: %s", l.Missing)
	}
	reader, err := l.Blob(context.Background())
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reader)
	if closeErr := reader.Close(); err == nil {
		err = closeErr
	}
	return content, err
}

// checkFixture holds an image against the fixture that it was made of.
func checkFixture(t *testing.T, image *Image, f *fixture, vouches bool) {
	t.Helper()
	if !bytes.Equal(image.Config, f.config) {
		t.Errorf("Config = %s, want %s", image.Config, f.config)
	}
	if image.Vouches.Manifest != vouches || image.Vouches.Layers != vouches || (image.Vouches.Reason == "") != vouches {
		t.Errorf("Vouches = %+v, want %v and a reason where false", image.Vouches, vouches)
	}
	if vouches && (image.Manifest == nil || image.Manifest.Digest != f.manifest.Digest) {
		t.Errorf("Manifest = %+v, want %s", image.Manifest, f.manifest.Digest)
	}
	if !vouches && (image.Top != nil || image.Manifest != nil) {
		t.Errorf("a manifest was made up: %+v", image.Top)
	}
	layers := readLayers(t, image)
	if len(layers) != len(f.plain) {
		t.Fatalf("%d layers, want %d", len(layers), len(f.plain))
	}
	for n, content := range layers {
		want := f.plain[n]
		if vouches {
			want = f.blobs[f.layer(t, n).Digest]
		}
		if !bytes.Equal(content, want) {
			t.Errorf("layer %d has other bytes", n)
		}
	}
}

// wantError checks that opening fails with exactly this line.
func wantError(t *testing.T, ref string, opts Options, want string) {
	t.Helper()
	image, err := openClean(t, ref, opts)
	if err == nil {
		t.Fatalf("Open(%q) succeeds: %+v, want %q", ref, image, want)
	}
	checkError(t, err, want)
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if got := err.Error(); got != want {
		t.Errorf("error\n got %s\nwant %s", got, want)
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("more than one line: %q", err)
	}
}

// memory is a store of blobs in memory, by digest.
type memory map[v1.Hash][]byte

// Blob finds a blob in memory.
func (m memory) Blob(_ context.Context, d v1.Descriptor) (Blob, error) {
	content, found := m[d.Digest]
	if !found {
		return Blob{}, fs.ErrNotExist
	}
	return sectionBlob(bytes.NewReader(content), int64(len(content))), nil
}
