package inspect

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/lambdalint/lambdalint/inspect/history"
	"github.com/lambdalint/lambdalint/inspect/source"
)

func sourceFacts(src *source.Image) Source {
	return Source{
		Kind: string(src.Kind), VouchesManifest: src.Vouches.Manifest, VouchesLayers: src.Vouches.Layers, Reason: src.Vouches.Reason,
	}
}

// splitReference takes a registry's reference apart. Paths are left whole.
func splitReference(src *source.Image) Reference {
	out := Reference{Name: src.Reference}
	if src.Kind != source.Registry && src.Kind != source.Docker {
		return out
	}
	ref, err := name.ParseReference(src.Reference, name.WeakValidation)
	if err != nil {
		return out
	}
	out.Repository = ref.Context().RepositoryStr()
	if src.Kind == source.Registry {
		out.Registry = ref.Context().RegistryStr()
	}
	switch ref := ref.(type) {
	case name.Digest:
		out.Digest = ref.DigestStr()
	case name.Tag:
		out.Tag = ref.TagStr()
	}
	return out
}

// rawManifest has what a manifest may hold beyond the library's type.
type rawManifest struct {
	v1.Manifest
	ArtifactType string         `json:"artifactType"`
	Subject      *v1.Descriptor `json:"subject"`
}

func manifestFacts(src *source.Image) (Manifest, error) {
	out := Manifest{
		Kind: "unknown", Size: -1, Undecided: src.Undecided,
		Config: descriptor(v1.Descriptor{}), Layers: []Descriptor{}, Annotations: []Pair{}, Children: []Child{},
	}
	if src.Top != nil {
		out.Digest, out.MediaType = src.Top.Digest.String(), src.Top.MediaType
		out.Kind = "image"
		if src.Children != nil || types.MediaType(src.Top.MediaType).IsIndex() {
			out.Kind = "index"
		}
	}
	for _, child := range src.Children {
		out.Children = append(out.Children, Child{
			Role: child.Role, Digest: child.Descriptor.Digest.String(), MediaType: string(child.Descriptor.MediaType),
			Platform: platformText(child.Descriptor.Platform), Chosen: child.Chosen,
		})
	}
	if src.Manifest == nil {
		return out, nil
	}
	return out, out.read(src)
}

// read adds what the judged image's own manifest says.
func (m *Manifest) read(src *source.Image) error {
	var raw rawManifest
	if err := json.Unmarshal(src.Manifest.Raw, &raw); err != nil {
		return fmt.Errorf("reading the manifest %s: it is no JSON of a manifest: %w", src.Manifest.Digest, err)
	}
	m.Size = int64(len(src.Manifest.Raw))
	m.SchemaVersion = raw.SchemaVersion
	m.ArtifactType = raw.ArtifactType
	if raw.Subject != nil {
		m.Subject = raw.Subject.Digest.String()
	}
	m.Config = descriptor(raw.Config)
	for _, l := range raw.Layers {
		m.Layers = append(m.Layers, descriptor(l))
	}
	m.Annotations = sortedPairs(raw.Annotations)
	if m.Kind == "image" && src.Config == nil {
		m.Kind = "artifact"
	}
	return nil
}

func descriptor(d v1.Descriptor) Descriptor {
	out := Descriptor{MediaType: string(d.MediaType), Size: d.Size, URLs: d.URLs, Annotations: sortedPairs(d.Annotations)}
	if d.Digest.Hex != "" {
		out.Digest = d.Digest.String()
	}
	if out.URLs == nil {
		out.URLs = []string{}
	}
	return out
}

func platformText(p *v1.Platform) string {
	if p == nil {
		return ""
	}
	text := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		text += "/" + p.Variant
	}
	return text
}

func sortedPairs(m map[string]string) []Pair {
	out := []Pair{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Pair{Name: key, Value: m[key]})
	}
	return out
}

func emptyConfig() Config {
	return Config{
		Entrypoint: []string{}, Cmd: []string{}, Env: []Variable{}, Labels: []Pair{}, ExposedPorts: []string{},
		Volumes: []string{}, OnBuild: []string{}, Shell: []string{}, DiffIDs: []string{},
	}
}

