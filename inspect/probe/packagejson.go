package probe

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// PackageJSONFile is what Node.js and npm read of a package.json. A field of
// the wrong type counts as missing, as it does there.
type PackageJSONFile struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	// Type is module or commonjs, "" where it is not given.
	Type string `json:"type,omitempty"`
	// Main is the file that the package's name leads to, as written.
	Main string `json:"main,omitempty"`
	// Bin are the commands: name to file, as written. A single file has the
	// package's name.
	Bin map[string]string `json:"bin,omitempty"`
	// Exports is true where the package says itself what its names lead to.
	Exports bool `json:"exports,omitempty"`
	// Node is the range of Node.js versions in engines.
	Node string `json:"node,omitempty"`
}

const packageMaxBin = 4096

// PackageJSON asks for the fields of a package.json: a PackageJSONFile. It
// fails where the file is not a JSON object.
func PackageJSON() layer.Question { return question("package-json/1", readPackageJSON) }

func readPackageJSON(r io.ReaderAt, size int64) (PackageJSONFile, error) {
	fields, err := readJSON(r, size)
	if err != nil {
		return PackageJSONFile{}, err
	}
	result := PackageJSONFile{
		Name:    jsonString(fields["name"]),
		Version: jsonString(fields["version"]),
		Main:    jsonString(fields["main"]),
	}
	if t := jsonString(fields["type"]); t == "module" || t == "commonjs" {
		result.Type = t
	}
	exports, ok := fields["exports"]
	result.Exports = ok && string(exports) != "null"
	if engines, err := parseObject(fields["engines"]); err == nil {
		result.Node = jsonString(engines["node"])
	}
	if file := jsonString(fields["bin"]); file != "" {
		result.Bin = map[string]string{result.Name: file}
	} else if bin, err := parseObject(fields["bin"]); err == nil {
		if len(bin) > packageMaxBin {
			return result, fmt.Errorf("the package has %d commands, more than the %d that are read", len(bin), packageMaxBin)
		}
		result.Bin = stringFields(bin)
	}
	return result, nil
}

func stringFields(fields map[string]json.RawMessage) map[string]string {
	result := make(map[string]string)
	for name, raw := range fields {
		if s := jsonString(raw); s != "" {
			result[name] = s
		}
	}
	return result
}
