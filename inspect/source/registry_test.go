package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// testRegistry is an in-process registry that holds one repository, "team/app".
type testRegistry struct {
	host string
	t    *testing.T
}

// newRegistry starts a registry; around may change its answers.
func newRegistry(t *testing.T, around func(http.Handler) http.Handler) *testRegistry {
	t.Helper()
	isolate(t)
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &testRegistry{host: strings.TrimPrefix(server.URL, "http://"), t: t}
}

// isolate keeps the credentials and engines of the machine out of a test.
func isolate(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("DOCKER_CONFIG", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("REGISTRY_AUTH_FILE", "")
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(home, "none.sock"))
}

func (r *testRegistry) put(path, mediaType string, content []byte) {
	r.t.Helper()
	request, err := http.NewRequest(http.MethodPut, "http://"+r.host+"/v2/team/app/"+path, bytes.NewReader(content))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", mediaType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		r.t.Fatalf("PUT %s: %s", path, response.Status)
	}
}

// push stores all blobs of a fixture, its documents by digest, and a tag.
func (r *testRegistry) push(f *fixture, tag string, top v1.Descriptor) {
	r.t.Helper()
	for digest, content := range f.blobs {
		r.put("blobs/uploads/1?digest="+digest.String(), "application/octet-stream", content)
	}
	for _, index := range []bool{false, true} {
		for digest, content := range f.blobs {
			mediaType, err := documentType("", content)
			if err == nil && types.MediaType(mediaType).IsIndex() == index && isDocument(mediaType) {
				r.put("manifests/"+digest.String(), mediaType, content)
			}
		}
	}
	r.put("manifests/"+tag, string(top.MediaType), f.blobs[top.Digest])
}

func TestRegistry(t *testing.T) {
	f := newFixture(t, "arm64")
	r := newRegistry(t, nil)
	r.push(f, "v1", f.manifest)
	for _, ref := range []string{"registry:" + r.host + "/team/app:v1", r.host + "/team/app:v1", "registry:" + r.host + "/team/app@" + f.manifest.Digest.String()} {
		image := openTest(t, ref, Options{})
		if image.Kind != Registry || image.Repository != r.host+"/team/app" || image.Reference != strings.TrimPrefix(ref, "registry:") {
			t.Errorf("%s: %+v", ref, image)
		}
		if image.Top != image.Manifest || image.Top.MediaType != string(types.OCIManifestSchema1) {
			t.Errorf("%s: top is %+v", ref, image.Top)
		}
		checkFixture(t, image, f, true)
	}
	image := openTest(t, r.host+"/team/app:v1", Options{})
	if len(image.Tried) != 2 {
		t.Errorf("Tried = %q", image.Tried)
	}
	wantError(t, "registry:"+r.host+"/team/app:v1", Options{Offline: true},
		"registry:"+r.host+"/team/app:v1: the registry "+r.host+" is not asked because of --offline")
	wantError(t, "registry:"+r.host+"/team/app:v1", Options{Platform: "linux/amd64"},
		"registry:"+r.host+"/team/app:v1: there is no image for linux/amd64: this one is for linux/arm64")
}

func TestRegistryIndex(t *testing.T) {
	f, other := newFixture(t, "arm64"), newFixture(t, "amd64")
	for digest, content := range other.blobs {
		f.blobs[digest] = content
	}
	arm, amd := onPlatform(f.manifest, "linux/arm64/v8"), onPlatform(other.manifest, "linux/amd64")
	single := f.addIndex(t, arm, attestation(t, f, arm))
	multi := f.addIndex(t, amd, arm, attestation(t, f, arm))
	r := newRegistry(t, nil)
	r.push(f, "single", single)
	r.push(f, "multi", multi)

	image := openTest(t, "registry:"+r.host+"/team/app:single", Options{})
	if image.Top.Digest != single.Digest || image.Undecided != "" || len(image.Children) != 2 ||
		!image.Children[0].Chosen || image.Children[0].Role != RoleImage ||
		image.Children[1].Chosen || image.Children[1].Role != RoleAttestation {
		t.Errorf("single: %+v", image)
	}
	checkFixture(t, image, f, true)

	for _, opts := range []Options{{Platform: "linux/arm64"}, {Platform: "linux/aarch64/v8"}, {Architecture: "arm64"}} {
		checkFixture(t, openTest(t, "registry:"+r.host+"/team/app:multi", opts), f, true)
	}
	checkFixture(t, openTest(t, "registry:"+r.host+"/team/app:multi", Options{Architecture: "x86_64"}), other, true)

	image = openTest(t, "registry:"+r.host+"/team/app:multi", Options{})
	if want := "the index has 2 images and none was chosen: give --platform, one of linux/amd64, linux/arm64/v8"; image.Undecided != want {
		t.Errorf("Undecided = %q, want %q", image.Undecided, want)
	}
	if image.Manifest != nil || image.Config != nil || image.Layers != nil || len(image.Children) != 3 {
		t.Errorf("undecided: %+v", image)
	}
	wantError(t, "registry:"+r.host+"/team/app:multi", Options{Platform: "windows/amd64"},
		"registry:"+r.host+"/team/app:multi: the index has no image for windows/amd64: it has linux/amd64, linux/arm64/v8")
}

