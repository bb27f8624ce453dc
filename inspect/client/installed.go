package client

import (
	"path"
	"regexp"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

var (
	pythonMetadata = regexp.MustCompile(`^(.*)/awslambdaric-([0-9][^/]*)\.(?:dist|egg)-info$`)
	rubyGem        = regexp.MustCompile(`/aws_lambda_ric-([0-9][^/]*)$`)
	javaJar        = regexp.MustCompile(`/aws-lambda-java-runtime-interface-client-([0-9][0-9.]*)[^/]*\.jar$`)
)

// findInstalled lists the packages of clients anywhere in the image. That one
// is there does not say that it is started.
func (f *finder) findInstalled() {
	f.files.Under("/", func(n rootfs.Node) bool {
		base := path.Base(n.Path)
		switch {
		case base == "proc" || base == "sys":
			return n.Path != "/"+base
		case base == "aws-lambda-ric" && n.IsDir():
			f.installedNode(n)
		case base == "awslambdaric" && n.IsDir():
			f.installedPython(n)
		case strings.HasPrefix(base, "aws_lambda_ric-") && n.IsDir():
			if m := rubyGem.FindStringSubmatch(n.Path); m != nil && path.Base(path.Dir(n.Path)) == "gems" {
				f.install(Client{Language: "ruby", Name: "aws_lambda_ric", Version: m[1], Path: n.Path, Evidence: []string{"the gem's directory"}})
			}
		case strings.HasPrefix(base, "aws-lambda-java-runtime-interface-client"):
			if m := javaJar.FindStringSubmatch(n.Path); m != nil {
				f.install(Client{Language: "java", Name: "aws-lambda-java-runtime-interface-client", Version: m[1], Path: n.Path, Evidence: []string{"the jar's name"}})
			}
		case n.Path == "/usr/local/bin/aws-lambda-rie":
			f.install(Client{Kind: "emulator", Name: "aws-lambda-rie", Path: n.Path, Evidence: []string{"its name"}})
		}
		return true
	})
}

func (f *finder) install(c Client) {
	if c.Kind == "" {
		c.Kind = "client"
	}
	f.installed = append(f.installed, c)
}

func (f *finder) installedNode(n rootfs.Node) {
	text, ok := f.text(path.Join(n.Path, "package.json"))
	if !ok {
		return
	}
	f.install(Client{Language: "nodejs", Name: "aws-lambda-ric", Version: jsonString(text, "version"), Path: n.Path, Evidence: []string{"its package.json"}})
}

// installedPython finds the version in the name of the metadata beside the
// package.
func (f *finder) installedPython(n rootfs.Node) {
	if _, ok := f.file(path.Join(n.Path, "__main__.py")); !ok {
		return
	}
	c := Client{Language: "python", Name: "awslambdaric", Path: n.Path, Evidence: []string{"the package's directory"}}
	f.files.Under(path.Dir(n.Path), func(beside rootfs.Node) bool {
		if m := pythonMetadata.FindStringSubmatch(beside.Path); m != nil && m[1] == path.Dir(n.Path) {
			c.Version = m[2]
			c.Evidence = append(c.Evidence, "the package's metadata")
		}
		return false
	})
	f.install(c)
}

var jsonFields = map[string]*regexp.Regexp{
	"version": regexp.MustCompile(`"version"\s*:\s*"([^"]*)"`),
}

// jsonString reads a text field of a small JSON file that need not be whole.
func jsonString(text, name string) string {
	if m := jsonFields[name].FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
