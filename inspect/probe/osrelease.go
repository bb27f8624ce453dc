package probe

import (
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// OSReleaseFile is what /etc/os-release says of the operating system; see
// os-release(5).
type OSReleaseFile struct {
	ID         string `json:"id,omitempty"`
	VersionID  string `json:"version_id,omitempty"`
	PrettyName string `json:"pretty_name,omitempty"`
}

const osReleaseLimit = 64 << 10 // bytes

// OSRelease asks which operating system an os-release file names: an
// OSReleaseFile.
func OSRelease() layer.Question { return question("os-release/1", readOSRelease) }

func readOSRelease(r io.ReaderAt, size int64) (OSReleaseFile, error) {
	var result OSReleaseFile
	data, err := readAll(r, size, osReleaseLimit)
	if err != nil {
		return result, err
	}
	if err := checkText("the file", string(data)); err != nil {
		return result, err
	}
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		switch key {
		case "ID":
			result.ID = shellValue(value)
		case "VERSION_ID":
			result.VersionID = shellValue(value)
		case "PRETTY_NAME":
			result.PrettyName = shellValue(value)
		}
	}
	return result, nil
}

// shellValue takes the quotes off a value as a shell does.
func shellValue(s string) string {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return s[1 : len(s)-1]
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
