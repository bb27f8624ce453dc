package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/moby/client"
)

// pingTimeout is how long an engine may take to answer at all.
const pingTimeout = 10 * time.Second

// noEngineError says that no engine answers.
type noEngineError struct{ text string }

func (e *noEngineError) Error() string { return e.text }

// openEngine opens an image of a Docker-compatible engine: the one that
// DOCKER_HOST names, else the first on this machine that has the image.
func openEngine(ctx context.Context, ref string, opts Options) (*Image, error) {
	hosts, err := engineHosts(opts)
	if err != nil {
		return nil, err
	}
	var tried []string
	answered := false
	for _, host := range hosts {
		image, err := openAt(ctx, host, ref, opts)
		if err == nil {
			image.Tried = tried
			return image, nil
		}
		if !isAbsent(err) {
			return nil, err
		}
		var missing *NotFoundError
		answered = answered || errors.As(err, &missing)
		tried = append(tried, err.Error())
	}
	switch {
	case answered:
		return nil, &NotFoundError{strings.Join(tried, "; ")}
	case len(tried) > 0:
		return nil, &noEngineError{strings.Join(tried, "; ")}
	}
	return nil, &noEngineError{"no Docker-compatible engine has its socket on this machine: start Docker or Podman, or set DOCKER_HOST"}
}

// engineHosts lists where engines may listen, in the order of asking.
func engineHosts(opts Options) ([]string, error) {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		scheme, _, _ := strings.Cut(host, "://")
		switch scheme {
		case "unix", "npipe":
		case "tcp", "http", "https":
			if opts.Offline {
				return nil, &noEngineError{"the engine at DOCKER_HOST is not asked because of --offline"}
			}
		default:
			return nil, fmt.Errorf("DOCKER_HOST is %s: write unix://PATH or tcp://HOST:PORT", printable(withoutUser(host)))
		}
		return []string{host}, nil
	}
	if runtime.GOOS == "windows" {
		return []string{client.DefaultDockerHost}, nil
	}
	var hosts []string
	for _, path := range enginePaths(os.Getenv("HOME"), os.Getenv("XDG_RUNTIME_DIR"), os.Getuid()) {
		if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
			hosts = append(hosts, "unix://"+path)
		}
	}
	return hosts, nil
}

// enginePaths are where Docker, rootless Docker, Docker Desktop, Finch, Colima
// and Podman put their sockets.
func enginePaths(home, run string, uid int) []string {
	if run == "" {
		run = fmt.Sprintf("/run/user/%d", uid)
	}
	paths := []string{
		"/var/run/docker.sock",
		filepath.Join(run, "docker.sock"),
		"/Applications/Finch/lima/data/finch/sock/finch.sock",
		"/run/finch.sock",
		filepath.Join(run, "podman/podman.sock"),
		"/run/podman/podman.sock",
	}
	if home != "" {
		paths = append(paths,
			filepath.Join(home, ".docker/run/docker.sock"),
			filepath.Join(home, ".colima/default/docker.sock"),
			filepath.Join(home, ".local/share/containers/podman/machine/podman.sock"))
	}
	return paths
}

// openAt opens an image of the engine at host.
func openAt(ctx context.Context, host, ref string, opts Options) (*Image, error) {
	at := printable(withoutUser(host))
	engine, err := connect(ctx, host, opts)
	if err != nil {
		return nil, connectError(ctx, err, host, at)
	}
	defer func() { _ = engine.Close() }()

	var answer bytes.Buffer
	if _, err := engine.ImageInspect(ctx, ref, client.ImageInspectWithRawResponse(&answer)); err != nil {
		if errdefs.IsNotFound(err) {
			return nil, notFound("the engine at %s has no image %s: build or pull it first", at, printable(ref))
		}
		return nil, fmt.Errorf("asking the engine at %s for the image: %w", at, engineError(err))
	}
	inspected, err := readInspected(answer.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the answer of the engine at %s: %w", at, err)
	}
	var image *Image
	if opts.Quick {
		image, err = inspected.quick(opts)
	} else {
		image, err = export(ctx, engine, ref, inspected.Size, opts)
		if err != nil {
			err = fmt.Errorf("exporting the image from the engine at %s: %w", at, err)
		}
	}
	if err != nil {
		return nil, err
	}
	image.Reference = ref
	if !inspected.isID(ref) {
		image.Repository = repositoryOf(ref)
	}
	return image, nil
}

func connect(ctx context.Context, host string, opts Options) (*client.Client, error) {
	options := []client.Opt{client.FromEnv, client.WithHost(host)}
	if opts.UserAgent != "" {
		options = append(options, client.WithUserAgent(opts.UserAgent))
	}
	engine, err := client.New(options...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if _, err := engine.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		_ = engine.Close()
		return nil, err
	}
	return engine, nil
}

