package inspect

import (
	"errors"

	"github.com/lambdalint/lambdalint/inspect/lifecycle"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// Lifecycle is until when what the image is built on is supported. All dates
// are YYYY-MM-DD and come from tables of this tool.
type Lifecycle struct {
	// RuntimesAsOf is the date on which AWS's list of runtimes was read.
	RuntimesAsOf string `json:"runtimes_as_of"`
	// Runtime is the row of that list for the AWS base image.
	Runtime RuntimeLifecycle `json:"runtime"`
	// SystemsAsOf is the date on which the list of operating systems was read.
	SystemsAsOf string `json:"systems_as_of"`
	// System is the operating system that /etc/os-release names.
	System SystemLifecycle `json:"system"`
}

// RuntimeLifecycle is a row of AWS's list of runtimes.
type RuntimeLifecycle struct {
	// Identifier is the runtime's identifier, "" where the image has no AWS base image or the list does not have it.
	Identifier string `json:"identifier"`
	// Name is its name for people.
	Name string `json:"name"`
	// OS is the operating system of its base image.
	OS string `json:"os"`
	// Deprecated is the date after which AWS no longer patches the base image, "" where none is scheduled.
	Deprecated string `json:"deprecated"`
	// BlockCreate is the date after which no .zip function can be made with the runtime, "" where none is scheduled.
	BlockCreate string `json:"block_create"`
	// BlockUpdate is the date after which no .zip function with the runtime can be changed, "" where none is scheduled.
	BlockUpdate string `json:"block_update"`
}

// SystemLifecycle is an operating system with its dates.
type SystemLifecycle struct {
	// ID is the ID of /etc/os-release, "" where there is no such file.
	ID string `json:"id"`
	// Version is the VERSION_ID of /etc/os-release.
	Version string `json:"version"`
	// Name is the system's name for people.
	Name string `json:"name"`
	// Listed is true where the list of operating systems has it.
	Listed bool `json:"listed"`
	// StandardUntil is the date of the last fixes of the distributor itself, "" where it is not listed.
	StandardUntil string `json:"standard_until"`
	// FreeUntil is the date of the last fixes that are free for everybody, "" where it is not listed.
	FreeUntil string `json:"free_until"`
	// Reason says why /etc/os-release could not be read, "" where it was or is not there.
	Reason string `json:"reason"`
}

func lifecycleFacts(runtime string, v *view) Lifecycle {
	runtimes, systems := lifecycle.AWSRuntimes(), lifecycle.OperatingSystems()
	row, _ := runtimes.Find(runtime)
	return Lifecycle{
		RuntimesAsOf: runtimes.AsOf, Runtime: RuntimeLifecycle(row),
		SystemsAsOf: systems.AsOf, System: systemLifecycle(systems, v),
	}
}

func systemLifecycle(systems lifecycle.Systems, v *view) SystemLifecycle {
	var out SystemLifecycle
	node, err := v.Stat("/etc/os-release")
	if errors.Is(err, rootfs.ErrNotExist) || errors.Is(err, rootfs.ErrDangling) {
		node, err = v.Stat("/usr/lib/os-release")
	}
	if err != nil {
		return out
	}
	answer, ok := v.Ask(node, probe.OSRelease())
	if !ok {
		return out
	}
	file, err := probe.Decode[probe.OSReleaseFile](answer)
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	out.ID, out.Version, out.Name = file.ID, file.VersionID, file.PrettyName
	if row, ok := systems.Find(file.ID, file.VersionID); ok {
		out.Name, out.Listed, out.StandardUntil, out.FreeUntil = row.Name, true, row.StandardUntil, row.FreeUntil
	}
	return out
}
