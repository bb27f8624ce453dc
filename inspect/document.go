package inspect

// SchemaName is the name and version of the facts document. Adding optional
// fields keeps the version; renaming or removing one makes image/v2.
const SchemaName = "image/v1"

// Image is the facts document: what is known of one image, exactly as rules
// see it in `input`. Doc comments of this file are its reference: the published
// JSON Schema is generated from them. Lists hold typed records; where a record
// points to another one it does so by an index into that list, and -1 means
// none. A field that is absent is not known.
type Image struct {
	// Schema is "image/v1".
	Schema string `json:"schema"`
	// AsOf is the date to judge lifecycles by, as YYYY-MM-DD, given by the caller.
	AsOf string `json:"as_of"`
	// Reference is what was asked for.
	Reference Reference `json:"reference"`
	// Source is where the image was read from and what that source can vouch for.
	Source Source `json:"source"`
	// Manifest is the manifest of the image, or the index that the reference names.
	Manifest Manifest `json:"manifest"`
	// Platform is the platform of the image's configuration.
	Platform Platform `json:"platform"`
	// Config is the image's configuration as Lambda reads it.
	Config Config `json:"config"`
	// Function is what the caller said about the Lambda function.
	Function Function `json:"function"`
	// Layers are the layers, bottom up.
	Layers []Layer `json:"layers"`
	// Unusual are entries of the layers' archives that a strict unpacker refuses or trips over.
	Unusual []UnusualEntry `json:"unusual"`
	// SetID are the visible files that run with the rights of their owner or group, by path.
	SetID []SetIDFile `json:"set_id"`
	// History are the history entries, oldest first.
	History []History `json:"history"`
	// Size tells how many bytes the image takes.
	Size Size `json:"size"`
	// Files are the files that a fact or a rule asked for, by path. Read them through data.lambdalint.paths.
	Files []File `json:"files"`
	// Removed are files that rules asked for, that lie in a layer and are not visible at run time.
	Removed []RemovedFile `json:"removed"`
	// Index finds records of files. Read it through data.lambdalint.paths.
	Index Index `json:"index"`
	// Asked is what the judged rule asked for. Read it through data.lambdalint.paths.
	Asked Asked `json:"asked"`
	// Selection is what is known of the paths that were asked for beyond the records.
	Selection Selection `json:"-"`
	// Boot is what Lambda will execute, step by step.
	Boot Boot `json:"boot"`
	// Unreadable are files of the function that Lambda's user cannot read, by directory.
	Unreadable []UnreadableFiles `json:"unreadable"`
	// ForeignModules are native modules of the function that are built for another platform, by path.
	ForeignModules []ForeignModules `json:"foreign_modules"`
	// Uncompiled are Python sources without bytecode, by directory.
	Uncompiled []UncompiledSources `json:"uncompiled"`
	// Extensions are what Lambda starts beside the function, by path.
	Extensions []Extension `json:"extensions"`
	// Runtime is what speaks the Runtime API.
	Runtime Runtime `json:"runtime"`
	// Handler is what the Runtime Interface Client is told to call.
	Handler Handler `json:"handler"`
	// Lifecycle is until when what the image is built on is supported.
	Lifecycle Lifecycle `json:"lifecycle"`
	// Complete is false where only the manifest and the configuration were read (--quick).
	Complete bool `json:"complete"`
}

// Reference is the image as the caller named it.
type Reference struct {
	// Name is the reference or path, without scheme.
	Name string `json:"name"`
	// Registry is the registry's host and port, "" where the image does not come from one.
	Registry string `json:"registry"`
	// Repository is the repository without registry, tag and digest, "" where there is none.
	Repository string `json:"repository"`
	// Tag is the tag, "" where none was given.
	Tag string `json:"tag"`
	// Digest is the digest that the caller gave, "" where none was given.
	Digest string `json:"digest"`
}

// Source is where the image was read from.
type Source struct {
	// Kind is registry, docker, docker-archive, oci-dir, oci-archive or recipe.
	Kind string `json:"kind"`
	// VouchesManifest is true where the manifest is the one that a registry would serve.
	VouchesManifest bool `json:"vouches_manifest"`
	// VouchesLayers is true where the layers' media types and digests are those of the registry.
	VouchesLayers bool `json:"vouches_layers"`
	// Reason says why something cannot be vouched for, "" where all can.
	Reason string `json:"reason"`
}

