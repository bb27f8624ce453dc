package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// observer makes and runs images.
type observer struct {
	dir, work, keep string
	emulator        string // the emulator's path
	passwd          string // the path of /etc/passwd as Lambda has it
}

// sighting is what became of an image.
type sighting struct{ verdict, cause string }

// prepare looks for the engine and builds the emulator.
func (o *observer) prepare(ctx context.Context) error {
	if _, err := docker(ctx, "version"); err != nil {
		return fmt.Errorf("a Docker engine is %w: %w", errNotAtHand, err)
	}
	var err error
	if o.work, err = filepath.Abs(o.work); err != nil {
		return err
	}
	if o.keep != "" {
		if err := os.MkdirAll(o.keep, 0o755); err != nil {
			return err
		}
	}
	o.passwd = filepath.Join(o.work, "passwd")
	if err := os.MkdirAll(o.work, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(o.passwd, []byte("sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n"), 0o644); err != nil {
		return err
	}
	o.emulator = filepath.Join(o.work, "aws-lambda-rie")
	if _, err := os.Stat(o.emulator); err == nil {
		return nil
	}
	env := []string{"CGO_ENABLED=0", "GOBIN=" + o.work, "GOFLAGS="}
	if _, err := command(ctx, o.work, env, "go", "install", emulatorModule+"/cmd/aws-lambda-rie@"+emulatorVersion); err != nil {
		return fmt.Errorf("the emulator is %w: %w", errNotAtHand, err)
	}
	return nil
}

// one makes and runs one image.
func (o *observer) one(ctx context.Context, name string) (sighting, error) {
	archive := filepath.Join(o.work, "image.tar")
	if o.keep != "" {
		archive = filepath.Join(o.keep, name+".tar")
	}
	if err := o.build(ctx, name, archive); err != nil {
		return sighting{}, err
	}
	image := tag(name)
	if _, err := docker(ctx, "load", "-q", "-i", archive); err != nil {
		return sighting{}, err
	}
	defer func() { _, _ = docker(context.WithoutCancel(ctx), "image", "rm", "-f", image) }()
	var inspected []struct {
		Config struct {
			Entrypoint, Cmd []string
			WorkingDir      string
		}
	}
	out, err := docker(ctx, "image", "inspect", image)
	if err != nil {
		return sighting{}, err
	}
	if err := json.Unmarshal(out, &inspected); err != nil {
		return sighting{}, err
	}
	config := inspected[0].Config
	if config.WorkingDir == "" {
		config.WorkingDir = "/"
	}
	if ok, err := isDirectory(ctx, image, config.WorkingDir); err != nil || !ok {
		// The engine would make it; Lambda does not.
		return sighting{"fails", "Runtime.InvalidWorkingDir: " + config.WorkingDir}, err
	}
	return o.run(ctx, image, config.WorkingDir, append(config.Entrypoint, config.Cmd...))
}

// isDirectory looks into the image itself.
func isDirectory(ctx context.Context, image, path string) (bool, error) {
	id, err := docker(ctx, "create", "--workdir", "/", "--entrypoint", "/x", image)
	if err != nil {
		return false, err
	}
	container := strings.TrimSpace(string(id))
	defer func() { _, _ = docker(context.WithoutCancel(ctx), "rm", "-f", container) }()
	out, err := docker(ctx, "cp", "-L", container+":"+strings.TrimSuffix(path, "/")+"/.", "-")
	if err != nil {
		return false, nil // there is no such path, or it is no directory
	}
	header, err := tar.NewReader(bytes.NewReader(out)).Next()
	return err == nil && header.Typeflag == tar.TypeDir, nil
}

// seconds is how long a function may take.
const seconds = 10

// run starts the image under the emulator and sends one event.
func (o *observer) run(ctx context.Context, image, workdir string, argv []string) (sighting, error) {
	invoke, err := o.program(ctx, "go/invoke")
	if err != nil {
		return sighting{}, err
	}
	const port = "9000" // of a network that has nobody else
	args := []string{
		"create", "--network", "none", "--ipc", "none", "--read-only", "--tmpfs", "/tmp:rw,exec,mode=1777", "--user", "993:990",
		"--workdir", workdir, "--memory", "3g", "-v", o.passwd + ":/etc/passwd:ro", "-v", o.emulator + ":/.emulator:ro", "-v", invoke + ":/.invoke:ro",
		"-e", fmt.Sprintf("AWS_LAMBDA_FUNCTION_TIMEOUT=%d", seconds), "--entrypoint", "/.emulator", image,
		"--runtime-interface-emulator-address", "127.0.0.1:" + port, "--runtime-api-address", "127.0.0.1:9001",
	}
	id, err := docker(ctx, append(args, argv...)...)
	if err != nil {
		return sighting{}, err
	}
	container := strings.TrimSpace(string(id))
	defer func() { _, _ = docker(context.WithoutCancel(ctx), "rm", "-f", container) }()
	if _, err := docker(ctx, "start", container); err != nil {
		return sighting{}, err
	}
	var answer struct {
		Status int
		Body   string
	}
	said, err := docker(ctx, "exec", container, "/.invoke", port)
	if err != nil {
		return sighting{}, err
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		return sighting{}, fmt.Errorf("reading the answer: %w", err)
	}
	log, err := command(ctx, "", nil, "sh", "-c", "docker logs "+container+" 2>&1")
	if err != nil {
		return sighting{}, err
	}
	return judge(answer.Status, answer.Body, string(log)), nil
}

var (
	fatal     = regexp.MustCompile(`First fatal error stored in appctx: (\S+)`)
	failed    = regexp.MustCompile(`(?:Init|Invoke) failed error=(.*?)(?: InvokeID=\S*)?\n`)
	requestID = regexp.MustCompile(`RequestId: [0-9a-f-]{36} (?:Error: )?`)
)

// judge says what became of the image, from the answer and the emulator's log.
func judge(status int, body, log string) sighting {
	var failure struct{ ErrorType, ErrorMessage string }
	isObject := json.Unmarshal([]byte(body), &failure) == nil
	var cause []string
	switch {
	case isObject && failure.ErrorType != "":
		cause = append(cause, failure.ErrorType, requestID.ReplaceAllString(failure.ErrorMessage, ""))
	case strings.HasPrefix(body, "Task timed out after"):
		// The emulator gives this with status 200 in place of an answer.
		cause = append(cause, "Sandbox.Timedout", strings.TrimSpace(body))
	case status == http.StatusOK:
		return sighting{verdict: "works"}
	default:
		if m := fatal.FindStringSubmatch(log); m != nil {
			cause = append(cause, m[1])
		}
		for _, m := range failed.FindAllStringSubmatch(log, -1) {
			// These two say that it is tried again.
			if m[1] != "errResetReceived" && m[1] != "ErrAgentNameCollision" {
				cause = append(cause, m[1])
				break
			}
		}
		if len(cause) == 0 {
			cause = append(cause, fmt.Sprintf("status %d", status))
		}
	}
	return sighting{"fails", strings.Join(cause, ": ")}
}
