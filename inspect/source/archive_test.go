package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func TestDockerArchive(t *testing.T) {
	f := newFixture(t, "amd64")
	classic := savedFiles(t, f, "orders:latest")
	id := digestOf(f.plain[0]).Hex
	dotted := append([]file(nil), classic...)
	for n := range dotted {
		dotted[n].name = "./" + dotted[n].name
	}
	// As older Docker and skopeo do: the layer is elsewhere, the manifest
	// names a symbolic link to it.
	linked := append([]file{{name: "blob.tar", content: f.plain[0]}}, classic...)
	for n := range linked {
		if linked[n].name == id+"/layer.tar" {
			linked[n] = file{name: id + "/layer.tar", link: "../blob.tar"}
		}
	}
	twice := append([]file{{name: id + "/layer.tar", content: []byte("older")}}, classic...)
	withRepositories := append([]file{{name: "repositories", content: []byte("{}")}}, append(layoutFiles(indexJSON(t, f.manifest), f.blobs), classic...)...)

	for name, files := range map[string][]file{
		"classic": classic, "dotted": dotted, "linked": linked, "twice": twice, "made-up index": withRepositories,
	} {
		content := tarOf(t, files...)
		for compression, stored := range map[string][]byte{"plain": content, "gzip": gzipOf(t, content), "zstd": zstdOf(t, content)} {
			t.Run(name+"/"+compression, func(t *testing.T) {
				path := writeFile(t, "image.tar", stored)
				for _, ref := range []string{"docker-archive:" + path, path, path + ":orders", path + ":docker.io/library/orders:latest"} {
					image := openTest(t, ref, Options{})
					if image.Kind != DockerArchive || image.Reference != strings.TrimPrefix(ref, "docker-archive:") {
						t.Errorf("%s: kind %q, reference %q", ref, image.Kind, image.Reference)
					}
					checkFixture(t, image, f, false)
				}
				image := openTest(t, "-", Options{Stdin: bytes.NewReader(stored)})
				if image.Kind != DockerArchive || image.Reference != "-" {
					t.Errorf("standard input: kind %q, reference %q", image.Kind, image.Reference)
				}
				checkFixture(t, image, f, false)
			})
		}
	}
}

// A layer of an archive may be compressed itself, as kaniko writes it.
func TestDockerArchiveCompressedLayer(t *testing.T) {
	f := newFixture(t, "amd64")
	f.plain[0] = gzipOf(t, f.plain[0])
	path := writeFile(t, "image.tar", tarOf(t, savedFiles(t, f, "x:1")...))
	checkFixture(t, openTest(t, path, Options{}), f, false)
}

// containerd's store saves an OCI layout with a manifest.json beside it: its
// manifest is the one that a push would send.
func TestDockerArchiveContainerd(t *testing.T) {
	f := newFixture(t, "arm64")
	entry := f.manifest
	entry.Annotations = map[string]string{imageNameAnnotation: "docker.io/library/orders:latest", refNameAnnotation: "latest"}
	files := layoutFiles(indexJSON(t, entry), f.blobs)
	manifest := []saved{{Config: blobPath(digestOf(f.config)), RepoTags: []string{"orders:latest"}}}
	for n := range f.plain {
		manifest[0].Layers = append(manifest[0].Layers, blobPath(f.layer(t, n).Digest))
	}
	path := writeFile(t, "image.tar", tarOf(t, append(files, file{name: "manifest.json", content: mustJSON(t, manifest)})...))
	for _, ref := range []string{path, path + ":orders", path + ":latest", path + "@" + f.manifest.Digest.String()} {
		image := openTest(t, ref, Options{})
		if image.Kind != DockerArchive {
			t.Errorf("%s: kind %q", ref, image.Kind)
		}
		checkFixture(t, image, f, true)
	}

	// With LayerSources it is the classic store's, whose OCI part is made up.
	manifest[0].LayerSources = map[string]json.RawMessage{"sha256:0": json.RawMessage("{}")}
	path = writeFile(t, "image.tar", tarOf(t, append(files, file{name: "manifest.json", content: mustJSON(t, manifest)})...))
	image := openTest(t, path, Options{})
	if image.Top != nil || image.Vouches.Manifest || len(image.Layers) != 2 {
		t.Errorf("a classic archive vouches: %+v", image.Vouches)
	}
}