func config(file *v1.ConfigFile, function Function) Config {
	c := file.Config
	out := emptyConfig()
	out.Known = true
	out.Entrypoint = append(out.Entrypoint, c.Entrypoint...)
	out.Cmd = append(out.Cmd, c.Cmd...)
	out.WorkingDir, out.User, out.StopSignal = c.WorkingDir, c.User, c.StopSignal
	out.Env = variables(c.Env)
	out.Labels = sortedPairs(c.Labels)
	out.ExposedPorts = append(out.ExposedPorts, slices.Sorted(maps.Keys(c.ExposedPorts))...)
	out.Volumes = append(out.Volumes, slices.Sorted(maps.Keys(c.Volumes))...)
	out.OnBuild = append(out.OnBuild, c.OnBuild...)
	out.Shell = append(out.Shell, c.Shell...)
	out.Healthcheck = c.Healthcheck != nil && !slices.Equal(c.Healthcheck.Test, []string{"NONE"})
	for _, id := range file.RootFS.DiffIDs {
		out.DiffIDs = append(out.DiffIDs, id.String())
	}
	return out
}

// variables keeps the last of each name, at the place of the first.
func variables(env []string) []Variable {
	out := []Variable{}
	at := make(map[string]int)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if i, ok := at[name]; ok {
			out[i].Value = value
			continue
		}
		at[name] = len(out)
		out = append(out, Variable{Name: name, Value: value})
	}
	for i := range out {
		out[i].Base = out[i].Value != "" && out[i].Value == baseValue(out[i].Name)
	}
	return out
}

// baseValue is what AWS's base images set a variable to, all languages and
// versions alike (github.com/aws/aws-lambda-base-images); "" for others.
func baseValue(name string) string {
	switch name {
	case "LANG":
		return "en_US.UTF-8"
	case "TZ":
		return ":/etc/localtime"
	case "PATH":
		return "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"
	case "LD_LIBRARY_PATH":
		return "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
	case "LAMBDA_TASK_ROOT":
		return "/var/task"
	case "LAMBDA_RUNTIME_DIR":
		return "/var/runtime"
	}
	return ""
}

func historyFacts(e history.Entry) History {
	arguments := []Pair{}
	for _, a := range e.Arguments {
		arguments = append(arguments, Pair{Name: a[0], Value: a[1]})
	}
	return History{
		CreatedBy: e.CreatedBy, Instruction: e.Instruction, Keyword: e.Keyword, Key: e.Key, Comment: e.Comment,
		Empty: e.Empty, Layer: e.Layer, BuildArguments: arguments,
	}
}

func layerFacts(i int, l source.Layer, entries []history.Entry) Layer {
	out := Layer{
		Position: i, MediaType: string(l.Descriptor.MediaType), StoredSize: l.Size, Size: -1,
		History: slices.IndexFunc(entries, func(e history.Entry) bool { return e.Layer == i }), Missing: unread(&l),
	}
	if l.Descriptor.Digest.Hex != "" {
		out.Digest = l.Descriptor.Digest.String()
	}
	return out
}

// unread says why a layer is not read: its blob is missing, or its media type
// says that it is no archive, as an attestation's does.
func unread(l *source.Layer) string {
	mediaType := string(l.Descriptor.MediaType)
	if l.Missing == "" && mediaType != "" && !strings.Contains(mediaType, ".tar") {
		return fmt.Sprintf("it is of type %s, which is no archive", mediaType)
	}
	return l.Missing
}

// normal fills what the caller left out, so that lists are lists.
func (f Function) normal() Function {
	if f.Entrypoint == nil {
		f.Entrypoint = []string{}
	}
	if f.Command == nil {
		f.Command = []string{}
	}
	if f.Environment == nil {
		f.Environment = []Pair{}
	}
	if f.Writable == nil {
		f.Writable = []string{}
	}
	if f.Profile == "" {
		f.Profile = "default"
	}
	f.Overrides = len(f.Entrypoint) > 0 || len(f.Command) > 0 || f.WorkingDirectory != ""
	return f
}