// Descriptor points to a blob by digest, as in the OCI image specification.
type Descriptor struct {
	// MediaType is the media type in the descriptor.
	MediaType string `json:"media_type"`
	// Digest is the hash of the blob's bytes.
	Digest string `json:"digest"`
	// Size is the number of the blob's bytes.
	Size int64 `json:"size"`
	// URLs are other places to fetch the blob from (foreign layers).
	URLs []string `json:"urls"`
	// Annotations are the descriptor's annotations, by name.
	Annotations []Pair `json:"annotations"`
}

// Pair is a name with a value.
type Pair struct {
	// Name is the name.
	Name string `json:"name"`
	// Value is the value.
	Value string `json:"value"`
}

// Manifest is what the reference names, and the manifest of the judged image.
type Manifest struct {
	// Kind is image, index, artifact (a manifest whose configuration is none of an image), or unknown where the source has no manifest.
	Kind string `json:"kind"`
	// Digest is the digest of what the reference names, "" where unknown.
	Digest string `json:"digest"`
	// MediaType is the media type of what the reference names, "" where unknown.
	MediaType string `json:"media_type"`
	// Size is the number of bytes of the judged image's manifest, -1 where unknown.
	Size int64 `json:"size"`
	// SchemaVersion is the schemaVersion of the manifest, 0 where unknown.
	SchemaVersion int64 `json:"schema_version"`
	// ArtifactType is the artifactType of the judged image's manifest.
	ArtifactType string `json:"artifact_type"`
	// Subject is the digest of the subject of the judged image's manifest, "" without one.
	Subject string `json:"subject"`
	// Config points to the configuration.
	Config Descriptor `json:"config"`
	// Layers point to the layers, as the manifest lists them.
	Layers []Descriptor `json:"layers"`
	// Annotations are the annotations of the judged image's manifest.
	Annotations []Pair `json:"annotations"`
	// Children are the entries of the index, in its order; empty without one.
	Children []Child `json:"children"`
	// Undecided says why no child of the index is judged, "" where one is.
	Undecided string `json:"undecided"`
}

// Child is one entry of an index.
type Child struct {
	// Role is image, attestation, index or artifact.
	Role string `json:"role"`
	// Digest is the child's digest.
	Digest string `json:"digest"`
	// MediaType is the child's media type.
	MediaType string `json:"media_type"`
	// Platform is the child's platform as os/arch or os/arch/variant, "" without one.
	Platform string `json:"platform"`
	// Chosen is true for the child that is judged.
	Chosen bool `json:"chosen"`
}

// Platform is the platform that the configuration claims.
type Platform struct {
	// OS is the operating system, such as linux.
	OS string `json:"os"`
	// Architecture is the architecture in Go's words, such as amd64 or arm64.
	Architecture string `json:"architecture"`
	// Variant is the variant of the architecture, such as v8.
	Variant string `json:"variant"`
}

// Config is the image's configuration, with lists instead of maps.
type Config struct {
	// Known is false where no configuration could be read because no child of an index was chosen.
	Known bool `json:"known"`
	// Entrypoint is ENTRYPOINT.
	Entrypoint []string `json:"entrypoint"`
	// Cmd is CMD.
	Cmd []string `json:"cmd"`
	// WorkingDir is WORKDIR as it is written, "" where it is not set.
	WorkingDir string `json:"working_dir"`
	// User is USER as it is written.
	User string `json:"user"`
	// Env is the environment, in order; the last of a name counts.
	Env []Variable `json:"env"`
	// Labels are the labels, by name.
	Labels []Pair `json:"labels"`
	// ExposedPorts are the exposed ports, such as 8080/tcp.
	ExposedPorts []string `json:"exposed_ports"`
	// Volumes are the volumes' paths.
	Volumes []string `json:"volumes"`
	// StopSignal is STOPSIGNAL.
	StopSignal string `json:"stop_signal"`
	// Healthcheck is true where a health check is set.
	Healthcheck bool `json:"healthcheck"`
	// OnBuild are the ONBUILD triggers.
	OnBuild []string `json:"on_build"`
	// Shell is SHELL.
	Shell []string `json:"shell"`
	// DiffIDs are the diff IDs that the configuration lists, bottom up.
	DiffIDs []string `json:"diff_ids"`
}

// Variable is one environment variable.
type Variable struct {
	// Name is the variable's name.
	Name string `json:"name"`
	// Value is its value.
	Value string `json:"value"`
	// Base is true where an AWS base image sets the same value.
	Base bool `json:"base"`
}