func TestDockerArchiveSeveral(t *testing.T) {
	one, two := newFixture(t, "amd64"), newFixture(t, "arm64")
	files := append(savedFiles(t, one, "a:1", "b:2"), savedFiles(t, two)...)
	var both []saved
	for n := 0; n < len(files); n++ {
		if files[n].name == "manifest.json" {
			var entry []saved
			if err := json.Unmarshal(files[n].content, &entry); err != nil {
				t.Fatal(err)
			}
			both = append(both, entry...)
			files = append(files[:n], files[n+1:]...)
			n--
		}
	}
	path := writeFile(t, "images.tar", tarOf(t, append(files, file{name: "manifest.json", content: mustJSON(t, both)})...))
	id := digestOf(two.config).Hex
	checkFixture(t, openTest(t, path+":b:2", Options{}), one, false)
	checkFixture(t, openTest(t, path+":"+id[:12], Options{}), two, false)
	checkFixture(t, openTest(t, path+":sha256:"+id, Options{}), two, false)
	names := "a:1, b:2, sha256:" + id
	wantError(t, path, Options{}, path+": there are several images: add :NAME:TAG, one of "+names)
	wantError(t, path+":c", Options{}, path+":c: no image here is named c: there is "+names)
	wantError(t, path+":b:2", Options{Platform: "linux/arm64"}, path+":b:2: there is no image for linux/arm64: this one is for linux/amd64")
}

func TestOCIArchive(t *testing.T) {
	f := newFixture(t, "amd64")
	content := tarOf(t, layoutFiles(indexJSON(t, named(f.manifest, "v1")), f.blobs)...)
	for _, stored := range [][]byte{content, gzipOf(t, content), zstdOf(t, content)} {
		path := writeFile(t, "image.tar", stored)
		for _, ref := range []string{path, "oci-archive:" + path, path + ":v1", path + "@" + f.manifest.Digest.String(), path + ":@" + f.manifest.Digest.String()} {
			image := openTest(t, ref, Options{})
			if image.Kind != OCIArchive {
				t.Errorf("%s: kind %q", ref, image.Kind)
			}
			checkFixture(t, image, f, true)
		}
		checkFixture(t, openTest(t, "-:v1", Options{Stdin: bytes.NewReader(stored)}), f, true)
	}
}

