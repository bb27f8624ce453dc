package source

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newEngine starts something that answers like an engine (Docker Engine API
// 1.41) and has one image, "orders:latest". save is its answer to an export.
func newEngine(t *testing.T, f *fixture, save http.HandlerFunc) (socket string) {
	t.Helper()
	isolate(t)
	// A socket's path is bound to about 100 bytes.
	dir, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	mux.HandleFunc("/v1.41/images/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.41/images/orders:latest/json" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"No such image"}`)
			return
		}
		_, _ = w.Write(inspectAnswer(t, f))
	})
	if save == nil {
		save = func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(tarOf(t, savedFiles(t, f, "orders:latest")...))
		}
	}
	mux.HandleFunc("/v1.41/images/get", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("names") != "orders:latest" {
			t.Errorf("export of %s", r.URL.RawQuery)
		}
		save(w, r)
	})
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	server.Start()
	t.Cleanup(server.Close)
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	return socket
}

func inspectAnswer(t *testing.T, f *fixture) []byte {
	var config struct {
		Architecture string          `json:"architecture"`
		Config       json.RawMessage `json:"config"`
		RootFS       struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(f.config, &config); err != nil {
		t.Error(err)
	}
	return mustJSON(t, map[string]any{
		"Id": digestOf(f.config).String(), "RepoTags": []string{"orders:latest"},
		"Os": "linux", "Architecture": config.Architecture, "Created": "2026-01-02T03:04:05.678Z", "Size": 1234,
		"Config": config.Config, "RootFS": map[string]any{"Type": "layers", "Layers": config.RootFS.DiffIDs},
	})
}

func TestEngine(t *testing.T) {
	f := newFixture(t, "arm64")
	newEngine(t, f, nil)
	for _, ref := range []string{"docker:orders:latest", "orders:latest"} {
		image := openTest(t, ref, Options{})
		if image.Kind != Docker || image.Reference != "orders:latest" || image.Repository != "orders" {
			t.Errorf("%s: %+v", ref, image)
		}
		checkFixture(t, image, f, false)
	}
	wantError(t, "docker:orders:latest", Options{Platform: "linux/amd64"},
		"docker:orders:latest: exporting the image from the engine at "+os.Getenv("DOCKER_HOST")+": there is no image for linux/amd64: this one is for linux/arm64")
	wantError(t, "docker:gone", Options{},
		"docker:gone: the engine at "+os.Getenv("DOCKER_HOST")+" has no image gone: build or pull it first")
}

func TestEngineQuick(t *testing.T) {
	f := newFixture(t, "arm64")
	newEngine(t, f, func(http.ResponseWriter, *http.Request) { t.Error("--quick exports the image") })
	image := openTest(t, "docker:orders:latest", Options{Quick: true})
	var got, want map[string]any
	if err := json.Unmarshal(image.Config, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(f.config, &want); err != nil {
		t.Fatal(err)
	}
	want["created"] = "2026-01-02T03:04:05.678Z"
	if gotJSON, wantJSON := mustJSON(t, got), mustJSON(t, want); string(gotJSON) != string(wantJSON) {
		t.Errorf("Config\n got %s\nwant %s", gotJSON, wantJSON)
	}
	if len(image.Layers) != 2 || image.Layers[0].Missing == "" || image.Layers[0].Blob != nil || image.Vouches.Reason == "" {
		t.Errorf("%+v", image)
	}
}

// containerd's store exports true manifests, an index among them.
func TestEngineContainerdStore(t *testing.T) {
	f, other := newFixture(t, "arm64"), newFixture(t, "amd64")
	index := f.addIndex(t, onPlatform(other.manifest, "linux/amd64"), onPlatform(f.manifest, "linux/arm64"))
	newEngine(t, f, func(w http.ResponseWriter, _ *http.Request) {
		manifest := []saved{{Config: blobPath(digestOf(f.config)), RepoTags: []string{"orders:latest"}}}
		_, _ = w.Write(tarOf(t, append(layoutFiles(indexJSON(t, index), f.blobs), file{name: "manifest.json", content: mustJSON(t, manifest)})...))
	})
	image := openTest(t, "docker:orders:latest", Options{})
	// Only one platform of the index is in the store: it is the one that is meant.
	if image.Top.Digest != index.Digest || !image.Children[1].Chosen || image.Kind != Docker {
		t.Errorf("%+v", image)
	}
	checkFixture(t, image, f, true)
}

func TestEngineFails(t *testing.T) {
	f := newFixture(t, "arm64")
	host := "unix://" + newEngine(t, f, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"message":"layer\nis gone"}`)
	})
	wantError(t, "docker:orders:latest", Options{},
		"docker:orders:latest: exporting the image from the engine at "+host+": Error response from daemon: layer is gone")
	host = "unix://" + newEngine(t, f, func(w http.ResponseWriter, _ *http.Request) {
		content := tarOf(t, savedFiles(t, f, "orders:latest")...)
		_, _ = w.Write(content[:2000])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	wantError(t, "docker:orders:latest", Options{},
		"docker:orders:latest: exporting the image from the engine at "+host+": the bytes broke off before their end: try again: unexpected EOF")
	host = "unix://" + newEngine(t, f, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(tarOf(t, savedFiles(t, f, "orders:latest")...)[:2000])
	})
	wantError(t, "docker:orders:latest", Options{},
		"docker:orders:latest: exporting the image from the engine at "+host+": the archive is cut off: copy or save it again")
}

