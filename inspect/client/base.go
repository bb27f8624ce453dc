package client

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
)

// Base is a recognised AWS base image.
type Base struct {
	Name        string
	Language    string
	Version     string
	OS          string
	Runtime     string
	EntryScript bool
	Evidence    []string
}

// baseVariables are set alike in every AWS base image, to these values.
var baseVariables = map[string]string{
	"LANG": "en_US.UTF-8", "TZ": ":/etc/localtime", "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime",
	"PATH":            "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
	"LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
}

// BaseVariable reports whether an AWS base image sets a variable to the value.
func BaseVariable(name, value string) bool {
	base, ok := baseVariables[name]
	return ok && base == value
}

// FindBase recognises AWS's base images by their configuration and files: the
// entry script and the emulator, with the environment as a second witness.
func FindBase(chain *boot.Chain, env map[string]string, files boot.Files) Base {
	f := &finder{files: files, chain: chain}
	base := Base{EntryScript: startsBaseScript(chain)}
	if _, ok := f.file("/lambda-entrypoint.sh"); ok {
		base.Evidence = append(base.Evidence, "/lambda-entrypoint.sh is there")
	}
	if _, ok := f.file("/usr/local/bin/aws-lambda-rie"); ok {
		base.Evidence = append(base.Evidence, "/usr/local/bin/aws-lambda-rie is there")
	}
	if env["LAMBDA_TASK_ROOT"] == "/var/task" && env["LAMBDA_RUNTIME_DIR"] == "/var/runtime" {
		base.Evidence = append(base.Evidence, "the environment is that of AWS's images")
	}
	if len(base.Evidence) < 2 {
		return Base{EntryScript: base.EntryScript, Evidence: []string{}}
	}
	base.Name = "aws-lambda"
	base.OS = f.osRelease()
	f.language(&base)
	return base
}

func startsBaseScript(chain *boot.Chain) bool {
	for _, s := range chain.Steps {
		if s.Kind == boot.KindBaseScript {
			return true
		}
	}
	return false
}

var (
	osID      = regexp.MustCompile(`(?m)^ID="?([^"\n]*)"?$`)
	osVersion = regexp.MustCompile(`(?m)^VERSION_ID="?([^"\n]*)"?$`)
)

// osRelease is the system as ID-VERSION, such as amzn-2023.
func (f *finder) osRelease() string {
	text, ok := f.text("/etc/os-release")
	if !ok {
		return ""
	}
	id, version := osID.FindStringSubmatch(text), osVersion.FindStringSubmatch(text)
	if id == nil || version == nil {
		return ""
	}
	return id[1] + "-" + version[1]
}

var langPython = regexp.MustCompile(`^/var/lang/bin/python(3\.\d+)$`)

// language tells the language by what lies in /var/lang/bin, and the version
// by the release file that newer images have.
func (f *finder) language(base *Base) {
	if text, ok := f.text("/var/runtime/runtime-release"); ok {
		base.Version = releaseField(text, "VERSION")
		if name := releaseField(text, "LAMBDA_RUNTIME_NAME"); name != "" {
			base.Runtime = name
		}
	}
	for _, known := range []struct{ file, language string }{
		{"/var/lang/bin/node", "nodejs"}, {"/var/lang/bin/ruby", "ruby"}, {"/var/lang/bin/dotnet", "dotnet"}, {"/var/lang/bin/java", "java"},
	} {
		if _, ok := f.file(known.file); ok {
			base.Language = known.language
		}
	}
	for minor := 6; minor < 20; minor++ {
		p := "/var/lang/bin/python3." + strconv.Itoa(minor)
		if _, ok := f.file(p); ok {
			base.Language, base.Version = "python", langPython.FindStringSubmatch(p)[1]
		}
	}
	if base.Language == "" {
		base.Language = "provided"
	}
	if base.Version == "" {
		base.Version = f.languageVersion(base.Language)
	}
	if base.Runtime == "" {
		base.Runtime = runtimeName(base)
	}
}

// versionMarks are the files of older images that tell the language's version.
var versionMarks = map[string]struct {
	file    string
	pattern *regexp.Regexp
}{
	"nodejs": {"/var/lang/include/node/node_version.h", regexp.MustCompile(`(?m)^#define NODE_MAJOR_VERSION (\d+)`)},
	"java":   {"/var/lang/release", regexp.MustCompile(`(?m)^JAVA_VERSION="?([\d.]+)`)},
}

// languageVersion is the version where no release file of AWS tells it.
func (f *finder) languageVersion(language string) string {
	mark, ok := versionMarks[language]
	if !ok {
		return ""
	}
	text, ok := f.text(mark.file)
	if !ok {
		return ""
	}
	if found := mark.pattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

func releaseField(text, name string) string {
	for _, line := range strings.Split(text, "\n") {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// runtimeName is the identifier in AWS's list of runtimes, where language,
// version and system tell it.
func runtimeName(base *Base) string {
	major, minor, _ := strings.Cut(base.Version, ".")
	minor, _, _ = strings.Cut(minor, ".")
	switch base.Language {
	case "python":
		return "python" + base.Version
	case "nodejs":
		if major != "" {
			return "nodejs" + major + ".x"
		}
	case "ruby":
		if minor != "" {
			return "ruby" + major + "." + minor
		}
	case "dotnet":
		if major != "" {
			return "dotnet" + major
		}
	case "java":
		return javaRuntime(major, minor, base.OS)
	case "provided":
		switch base.OS {
		case "amzn-2023":
			return "provided.al2023"
		case "amzn-2":
			return "provided.al2"
		case "amzn-2018.03":
			return "provided"
		}
	}
	return ""
}

// javaRuntime is the identifier of a Java runtime. Versions up to 17 exist for
// two systems; the plain name is the older one's.
func javaRuntime(major, minor, os string) string {
	if major == "1" { // 1.8
		major = minor
	}
	switch {
	case major == "":
		return ""
	case major == "8" && os == "amzn-2":
		return "java8.al2"
	case os == "amzn-2023" && (major == "8" || major == "11" || major == "17"):
		return "java" + major + ".al2023"
	default:
		return "java" + major
	}
}