func TestBadArchives(t *testing.T) {
	f := newFixture(t, "amd64")
	classic := savedFiles(t, f, "orders:latest")
	good := tarOf(t, classic...)
	layout := layoutFiles(indexJSON(t, f.manifest), f.blobs)
	without := func(files []file, name string) []file {
		var kept []file
		for _, f := range files {
			if f.name != name {
				kept = append(kept, f)
			}
		}
		return kept
	}
	with := func(files []file, name, content string) []file {
		return append(without(files, name), file{name: name, content: []byte(content)})
	}
	configName := digestOf(f.config).Hex + ".json"
	layerName := digestOf(f.plain[0]).Hex + "/layer.tar"
	lostBlob := f.layer(t, 0).Digest
	loop := with(classic, layerName, "")
	loop[len(loop)-1].link = "layer.tar"

	for name, c := range map[string]struct {
		scheme  string
		content []byte
		want    string
	}{
		"empty":     {"", nil, "it is empty: save the image again"},
		"text":      {"", bytes.Repeat([]byte("no archive\n"), 100), "this is no tar archive, neither plain nor compressed by gzip or zstd: use docker save, or skopeo copy to oci-archive:FILE"},
		"short":     {"", []byte("x"), "the archive is cut off: copy or save it again"},
		"cut":       {"", good[:len(good)-3000], "the archive is cut off: copy or save it again"},
		"cut gzip":  {"", gzipOf(t, good)[:200], "the gzip stream is cut off: copy or save the archive again"},
		"cut zstd":  {"", zstdOf(t, good)[:200], "the zstd stream is cut off: copy or save the archive again"},
		"bad gzip":  {"", append([]byte{0x1f, 0x8b, 9}, make([]byte, 50)...), "the gzip stream is damaged: gzip: invalid header: copy or save the archive again"},
		"zeros":     {"", make([]byte, 1024), "there is no image in this archive: it has neither manifest.json nor index.json; use docker save, or skopeo copy to oci-archive:FILE"},
		"export":    {"", tarOf(t, file{name: "etc/"}, file{name: "etc/passwd"}), "the archive is a file system, no image: use docker save, not docker export"},
		"no image":  {"", tarOf(t, with(classic, "manifest.json", "[]")...), "there is no image in this archive: manifest.json is empty"},
		"no layout": {"oci-archive:", good, "the archive has no index.json, it is one of docker save: write docker-archive:PATH"},
		"no docker": {"docker-archive:", tarOf(t, layout...), "the archive has no manifest.json, it is an OCI archive: write oci-archive:PATH"},
		"a web manifest": {"", tarOf(t, file{name: "manifest.json", content: []byte(`{"name":"app"}`)}),
			"manifest.json is no list of images as docker save writes it"},
		"no config":   {"", tarOf(t, without(classic, configName)...), "reading the configuration: " + configName + " is missing in the archive: save the image again"},
		"bad config":  {"", tarOf(t, with(classic, configName, "{")...), "reading the configuration: it is no JSON: unexpected end of JSON input at byte 1: build the image again"},
		"null config": {"", tarOf(t, with(classic, configName, "null")...), "reading the configuration: it is JSON and no object: build the image again"},
		"no layer":    {"", tarOf(t, without(classic, layerName)...), "layer 0: " + layerName + " is missing in the archive: save the image again"},
		"link loop":   {"", tarOf(t, loop...), "layer 0: " + layerName + ": it is behind more than 16 links"},
		"index no JSON": {"", tarOf(t, with(layout, "index.json", "{")...),
			"index.json is no valid JSON: save the image again"},
		"index empty": {"", tarOf(t, with(layout, "index.json", string(indexJSON(t)))...),
			"there is no image in this layout: index.json is empty"},
		"no manifest": {"", tarOf(t, without(layout, blobPath(f.manifest.Digest))...),
			"reading the manifest: the blob " + f.manifest.Digest.String() + " is missing: copy or push the image again"},
		"no blob": {"", tarOf(t, without(layout, blobPath(lostBlob))...),
			"layer 0 (" + lostBlob.String() + "): the manifest points to a missing blob: copy or push the image again"},
		"short blob": {"", tarOf(t, with(layout, blobPath(lostBlob), "x")...),
			"layer 0 (" + lostBlob.String() + "): the blob has 1 bytes, the manifest says " + number(f.layer(t, 0).Size) + ": copy or push the image again"},
		"lying manifest": {"", tarOf(t, with(layout, blobPath(f.manifest.Digest), strings.Replace(string(f.blobs[f.manifest.Digest]), "2", "3", 1))...),
			"reading the manifest: " + f.manifest.Digest.String() + ": the bytes have the digest " +
				digestOf([]byte(strings.Replace(string(f.blobs[f.manifest.Digest]), "2", "3", 1))).String() +
				", the manifest says " + f.manifest.Digest.String() + ": copy or push the image again"},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, "image.tar", c.content)
			wantError(t, c.scheme+path, Options{}, c.scheme+path+": "+c.want)
			if c.scheme == "" {
				wantError(t, "-", Options{Stdin: bytes.NewReader(c.content)}, "-: "+c.want)
			}
		})
	}
}

func number(n int64) string { b, _ := json.Marshal(n); return string(b) }

