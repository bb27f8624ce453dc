package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// DotnetDepsFile is what a .deps.json tells: what an application was built of.
type DotnetDepsFile struct {
	// RuntimeTarget is the framework and, behind a slash, the platform it was
	// published for, such as ".NETCoreApp,Version=v8.0/linux-x64".
	RuntimeTarget string `json:"runtime_target,omitempty"`
	// Libraries are the packages and projects, sorted by name.
	Libraries []DotnetLibrary `json:"libraries,omitempty"`
}

// DotnetLibrary is a package or project of a .NET application.
type DotnetLibrary struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	// Type is project, package, reference or runtimepack.
	Type string `json:"type,omitempty"`
}

// Library gives the library of a name; NuGet's names are case-insensitive.
func (d DotnetDepsFile) Library(name string) (DotnetLibrary, bool) {
	for _, l := range d.Libraries {
		if strings.EqualFold(l.Name, name) {
			return l, true
		}
	}
	return DotnetLibrary{}, false
}

const dotnetMaxLibraries = 1 << 14

// DotnetDeps asks what a .deps.json names: a DotnetDepsFile.
func DotnetDeps() layer.Question { return question("dotnet-deps/1", readDotnetDeps) }

func readDotnetDeps(r io.ReaderAt, size int64) (DotnetDepsFile, error) {
	fields, err := readDotnetJSON(r, size)
	if err != nil {
		return DotnetDepsFile{}, err
	}
	var result DotnetDepsFile
	if target, err := parseObject(fields["runtimeTarget"]); err == nil {
		result.RuntimeTarget = jsonString(target["name"])
	}
	libraries, _ := parseObject(fields["libraries"])
	if len(libraries) > dotnetMaxLibraries {
		return result, fmt.Errorf("%d libraries, more than the %d that are read", len(libraries), dotnetMaxLibraries)
	}
	for _, key := range slices.Sorted(maps.Keys(libraries)) {
		name, version, _ := strings.Cut(key, "/")
		library := DotnetLibrary{Name: name, Version: version}
		if more, err := parseObject(libraries[key]); err == nil {
			library.Type = jsonString(more["type"])
		}
		result.Libraries = append(result.Libraries, library)
	}
	return result, nil
}

// readDotnetJSON reads JSON with the comments that the .NET host allows.
func readDotnetJSON(r io.ReaderAt, size int64) (map[string]json.RawMessage, error) {
	data, err := readAll(r, size, jsonLimit)
	if err != nil {
		return nil, err
	}
	return parseObject(withoutComments(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
}

// DotnetRuntimeConfigFile is what a .runtimeconfig.json asks of the host.
type DotnetRuntimeConfigFile struct {
	// TFM is the target framework, such as "net8.0".
	TFM string `json:"tfm,omitempty"`
	// Frameworks are the shared frameworks that must be installed.
	Frameworks []DotnetFramework `json:"frameworks,omitempty"`
	// Included are the frameworks that lie beside the application, which then
	// needs none installed.
	Included []DotnetFramework `json:"included,omitempty"`
	// RollForward says which newer frameworks will do, "" for the default.
	RollForward string `json:"roll_forward,omitempty"`
	// InvariantGlobalization is true where ICU's libraries are not needed.
	InvariantGlobalization bool `json:"invariant_globalization,omitempty"`
}

// DotnetFramework is a shared framework, such as Microsoft.NETCore.App 8.0.0.
type DotnetFramework struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

const dotnetMaxFrameworks = 64

// DotnetRuntimeConfig asks what a .runtimeconfig.json asks of the host: a
// DotnetRuntimeConfigFile.
func DotnetRuntimeConfig() layer.Question {
	return question("dotnet-runtime-config/1", readDotnetRuntimeConfig)
}

func readDotnetRuntimeConfig(r io.ReaderAt, size int64) (DotnetRuntimeConfigFile, error) {
	var result DotnetRuntimeConfigFile
	fields, err := readDotnetJSON(r, size)
	if err != nil {
		return result, err
	}
	options, err := parseObject(fields["runtimeOptions"])
	if err != nil {
		return result, fmt.Errorf("runtimeOptions: %w", err)
	}
	result.TFM, result.RollForward = jsonString(options["tfm"]), jsonString(options["rollForward"])
	var one DotnetFramework
	if json.Unmarshal(options["framework"], &one) == nil && one.Name != "" {
		result.Frameworks = []DotnetFramework{one}
	}
	for field, into := range map[string]*[]DotnetFramework{"frameworks": &result.Frameworks, "includedFrameworks": &result.Included} {
		raw, ok := options[field]
		if !ok {
			continue
		}
		var many []DotnetFramework
		if err := json.Unmarshal(raw, &many); err != nil {
			return result, fmt.Errorf("%s: %w", field, err)
		}
		if len(many) > dotnetMaxFrameworks {
			return result, fmt.Errorf("%d frameworks, more than the %d that are read", len(many), dotnetMaxFrameworks)
		}
		*into = append(*into, many...)
	}
	if properties, err := parseObject(options["configProperties"]); err == nil {
		value := strings.Trim(string(properties["System.Globalization.Invariant"]), `"`)
		result.InvariantGlobalization = strings.EqualFold(value, "true")
	}
	return result, nil
}
