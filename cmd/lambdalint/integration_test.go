//go:build integration

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/report"
	"github.com/lambdalint/lambdalint/rules"
)

// parts are the real parts that .ci/integration starts.
type parts struct{ docker, podman, registry string }

func realParts(t *testing.T) parts {
	t.Helper()
	p := parts{os.Getenv("LAMBDALINT_TEST_DOCKER"), os.Getenv("LAMBDALINT_TEST_PODMAN"), os.Getenv("LAMBDALINT_TEST_REGISTRY")}
	if p.docker == "" || p.podman == "" || p.registry == "" {
		t.Fatal("no real parts: run these tests through .ci/integration")
	}
	return p
}

func command(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// check runs the program and reads its JSON report.
func checkJSON(t *testing.T, stdin []byte, args ...string) *report.Report {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(context.Background(), append([]string{"check", "-o", "json"}, args...), bytes.NewReader(stdin), &stdout, &stderr)
	if status == exitNotJudged {
		t.Fatalf("check %v: exit status 2\n%s", args, stderr.String())
	}
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("check %v: %v", args, err)
	}
	if r.ExitStatus != status {
		t.Errorf("check %v: exit status %d, the report says %d", args, status, r.ExitStatus)
	}
	return &r
}

// contextDir is what the test image is built of: a function in shell with one
// file that nobody else may read, one that a later layer hides, and links.
func contextDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]struct {
		data []byte
		mode os.FileMode
	}{
		"busybox":   {busybox, 0o755},
		"bootstrap": {[]byte("#!/bin/sh\nwhile :; do\n  wget -q -O - \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\"\ndone\n"), 0o755},
		"secret":    {[]byte("for root only\n"), 0o600},
		"Dockerfile": {[]byte(`FROM scratch
COPY busybox /bin/busybox
COPY busybox /bin/sh
COPY bootstrap /var/task/
COPY secret /var/task/settings.json
ENV _HANDLER=app.handler
USER 1000
WORKDIR /var/task
ENTRYPOINT ["/var/task/bootstrap"]
CMD ["app.handler"]
`), 0o644},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, file.data, file.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, file.mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sameFindings compares what two sources say of one image. A rule that one of
// them could not judge is left out and told.
func sameFindings(t *testing.T, name string, want, got *report.Report) {
	t.Helper()
	wanted, found := verdicts(want), verdicts(got)
	for _, rule := range slices.Sorted(keys(wanted, found)) {
		w, g := wanted[rule], found[rule]
		if w.status == rules.Undecided || g.status == rules.Undecided {
			t.Logf("%s: %s is %s here and %s there", name, rule, g.status, w.status)
			continue
		}
		if w.text != g.text {
			t.Errorf("%s: %s\n  there: %s\n  here:  %s", name, rule, w.text, g.text)
		}
	}
}

func keys(maps ...map[string]verdict) func(func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range maps {
			for key := range m {
				if !seen[key] && !yield(key) {
					return
				}
				seen[key] = true
			}
		}
	}
}

type verdict struct {
	status rules.Status
	text   string
}

func verdicts(r *report.Report) map[string]verdict {
	out := map[string]verdict{}
	for _, image := range r.Images {
		for _, o := range image.Outcomes {
			text := string(o.Status)
			for _, f := range o.Findings {
				text += fmt.Sprintf("\n    %s %s %s: %s", f.Level, f.Subject.Kind, f.Subject.Key, f.Message)
			}
			out[o.Rule] = verdict{o.Status, text}
		}
	}
	return out
}

// TestOneImageFromEverySource is the promise that it does not matter where an
// image lies: what docker build made is judged alike from everywhere.
func TestOneImageFromEverySource(t *testing.T) {
	p := realParts(t)
	dir, build := t.TempDir(), contextDir(t)
	docker := []string{"DOCKER_HOST=" + p.docker}
	name := "lambdalint-test:one"
	command(t, append(docker, "DOCKER_BUILDKIT=0"), "docker", "build", "-q", "-t", name, build)
	archive := filepath.Join(dir, "image.tar")
	command(t, docker, "docker", "save", "-o", archive, name)
	ref := p.registry + "/lambdalint/one:latest"
	command(t, nil, "skopeo", "copy", "--insecure-policy", "-q", "--dest-tls-verify=false", "docker-archive:"+archive, "docker://"+ref)
	layout, layoutTar := filepath.Join(dir, "layout"), filepath.Join(dir, "layout.tar")
	command(t, nil, "skopeo", "copy", "--insecure-policy", "-q", "docker-archive:"+archive, "oci:"+layout+":latest")
	command(t, nil, "skopeo", "copy", "--insecure-policy", "-q", "docker-archive:"+archive, "oci-archive:"+layoutTar+":latest")
	command(t, nil, "curl", "-sf", "--unix-socket", strings.TrimPrefix(p.podman, "unix://"), "-X", "POST", "-H", "Content-Type: application/x-tar",
		"--data-binary", "@"+archive, "http://d/v1.41/images/load")

	want := checkJSON(t, nil, "registry:"+ref)
	if want.Summary.Warning == 0 || want.Summary.Note == 0 {
		t.Fatalf("the test image should have findings: %+v", want.Summary)
	}
	saved, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	sameFindings(t, "docker-archive", want, checkJSON(t, nil, "docker-archive:"+archive))
	sameFindings(t, "docker-archive --verify", want, checkJSON(t, nil, "--verify", "docker-archive:"+archive))
	sameFindings(t, "oci-dir", want, checkJSON(t, nil, "oci-dir:"+layout))
	sameFindings(t, "oci-archive", want, checkJSON(t, nil, "oci-archive:"+layoutTar))
	sameFindings(t, "standard input", want, checkJSON(t, saved, "-"))
	t.Setenv("DOCKER_HOST", p.docker)
	sameFindings(t, "docker", want, checkJSON(t, nil, "docker:"+name))
	t.Setenv("DOCKER_HOST", p.podman)
	sameFindings(t, "podman", want, checkJSON(t, nil, "docker:"+name))
}

// TestImagesOfOtherBuilders reads what buildah makes, with its layers and
// squashed into one.
func TestImagesOfOtherBuilders(t *testing.T) {
	realParts(t)
	dir, build := t.TempDir(), contextDir(t)
	var reports []*report.Report
	for _, layers := range []string{"--layers=true", "--layers=false"} {
		archive := filepath.Join(dir, "buildah"+layers+".tar")
		command(t, nil, "buildah", "bud", "-q", layers, "-t", "lambdalint-test", build)
		command(t, nil, "buildah", "push", "-q", "lambdalint-test", "docker-archive:"+archive+":lambdalint-test:latest")
		reports = append(reports, checkJSON(t, nil, "docker-archive:"+archive))
	}
	sameFindings(t, "one layer", reports[0], reports[1])
	if reports[0].Summary.Warning == 0 {
		t.Errorf("no findings: %+v", reports[0].Summary)
	}
}