// Every cut of an archive is an error, or else all of the image is there.
func TestCutArchive(t *testing.T) {
	f := newFixture(t, "amd64")
	for name, files := range map[string][]file{
		"docker": savedFiles(t, f, "x"), "oci": layoutFiles(indexJSON(t, f.manifest), f.blobs),
	} {
		content := tarOf(t, files...)
		for cut := 0; cut < len(content); cut += 256 {
			image, err := openArchive(context.Background(), "", bytes.NewReader(content[:cut]), int64(cut), "", Options{})
			if err == nil {
				checkFixture(t, image, f, name == "oci")
			}
		}
	}
}

func TestOCIDir(t *testing.T) {
	f, other := newFixture(t, "amd64"), newFixture(t, "arm64")
	dir := writeDir(t, layoutFiles(indexJSON(t, named(f.manifest, "v1")), f.blobs))
	for _, ref := range []string{dir, "oci-dir:" + dir, dir + ":v1", "oci-dir:" + dir + "@" + f.manifest.Digest.String()} {
		image := openTest(t, ref, Options{})
		if image.Kind != OCIDir {
			t.Errorf("%s: kind %q", ref, image.Kind)
		}
		checkFixture(t, image, f, true)
	}

	for digest, blob := range other.blobs {
		f.blobs[digest] = blob
	}
	dir = writeDir(t, layoutFiles(indexJSON(t, named(f.manifest, "v1"), named(f.manifest, "latest"), other.manifest), f.blobs))
	checkFixture(t, openTest(t, dir+":latest", Options{}), f, true)
	checkFixture(t, openTest(t, dir+"@"+other.manifest.Digest.String(), Options{}), other, true)
	names := "v1, latest, @" + other.manifest.Digest.String()
	wantError(t, dir, Options{}, dir+": there are several images: add :TAG or @DIGEST, one of "+names)
	wantError(t, dir+":v2", Options{}, dir+":v2: no image here is named v2: there is "+names)
}

func TestBadPaths(t *testing.T) {
	f := newFixture(t, "amd64")
	dir := t.TempDir()
	gone := filepath.Join(dir, "gone.tar")
	path := writeFile(t, "image.tar", tarOf(t, savedFiles(t, f, "x")...))
	missing := "there is no such file or directory: check the path"
	wantError(t, "docker-archive:"+gone, Options{}, "docker-archive:"+gone+": "+missing)
	wantError(t, "oci-dir:"+gone+":v1", Options{}, "oci-dir:"+gone+":v1: "+missing)
	wantError(t, gone, Options{}, gone+": "+missing)
	for _, ref := range []string{"gone.tar", "a/gone.tar.gz:orders:1", "./gone", "~/gone", `c:\gone`} {
		wantError(t, ref, Options{}, printable(ref)+": "+missing)
	}
	wantError(t, "docker-archive:", Options{}, "docker-archive:: nothing follows the scheme: write docker-archive:PATH")
	wantError(t, "", Options{}, ": the image's name is empty")
	wantError(t, dir, Options{}, dir+": this directory is no OCI layout, it has no file oci-layout: use skopeo copy to oci:DIR, or docker save to a file")
	wantError(t, "docker-archive:"+dir, Options{}, "docker-archive:"+dir+": this is a directory, no archive: an OCI layout is oci-dir:"+dir)
	wantError(t, "oci-dir:"+path, Options{}, "oci-dir:"+path+": this is a file, no directory: an archive is oci-archive:"+path+" or docker-archive:"+path)
	wantError(t, "-", Options{}, "-: there is no standard input to read")
	wantError(t, "recipe:x", Options{}, "recipe:x: recipes cannot be read here")
	wantError(t, path, Options{Platform: "arm64"}, `platform "arm64": write OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64`)

	layout := writeDir(t, layoutFiles(indexJSON(t, f.manifest), f.blobs))
	if err := os.Remove(filepath.Join(layout, "index.json")); err != nil {
		t.Fatal(err)
	}
	wantError(t, layout, Options{}, layout+": index.json: it is missing in the layout: save the image again")
}

