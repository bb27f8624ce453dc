// Package lifecycle holds until when AWS's runtimes and operating systems are
// supported, as dated tables.
//
// It refuses to know what an image is built on and what today's date is: it is
// asked for a name and gives dates.
package lifecycle

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed runtimes.json
var runtimesJSON []byte

//go:embed systems.json
var systemsJSON []byte

// Runtime is a row of AWS's list of runtimes. Dates are YYYY-MM-DD, "" where
// none is scheduled.
type Runtime struct {
	// Identifier is what the property Runtime of a function calls it.
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
	OS         string `json:"os"`
	// Deprecated is the date after which AWS no longer patches the runtime and
	// its base image.
	Deprecated string `json:"deprecated"`
	// BlockCreate and BlockUpdate are the dates after which .zip functions can
	// no longer be made and changed.
	BlockCreate string `json:"block_create"`
	BlockUpdate string `json:"block_update"`
}

// System is a release of an operating system.
type System struct {
	// ID is the ID of /etc/os-release.
	ID string `json:"id"`
	// Version is the VERSION_ID, or the beginning of it up to a dot.
	Version string `json:"version"`
	Name    string `json:"name"`
	// StandardUntil is the date of the last fixes of the distributor itself.
	StandardUntil string `json:"standard_until"`
	// FreeUntil is the date of the last fixes that are free for everybody, such
	// as those of Debian's long term support.
	FreeUntil string `json:"free_until"`
}

// Runtimes is AWS's list of runtimes.
type Runtimes struct {
	// AsOf is the date on which the list was read.
	AsOf string    `json:"as_of"`
	Rows []Runtime `json:"runtimes"`
}

// Systems is the list of operating systems.
type Systems struct {
	// AsOf is the date on which the list was read.
	AsOf string   `json:"as_of"`
	Rows []System `json:"systems"`
}

// AWSRuntimes gives the list of runtimes.
var AWSRuntimes = sync.OnceValue(func() Runtimes { return decode[Runtimes](runtimesJSON) })

// OperatingSystems gives the list of operating systems.
var OperatingSystems = sync.OnceValue(func() Systems { return decode[Systems](systemsJSON) })

// decode reads an embedded table. A table that is no JSON is a fault of the
// build, which the tests find.
func decode[T any](data []byte) T {
	var table T
	if err := json.Unmarshal(data, &table); err != nil {
		panic(fmt.Sprintf("decoding an embedded table: %v", err))
	}
	return table
}

// Find gives a runtime by its identifier.
func (r Runtimes) Find(identifier string) (Runtime, bool) {
	for _, row := range r.Rows {
		if row.Identifier == identifier {
			return row, true
		}
	}
	return Runtime{}, false
}

// Find gives a system by what /etc/os-release says.
func (s Systems) Find(id, version string) (System, bool) {
	for _, row := range s.Rows {
		if row.ID == id && (row.Version == version || strings.HasPrefix(version, row.Version+".")) {
			return row, true
		}
	}
	return System{}, false
}