// connectError says why an engine does not answer. Only the caller's own
// deadline is passed on as one.
func connectError(ctx context.Context, err error, host, at string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if path, isSocket := strings.CutPrefix(host, "unix://"); isSocket {
		info, statErr := os.Stat(path)
		switch {
		case errors.Is(statErr, fs.ErrNotExist):
			return &noEngineError{fmt.Sprintf("there is no socket at %s: start the engine, or set DOCKER_HOST", printable(path))}
		case errors.Is(statErr, fs.ErrPermission), strings.Contains(err.Error(), "permission denied"):
			return &noEngineError{fmt.Sprintf("no permission to use the socket at %s: join its group (docker), or use the rootless engine", printable(path))}
		case statErr == nil && info.Mode()&os.ModeSocket == 0:
			return &noEngineError{fmt.Sprintf("%s is no socket: check DOCKER_HOST", printable(path))}
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &noEngineError{fmt.Sprintf("the engine at %s did not answer within %s: restart it, or check DOCKER_HOST", at, pingTimeout)}
	}
	return &noEngineError{fmt.Sprintf("the engine at %s does not answer: start it, or check DOCKER_HOST", at)}
}

// engineError is an error of the client as one line, with the sentinels of a
// context kept.
func engineError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return quoted(withoutURL(err))
}

// withoutUser takes credentials off a host's URL.
func withoutUser(host string) string {
	parsed, err := url.Parse(host)
	if err != nil || parsed.User == nil {
		return host
	}
	parsed.User = nil
	return parsed.String()
}

// export saves the image to one temporary file and opens it as an archive.
// size is about the number of bytes to come.
func export(ctx context.Context, engine *client.Client, ref string, size int64, opts Options) (*Image, error) {
	stream, err := engine.ImageSave(ctx, []string{ref})
	if err != nil {
		return nil, engineError(err)
	}
	defer func() { _ = stream.Close() }()
	image, err := spoolArchive(ctx, "", stream, "exporting "+printable(ref), size, "", opts)
	if err != nil {
		return nil, err
	}
	image.Kind = Docker
	if !image.Vouches.Manifest {
		image.Vouches.Reason = "the engine's store has no manifest: the media types, sizes and digests are made at the push"
	}
	return image, nil
}

// inspected is what an engine tells about an image without exporting it
// (Docker Engine API, GET /images/{name}/json).
type inspected struct {
	ID                        string `json:"Id"`
	RepoTags                  []string
	Os, Architecture, Variant string
	Created                   string
	Size                      int64
	Config                    json.RawMessage
	RootFS                    struct{ Layers []string }
}

func readInspected(raw []byte) (*inspected, error) {
	if len(raw) > maxConfig {
		return nil, fmt.Errorf("it has more than the %d bytes that are read", maxConfig)
	}
	var answer inspected
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, errors.New("it is no description of an image")
	}
	return &answer, nil
}

// isID reports whether ref is the image's ID or the beginning of it. A name
// that is written alike goes first, as it does for the engine.
func (i *inspected) isID(ref string) bool {
	for _, tag := range i.RepoTags {
		if strings.HasPrefix(tag, ref+":") {
			return false
		}
	}
	return strings.HasPrefix(i.ID, ref) || strings.HasPrefix(strings.TrimPrefix(i.ID, "sha256:"), ref)
}

// quick makes a configuration of the engine's answer. It has no history, and
// no layer can be read.
func (i *inspected) quick(opts Options) (*Image, error) {
	config := map[string]any{
		"os": i.Os, "architecture": i.Architecture,
		"rootfs": map[string]any{"type": "layers", "diff_ids": i.RootFS.Layers},
	}
	if i.Variant != "" {
		config["variant"] = i.Variant
	}
	if _, err := time.Parse(time.RFC3339Nano, i.Created); err == nil {
		config["created"] = i.Created
	}
	if len(i.Config) > 0 {
		config["config"] = i.Config
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	if err := checkPlatform(raw, opts.Platform); err != nil {
		return nil, err
	}
	image := &Image{Kind: Docker, Config: raw, Vouches: Vouches{
		Reason: "with --quick the engine tells the configuration, and neither manifest nor layers",
	}}
	for range i.RootFS.Layers {
		image.Layers = append(image.Layers, Layer{Size: -1, Missing: "not exported from the engine because of --quick"})
	}
	return image, nil
}

// repositoryOf is a reference without tag and digest, "" for none.
func repositoryOf(ref string) string {
	if _, err := name.ParseReference(ref, name.WeakValidation); err != nil {
		return ""
	}
	repository, _, _ := strings.Cut(ref, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		repository = repository[:colon]
	}
	return repository
}