// A layer whose bytes are not those of its digest ends in an error, never in
// io.EOF.
func TestLayerDigestLies(t *testing.T) {
	f := newFixture(t, "amd64")
	d := f.layer(t, 1)
	false1 := bytes.Clone(f.blobs[d.Digest])
	false1[len(false1)-1] ^= 1
	f.blobs[d.Digest] = false1
	files := layoutFiles(indexJSON(t, f.manifest), f.blobs)
	for _, ref := range []string{writeDir(t, files), writeFile(t, "image.tar", tarOf(t, files...))} {
		image := openTest(t, ref, Options{})
		if _, err := readLayer(image.Layers[0]); err != nil {
			t.Errorf("layer 0: %v", err)
		}
		_, err := readLayer(image.Layers[1])
		checkError(t, err, "layer 1 ("+d.Digest.String()+"): the bytes have the digest "+digestOf(false1).String()+
			", the manifest says "+d.Digest.String()+": copy or push the image again")
	}
}

func TestForeignLayer(t *testing.T) {
	f := newFixture(t, "amd64")
	foreign := v1.Descriptor{MediaType: types.DockerForeignLayer, Digest: digestOf([]byte("elsewhere")), Size: 9, URLs: []string{"https://example.com/layer"}}
	top := f.addManifest(t, f.add(types.OCIConfigJSON, f.config), []v1.Descriptor{foreign, f.layer(t, 0)})
	image := openTest(t, writeDir(t, layoutFiles(indexJSON(t, top), f.blobs)), Options{})
	if image.Layers[0].Missing == "" || image.Layers[0].Blob != nil || image.Layers[1].Missing != "" {
		t.Errorf("layers %+v", image.Layers)
	}
}

// Real archives by real builders, where they are at hand.
func TestRealArchives(t *testing.T) {
	dir := os.Getenv("LAMBDALINT_IMAGES")
	if dir == "" {
		t.Skip("LAMBDALINT_IMAGES names no directory with real archives")
	}
	for name, want := range map[string]struct {
		kind   Kind
		layers int
		vouch  bool
	}{
		"docker-save.tar": {DockerArchive, 14, false}, "kaniko.tar": {DockerArchive, 14, false},
		"oci-gzip.tar": {OCIArchive, 1, true}, "oci-zstd.tar": {OCIArchive, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			image := openTest(t, filepath.Join(dir, name), Options{})
			if image.Kind != want.kind || len(image.Layers) != want.layers || image.Vouches.Manifest != want.vouch {
				t.Errorf("%s, %d layers, %+v", image.Kind, len(image.Layers), image.Vouches)
			}
			readLayers(t, image)
		})
	}
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	path := writeFile(t, "image.tar", []byte("x"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	wantError(t, path, Options{}, path+": no permission to read it: check the owner and mode of the file and of its directories")
}

// A pipe that says nothing does not keep an interrupted run.
func TestInterruptedSpool(t *testing.T) {
	silent, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	dir := t.TempDir()
	_, err := Open(ctx, "-", Options{Stdin: silent, TempDir: dir})
	checkError(t, err, "-: context canceled")
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is lost")
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNoTempDir(t *testing.T) {
	_, err := Open(context.Background(), "-", Options{Stdin: strings.NewReader("x"), TempDir: filepath.Join(t.TempDir(), "gone")})
	if err == nil || !strings.HasPrefix(err.Error(), "-: making a temporary file: ") {
		t.Error(err)
	}
}

// Progress counts the bytes that are read, not those that are written.
func TestProgress(t *testing.T) {
	f := newFixture(t, "arm64")
	stored := gzipOf(t, tarOf(t, savedFiles(t, f, "x")...))
	path := writeFile(t, "image.tar.gz", stored)
	var done, total int64
	openTest(t, path, Options{Progress: func(what string, d, n int64) {
		if what != "image.tar.gz" {
			t.Errorf("progress of %q", what)
		}
		done, total = d, n
	}})
	if size := int64(len(stored)); done != size || total != size {
		t.Errorf("%d of %d, want %d", done, total, size)
	}
}