// Function is what the caller said about the Lambda function. What the caller did not say is "" or empty.
type Function struct {
	// Architecture is amd64 or arm64, "" where it was not said.
	Architecture string `json:"architecture"`
	// Entrypoint replaces ENTRYPOINT.
	Entrypoint []string `json:"entrypoint"`
	// Command replaces CMD.
	Command []string `json:"command"`
	// WorkingDirectory replaces WORKDIR.
	WorkingDirectory string `json:"working_directory"`
	// Overrides is true where the caller gave an entrypoint, a command or a working directory.
	Overrides bool `json:"overrides"`
	// Environment is set over the image's environment.
	Environment []Pair `json:"environment"`
	// Writable are directories where a file system is mounted.
	Writable []string `json:"writable"`
	// SnapStart is true where the function asks for SnapStart.
	SnapStart bool `json:"snap_start"`
	// Profile is default or managed-instances.
	Profile string `json:"profile"`
}

// Layer is one layer of the image. Digest is the hash of the compressed blob, diff ID the hash of the uncompressed archive.
type Layer struct {
	// Position is the position from the bottom, from 0.
	Position int `json:"position"`
	// Digest is the digest in the manifest, "" where the source has no true manifest.
	Digest string `json:"digest"`
	// MediaType is the media type in the manifest, "" where the source has no true manifest.
	MediaType string `json:"media_type"`
	// Compression is what the bytes are: none, gzip or zstd; "" where they were not read.
	Compression string `json:"compression"`
	// StoredSize is the number of bytes as they are stored, -1 where unknown.
	StoredSize int64 `json:"stored_size"`
	// Size is the number of bytes of the uncompressed archive, -1 where it was not read.
	Size int64 `json:"size"`
	// DiffID is the diff ID computed from the bytes, "" where they were not hashed.
	DiffID string `json:"diff_id"`
	// Entries is the number of entries of the archive.
	Entries int `json:"entries"`
	// History is the index of the history entry that made the layer, -1 where unknown.
	History int `json:"history"`
	// Base is true where the layer belongs to a recognised base image.
	Base bool `json:"base"`
	// Missing says why the layer could not be read, "" where it was.
	Missing string `json:"missing"`
}

// UnusualEntry is an entry, or several alike under one directory, of a layer's archive.
type UnusualEntry struct {
	// Kind is missing-parent, missing-hardlink-target, unsafe-name, long-name or special-file.
	Kind string `json:"kind"`
	// Layer is the index of the layer.
	Layer int `json:"layer"`
	// Path is the path of the first such entry.
	Path string `json:"path"`
	// Directory is the directory that they share; for missing-parent the one without an entry.
	Directory string `json:"directory"`
	// Detail is the link's target, the unclean name, the length or the type.
	Detail string `json:"detail"`
	// Count is how many entries fold into this record.
	Count int `json:"count"`
}

// SetIDFile is a regular file with the set-user-ID or set-group-ID bit.
type SetIDFile struct {
	// Path is the absolute path, without links in its directories.
	Path string `json:"path"`
	// ModeText is the mode as four octal digits; the first is 4 for set-user-ID, 2 for set-group-ID, 6 for both.
	ModeText string `json:"mode_text"`
	// UID is the owner's number.
	UID int `json:"uid"`
	// GID is the group's number.
	GID int `json:"gid"`
	// Layer is the index of the layer that holds the file.
	Layer int `json:"layer"`
}

// History is one history entry of the configuration.
type History struct {
	// CreatedBy is the text as the builder wrote it.
	CreatedBy string `json:"created_by"`
	// Instruction is the instruction in Dockerfile words, without what the builder added and without values that look like secrets.
	Instruction string `json:"instruction"`
	// Keyword is the instruction's first word, such as RUN, "" where none is recognised.
	Keyword string `json:"keyword"`
	// Key names the entry over rebuilds: hashes, argument values and dates are removed.
	Key string `json:"key"`
	// Comment is the comment of the entry.
	Comment string `json:"comment"`
	// Empty is true where the entry made no layer.
	Empty bool `json:"empty"`
	// Layer is the index of the layer that it made, -1 for none or unknown.
	Layer int `json:"layer"`
	// BuildArguments are arguments of the build that the builder wrote into the entry.
	BuildArguments []Pair `json:"build_arguments"`
}