func TestRegistryRefuses(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{401, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`,
			"the registry HOST denies access to team/app (401 Unauthorized, UNAUTHORIZED authentication required): check the permission to pull, or docker login HOST"},
		{403, `{"errors":[{"code":"DENIED","message":"requested access\nto the resource is denied"}]}`,
			"the registry HOST denies access to team/app (403 Forbidden, DENIED requested access to the resource is denied): check the permission to pull, or docker login HOST"},
		{404, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`,
			"the registry HOST has no image v1 in team/app (404 Not Found, MANIFEST_UNKNOWN manifest unknown): check the name and the tag"},
		{404, "<html>", "the registry HOST has no image v1 in team/app (404 Not Found): check the name and the tag"},
		{418, "\x1b[31m", "the registry HOST failed (418 I'm a teapot): try again later"},
	} {
		r := newRegistry(t, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v2/" {
					return
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
		})
		ref := "registry:" + r.host + "/team/app:v1"
		wantError(t, ref, Options{}, ref+": "+strings.ReplaceAll(c.want, "HOST", r.host))
	}
}

// Wrong credentials are refused, right ones are taken from Docker's file, and
// neither appears in an error.
func TestRegistryCredentials(t *testing.T) {
	f := newFixture(t, "arm64")
	locked := false
	r := newRegistry(t, func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); locked && (user != "jo" || password != "pa55") {
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			inner.ServeHTTP(w, r)
		})
	})
	r.push(f, "v1", f.manifest)
	locked = true
	ref := "registry:" + r.host + "/team/app:v1"
	login := func(auth string) {
		content := fmt.Sprintf(`{"auths":{%q:{"username":"jo","password":%q}}}`, r.host, auth)
		if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := ref + ": the registry " + r.host + " denies access to team/app (401 Unauthorized): check the permission to pull, or docker login " + r.host
	wantError(t, ref, Options{}, refused)
	login("wrong")
	wantError(t, ref, Options{}, refused)
	login("pa55")
	checkFixture(t, openTest(t, ref, Options{}), f, true)
	_, err := openClean(t, "registry:jo:pa55@"+r.host+"/team/app:v1", Options{})
	if err == nil || strings.Contains(err.Error(), "pa55") {
		t.Errorf("error %v", err)
	}
}

func TestRegistryDown(t *testing.T) {
	isolate(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := listener.Addr().String()
	_ = listener.Close()
	ref := "registry:" + host + "/team/app:v1"
	wantError(t, ref, Options{}, ref+": the registry "+host+" cannot be reached: dial tcp "+host+
		": connect: connection refused: check the name, the network and that it is up")
	wantError(t, host+"/team/app:v1", Options{}, host+"/team/app:v1: the registry "+host+" cannot be reached: dial tcp "+host+
		": connect: connection refused: check the name, the network and that it is up (before that: no file or directory has this name; there is no socket at "+
		strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://")+": start the engine, or set DOCKER_HOST)")
	wantError(t, "registry:Team/App", Options{},
		"registry:Team/App: this is no valid reference: write [HOST/]NAME[:TAG] or [HOST/]NAME@sha256:DIGEST, the name in lower case")
}

// A registry that hangs is left when the time is over.
func TestRegistryTimeout(t *testing.T) {
	release := make(chan struct{})
	r := newRegistry(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
	})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	ref := "registry:" + r.host + "/team/app:v1"
	_, err := Open(ctx, ref, Options{})
	checkError(t, err, ref+": asking the registry "+r.host+": context deadline exceeded")
}

// A layer that breaks off, has other bytes, or is not there is an error.
func TestRegistryBadLayers(t *testing.T) {
	f := newFixture(t, "arm64")
	d := f.layer(t, 0)
	stored := f.blobs[d.Digest]
	other := bytes.Repeat([]byte("x"), len(stored))
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"cut": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", number(d.Size))
			_, _ = w.Write(stored[:20])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "layer 0 (DIGEST): after 20 of SIZE bytes: the registry HOST broke the connection off: try again: unexpected EOF"},
		"short": {func(w http.ResponseWriter) { _, _ = w.Write(stored[:20]) },
			"layer 0 (DIGEST): after 20 of SIZE bytes: reading from HOST: error verifying sha256 checksum after reading 20 bytes; got \"" +
				digestOf(stored[:20]).String() + "\", want \"DIGEST\""},
		"other": {func(w http.ResponseWriter) { _, _ = w.Write(other) },
			"layer 0 (DIGEST): after SIZE of SIZE bytes: reading from HOST: error verifying sha256 checksum after reading SIZE bytes; got \"" +
				digestOf(other).String() + "\", want \"DIGEST\""},
		"missing": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
			"layer 0 (DIGEST): the registry HOST does not have this blob: push the image again"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := false
			r := newRegistry(t, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if broken && strings.HasSuffix(r.URL.Path, d.Digest.String()) {
						c.answer(w)
						return
					}
					inner.ServeHTTP(w, r)
				})
			})
			r.push(f, "v1", f.manifest)
			broken = true
			image := openTest(t, "registry:"+r.host+"/team/app:v1", Options{})
			_, err := readLayer(image.Layers[0])
			checkError(t, err, strings.NewReplacer("DIGEST", d.Digest.String(), "SIZE", number(d.Size), "HOST", r.host).Replace(c.want))
		})
	}
}