// A directory or a program beside the caller may be named as the image.
func TestNameOfDirectory(t *testing.T) {
	f := newFixture(t, "arm64")
	newEngine(t, f, nil)
	t.Chdir(t.TempDir())
	if err := os.Mkdir("orders", 0o700); err != nil {
		t.Fatal(err)
	}
	image := openTest(t, "orders:latest", Options{})
	if want := "what lies at orders is neither an archive nor an OCI layout"; image.Kind != Docker || len(image.Tried) != 1 || image.Tried[0] != want {
		t.Errorf("%s, tried %q", image.Kind, image.Tried)
	}
	if err := os.Remove("orders"); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "\x7fELF", strings.Repeat("x", 1000)} {
		if err := os.WriteFile("orders", []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
		if image := openTest(t, "orders:latest", Options{}); image.Kind != Docker {
			t.Errorf("%q: %s", content, image.Kind)
		}
	}
	if err := os.WriteFile("orders", tarOf(t, savedFiles(t, f, "orders:latest")...), 0o700); err != nil {
		t.Fatal(err)
	}
	if image := openTest(t, "orders", Options{}); image.Kind != DockerArchive {
		t.Errorf("an archive: %s", image.Kind)
	}
}

func TestNoEngine(t *testing.T) {
	isolate(t)
	socket := strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	wantError(t, "docker:orders", Options{}, "docker:orders: there is no socket at "+socket+": start the engine, or set DOCKER_HOST")
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, "docker:orders", Options{}, "docker:orders: "+socket+" is no socket: check DOCKER_HOST")
	t.Setenv("DOCKER_HOST", "ssh://jo:pa55@host")
	wantError(t, "docker:orders", Options{}, "docker:orders: DOCKER_HOST is ssh://host: write unix://PATH or tcp://HOST:PORT")
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
	wantError(t, "docker:orders", Options{}, "docker:orders: the engine at tcp://127.0.0.1:1 does not answer: start it, or check DOCKER_HOST")
	wantError(t, "docker:orders", Options{Offline: true}, "docker:orders: the engine at DOCKER_HOST is not asked because of --offline")
}

// A socket that nobody listens on is what a stopped engine leaves.
func TestStoppedEngine(t *testing.T) {
	f := newFixture(t, "arm64")
	socket := newEngine(t, f, nil)
	dead := socket + "2"
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	t.Setenv("DOCKER_HOST", "unix://"+dead)
	wantError(t, "docker:orders", Options{}, "docker:orders: the engine at unix://"+dead+" does not answer: start it, or check DOCKER_HOST")
}

func TestRepositoryOf(t *testing.T) {
	for ref, want := range map[string]string{
		"orders": "orders", "orders:1": "orders", "localhost:5000/a/orders:1": "localhost:5000/a/orders",
		"orders@sha256:" + strings.Repeat("0", 64): "orders", "Ä": "",
	} {
		if got := repositoryOf(ref); got != want {
			t.Errorf("repositoryOf(%q) = %q, want %q", ref, got, want)
		}
	}
}

func TestIsID(t *testing.T) {
	image := &inspected{ID: "sha256:abcdef0123456789", RepoTags: []string{"abc:1"}}
	for ref, want := range map[string]bool{"abcdef012345": true, "sha256:abcdef0123456789": true, "abc": false, "abcd": true, "orders": false} {
		if got := image.isID(ref); got != want {
			t.Errorf("isID(%q) = %v", ref, got)
		}
	}
}