// Size tells how many bytes the image takes.
type Size struct {
	// Known is false where not every layer was read.
	Known bool `json:"known"`
	// LayersSum is the sum of the uncompressed layers in bytes.
	LayersSum int64 `json:"layers_sum"`
	// Flattened is the sum of the visible regular files in bytes.
	Flattened int64 `json:"flattened"`
	// Shadowed is the sum of bytes that later layers delete or replace.
	Shadowed int64 `json:"shadowed"`
	// TopShadowed are the largest shadowed files, at most ten.
	TopShadowed []ShadowedFile `json:"top_shadowed"`
	// Files is the number of visible files of any type.
	Files int `json:"files"`
}

// ShadowedFile is a file whose bytes are in the image though nobody can see them.
type ShadowedFile struct {
	// Path is the absolute path.
	Path string `json:"path"`
	// Size is the number of its bytes.
	Size int64 `json:"size"`
	// Layer is the index of the layer that holds it.
	Layer int `json:"layer"`
	// By is the index of the layer that hides it.
	By int `json:"by"`
}

// File is one visible file of the merged root file system.
type File struct {
	// Path is the absolute path, without links in its directories.
	Path string `json:"path"`
	// Type is file, directory, symlink, char-device, block-device, fifo or socket.
	Type string `json:"type"`
	// Mode are the permission bits with set-uid (2048), set-gid (1024) and sticky (512).
	Mode int `json:"mode"`
	// ModeText is the mode as four octal digits.
	ModeText string `json:"mode_text"`
	// UID is the owner's number.
	UID int `json:"uid"`
	// GID is the group's number.
	GID int `json:"gid"`
	// Size is the number of bytes, 0 for all but regular files.
	Size int64 `json:"size"`
	// Layer is the index of the layer that holds the file.
	Layer int `json:"layer"`
	// Target is where a symlink points, as it is written.
	Target string `json:"target"`
	// Resolved is where the links end, "" where they do not end at a file.
	Resolved string `json:"resolved"`
	// Readable is true where Lambda's user (uid 993, gid 990) can read the file itself.
	Readable bool `json:"readable"`
	// Executable is true where Lambda's user may execute the file itself, or enter the directory.
	Executable bool `json:"executable"`
	// Reachable is true where Lambda's user can enter every directory above the file.
	Reachable bool `json:"reachable"`
	// Blocked is the first directory above the file that Lambda's user cannot enter, "" for none.
	Blocked string `json:"blocked"`
	// Content is the file's text, present where the rule's metadata asks for it.
	Content *string `json:"content,omitempty"`
	// ContentOmitted says why the content that was asked for is left out.
	ContentOmitted string `json:"content_omitted,omitempty"`
}

// RemovedFile is a file that lies in a layer and is not visible at run time.
type RemovedFile struct {
	// Path is the absolute path.
	Path string `json:"path"`
	// Size is the number of bytes.
	Size int64 `json:"size"`
	// Layer is the index of the layer that holds it.
	Layer int `json:"layer"`
	// Content is the file's text, present where the rule's metadata asks for it.
	Content *string `json:"content,omitempty"`
	// ContentOmitted says why the content that was asked for is left out.
	ContentOmitted string `json:"content_omitted,omitempty"`
}

// Index finds records by path.
type Index struct {
	// ByPath gives the index in files of a path.
	ByPath map[string]int `json:"by_path"`
}

// Asked is what one rule asked for, and what was found. It differs from rule to rule.
type Asked struct {
	// Rule is the rule's ID.
	Rule string `json:"rule"`
	// Patterns are regular expressions for the paths that the rule asked for.
	Patterns []string `json:"patterns"`
	// Contents are regular expressions for the paths whose content the rule asked for.
	Contents []string `json:"contents"`
	// Globs are the globs that the rule asked for, each with the files that match.
	Globs []AskedGlob `json:"globs"`
	// Usage is how much lies under the directories that the rule asked for.
	Usage []Usage `json:"usage"`
}

// AskedGlob is a glob and what it brought.
type AskedGlob struct {
	// Glob is the glob as the rule wrote it.
	Glob string `json:"glob"`
	// Files are indexes into files.
	Files []int `json:"files"`
	// Removed are indexes into removed.
	Removed []int `json:"removed"`
}

// Usage is how much lies under a directory.
type Usage struct {
	// Directory is the absolute path of the directory.
	Directory string `json:"directory"`
	// Bytes is the sum of the visible regular files under it.
	Bytes int64 `json:"bytes"`
	// Files is the number of visible files under it, of any type, without the directories.
	Files int `json:"files"`
	// TopLayer is the index of the layer that holds most of the bytes, -1 where there is nothing.
	TopLayer int `json:"top_layer"`
}