func TestRegistryBadDocuments(t *testing.T) {
	f := newFixture(t, "arm64")
	r := newRegistry(t, nil)
	noConfig := f.addManifest(t, v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: digestOf([]byte("gone")), Size: 4}, nil)
	badConfig := f.addManifest(t, f.add(types.OCIConfigJSON, []byte("[]")), nil)
	both := f.add(types.OCIImageIndex, bytes.Replace(f.blobs[f.manifest.Digest], []byte(`"layers"`), []byte(`"manifests":[],"layers"`), 1))
	r.push(f, "none", noConfig)
	r.push(f, "bad", badConfig)
	r.put("manifests/both", string(types.OCIManifestSchema1), f.blobs[both.Digest])
	r.put("manifests/hash", string(types.OCIManifestSchema1), []byte(`{"layers":[{"digest":"x\u001b[31m"}]}`))
	r.put("manifests/text", string(types.OCIManifestSchema1), []byte("text"))
	for tag, want := range map[string]string{
		"none": "reading the configuration: " + digestOf([]byte("gone")).String() + ": the registry " + r.host + " does not have this blob: push the image again",
		"bad":  "reading the configuration: it is JSON and no object: build the image again",
		"both": "reading the manifest: " + both.Digest.String() + ": the manifest is ambiguous: it lists layers and manifests, as an image and an index at once",
		"hash": "reading the manifest " + digestOf([]byte(`{"layers":[{"digest":"x\u001b[31m"}]}`)).String() + `: cannot parse hash: "x\x1b[31m"`,
		"text": "reading the manifest: " + digestOf([]byte("text")).String() + ": the manifest is not valid JSON: invalid character 'e' in literal true (expecting 'r')",
	} {
		ref := "registry:" + r.host + "/team/app:" + tag
		wantError(t, ref, Options{}, ref+": "+want)
	}
}

// What is no image opens, without configuration: the rules judge it.
func TestRegistryArtifacts(t *testing.T) {
	f := newFixture(t, "arm64")
	r := newRegistry(t, nil)
	artifact := f.addManifest(t, f.add("application/vnd.cncf.helm.config.v1+json", []byte("{}")), []v1.Descriptor{f.layer(t, 0)})
	r.push(f, "chart", artifact)
	schema1 := []byte(`{"schemaVersion":1,"name":"team/app","tag":"old","fsLayers":[],"history":[]}`)
	r.put("manifests/old", string(types.DockerManifestSchema1), schema1)
	image := openTest(t, "registry:"+r.host+"/team/app:chart", Options{})
	if image.Config != nil || image.ConfigMediaType != "application/vnd.cncf.helm.config.v1+json" || len(image.Layers) != 1 {
		t.Errorf("chart: %+v", image)
	}
	image = openTest(t, "registry:"+r.host+"/team/app:old", Options{})
	if image.Config != nil || image.Manifest == nil || image.Manifest.MediaType != string(types.DockerManifestSchema1) {
		t.Errorf("schema 1: %+v", image)
	}
}
