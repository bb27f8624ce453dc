package recipe

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Lookup finds the text of a base recipe by its name.
type Lookup func(name string) ([]byte, error)

// maxDepth is how many recipes may stand FROM each other.
const maxDepth = 16

// build is an image in the making.
type build struct {
	config  v1.ConfigFile
	layers  []*layerBuild
	exists  map[string]bool // paths that some layer has an entry for
	removed map[string]bool // paths that were there and are hidden
	options options

	// places says where findings land: path, config field, variable and
	// label names to the line that made them last; layers to their line.
	files, fields, envs, labels map[string]int
	layerLines                  []int
	historyLines                []int
}

// options are what lines in small letters say of the image as a whole.
type options struct {
	docker       bool // Docker's media types instead of OCI's
	manifestType string
	configType   string
	artifactType string
	annotations  map[string]string
	pad          int // annotation bytes added to the manifest
	attestation  bool
	children     []string // platforms of further children of an index
	index        bool
	sourceKind   string
}

func newBuild() *build {
	b := &build{
		exists: map[string]bool{"/": true}, removed: map[string]bool{},
		files: map[string]int{}, fields: map[string]int{}, envs: map[string]int{}, labels: map[string]int{},
	}
	b.config.OS, b.config.Architecture = "linux", "amd64"
	b.config.RootFS.Type = "layers"
	return b
}

// run carries out the recipe on top of its base.
func (r *Recipe) run(lookup Lookup, depth int) (*build, error) {
	if depth > maxDepth {
		return nil, r.errorAt(1, 1, "more than %d recipes stand FROM each other", maxDepth)
	}
	b := newBuild()
	if r.from != "scratch" {
		base, err := r.base(lookup, depth)
		if err != nil {
			return nil, err
		}
		b = base
	}
	for _, l := range r.lines {
		if err := r.line(b, l); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// base runs the recipe that FROM names. Its lines are not ours: what it made
// is found at our FROM line.
func (r *Recipe) base(lookup Lookup, depth int) (*build, error) {
	at := slices.IndexFunc(r.lines, func(l line) bool { return l.keyword == "FROM" })
	number := r.lines[at].number
	data, err := lookup(r.from)
	if err != nil {
		return nil, r.errorAt(number, 6, "no base recipe %q: %v", r.from, err)
	}
	recipe, err := Parse(r.from, data)
	if err != nil {
		return nil, err
	}
	b, err := recipe.run(lookup, depth+1)
	if err != nil {
		return nil, err
	}
	for _, lines := range []map[string]int{b.files, b.fields, b.envs, b.labels} {
		for key := range lines {
			lines[key] = number
		}
	}
	for i := range b.layerLines {
		b.layerLines[i] = number
	}
	for i := range b.historyLines {
		b.historyLines[i] = number
	}
	return b, nil
}

// line carries out one instruction or directive.
func (r *Recipe) line(b *build, l line) error {
	if directives[l.keyword] {
		if len(l.entries) > 0 {
			return r.errorAt(l.entries[0].number, 1, "%s writes no files: indented lines belong to an instruction", l.keyword)
		}
		return r.directive(b, l)
	}
	if l.keyword == "FROM" {
		return nil
	}
	r.configure(b, l)
	if l.keyword == "WORKDIR" && !b.exists[path.Clean(b.config.Config.WorkingDir)] {
		dir := path.Clean(b.config.Config.WorkingDir)
		l.entries = append([]entryLine{{l.number, []string{"0755", dir + "/"}}}, l.entries...)
	}
	layer, err := r.layer(b, l)
	if err != nil {
		return err
	}
	history := v1.History{CreatedBy: createdBy(l), Comment: "buildkit.dockerfile.v0", EmptyLayer: layer == nil}
	b.config.History = append(b.config.History, history)
	b.historyLines = append(b.historyLines, l.number)
	if layer != nil {
		b.layers = append(b.layers, layer)
		b.layerLines = append(b.layerLines, l.number)
	}
	return nil
}

// createdBy is the history text as BuildKit's Dockerfile frontend writes it.
func createdBy(l line) string {
	switch l.keyword {
	case "RUN":
		if strings.HasPrefix(l.rest, "|") { // as BuildKit writes build arguments
			return "RUN " + l.rest + " # buildkit"
		}
		return "RUN /bin/sh -c " + l.rest + " # buildkit"
	case "COPY", "ADD":
		return l.keyword + " " + l.rest + " # buildkit"
	default:
		return l.keyword + " " + l.rest
	}
}

// configure carries out what an instruction does to the configuration.
func (r *Recipe) configure(b *build, l line) {
	c := &b.config.Config
	shell := c.Shell
	if len(shell) == 0 {
		shell = []string{"/bin/sh", "-c"}
	}
	switch l.keyword {
	case "ENV":
		for _, pair := range pairs(l.rest) {
			c.Env = setVariable(c.Env, pair[0], pair[1])
			b.envs[pair[0]] = l.number
		}
	case "LABEL":
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		for _, pair := range pairs(l.rest) {
			c.Labels[pair[0]] = pair[1]
			b.labels[pair[0]] = l.number
		}
	case "USER":
		c.User = l.rest
		b.fields["User"] = l.number
	case "WORKDIR":
		if !path.IsAbs(l.rest) {
			c.WorkingDir = path.Join("/", c.WorkingDir, l.rest)
		} else {
			c.WorkingDir = l.rest
		}
		b.fields["WorkingDir"] = l.number
	case "CMD":
		c.Cmd = execOrShell(l.rest, shell)
		b.fields["Cmd"] = l.number
	case "ENTRYPOINT":
		c.Entrypoint = execOrShell(l.rest, shell)
		b.fields["Entrypoint"] = l.number
		// A new ENTRYPOINT drops the CMD of the base image.
		if b.fields["Cmd"] != l.number && !r.ownLine(b.fields["Cmd"], "CMD") {
			c.Cmd = nil
		}
	case "EXPOSE":
		if c.ExposedPorts == nil {
			c.ExposedPorts = map[string]struct{}{}
		}
		for _, port := range strings.Fields(l.rest) {
			if !strings.Contains(port, "/") {
				port += "/tcp"
			}
			c.ExposedPorts[port] = struct{}{}
		}
		b.fields["ExposedPorts"] = l.number
	case "VOLUME":
		if c.Volumes == nil {
			c.Volumes = map[string]struct{}{}
		}
		var list []string
		if json.Unmarshal([]byte(l.rest), &list) != nil {
			list = strings.Fields(l.rest)
		}
		for _, volume := range list {
			c.Volumes[volume] = struct{}{}
		}
		b.fields["Volumes"] = l.number
	case "STOPSIGNAL":
		c.StopSignal = l.rest
		b.fields["StopSignal"] = l.number
	case "HEALTHCHECK":
		c.Healthcheck = &v1.HealthConfig{Test: []string{"CMD-SHELL", strings.TrimPrefix(l.rest, "CMD ")}}
		b.fields["Healthcheck"] = l.number
	case "SHELL":
		c.Shell = execOrShell(l.rest, nil)
		b.fields["Shell"] = l.number
	case "ONBUILD":
		c.OnBuild = append(c.OnBuild, l.rest)
		b.fields["OnBuild"] = l.number
	}
}

// ownLine reports whether a line of this recipe with that keyword has the
// number.
func (r *Recipe) ownLine(number int, keyword string) bool {
	return slices.ContainsFunc(r.lines, func(l line) bool { return l.number == number && l.keyword == keyword })
}

// pairs reads NAME=VALUE words, with quotes, and the old form NAME VALUE.
func pairs(rest string) [][2]string {
	words, _, err := splitPairs(rest)
	if err != nil || len(words) == 0 {
		return nil
	}
	if !strings.Contains(words[0], "=") {
		name, value, _ := strings.Cut(rest, " ")
		return [][2]string{{name, strings.TrimSpace(value)}}
	}
	var out [][2]string
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		out = append(out, [2]string{name, value})
	}
	return out
}

// splitPairs splits at white space outside of double quotes, which are taken
// away.
func splitPairs(text string) (words []string, column int, err error) {
	var word strings.Builder
	inWord, quoted := false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
			inWord = true
		case c == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
			inWord = true
		case !quoted && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quoted {
		return nil, len(text), fmt.Errorf("the quotes are not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, 0, nil
}

func setVariable(env []string, name, value string) []string {
	for i, pair := range env {
		if n, _, _ := strings.Cut(pair, "="); n == name {
			env = slices.Clone(env)
			env[i] = name + "=" + value
			return env
		}
	}
	return append(slices.Clone(env), name+"="+value)
}

// directive carries out a line in small letters.
func (r *Recipe) directive(b *build, l line) error {
	switch l.keyword {
	case "platform":
		parts := strings.Split(l.rest, "/")
		if len(parts) < 2 || len(parts) > 3 {
			return r.errorAt(l.number, 10, "platform is written OS/ARCH or OS/ARCH/VARIANT, not %q", l.rest)
		}
		b.config.OS, b.config.Architecture, b.config.Variant = parts[0], parts[1], strings.Join(parts[2:], "")
		b.fields["Architecture"] = l.number
		return nil
	case "config":
		return r.setConfig(b, l)
	case "source":
		b.options.sourceKind = l.rest
		return nil
	default:
		return r.option(b, l)
	}
}

// setConfig sets a field of the configuration as it is written, without what
// a builder would do beside it: "config WorkingDir /missing".
func (r *Recipe) setConfig(b *build, l line) error {
	field, value, _ := strings.Cut(l.rest, " ")
	c := &b.config.Config
	list := func(to *[]string) error {
		*to = nil
		if err := json.Unmarshal([]byte(value), to); err != nil {
			return r.errorAt(l.number, len("config ")+len(field)+2, "%s needs a JSON array: %v", field, err)
		}
		return nil
	}
	b.fields[field] = l.number
	switch field {
	case "WorkingDir":
		c.WorkingDir = value
	case "User":
		c.User = value
	case "Entrypoint":
		return list(&c.Entrypoint)
	case "Cmd":
		return list(&c.Cmd)
	case "Env":
		return list(&c.Env)
	case "History":
		if value != "none" {
			return r.errorAt(l.number, 8, "History can only be none")
		}
		b.config.History = nil
	default:
		return r.errorAt(l.number, 8, "unknown field %q: WorkingDir, User, Entrypoint, Cmd, Env or History", field)
	}
	return nil
}

// option reads the words of manifest and index.
func (r *Recipe) option(b *build, l line) error {
	o := &b.options
	if l.keyword == "index" {
		o.index = true
	}
	words, column, err := splitPairs(l.rest)
	if err != nil {
		return r.errorAt(l.number, column, "%v", err)
	}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch l.keyword + " " + key {
		case "manifest docker":
			o.docker = true
		case "manifest oci":
			o.docker = false
		case "manifest media-type":
			o.manifestType = value
		case "manifest config-type":
			o.configType = value
		case "manifest artifact-type":
			o.artifactType = value
		case "manifest annotation":
			name, text, _ := strings.Cut(value, "=")
			if o.annotations == nil {
				o.annotations = map[string]string{}
			}
			o.annotations[name] = text
		case "manifest pad":
			n, err := strconv.Atoi(value)
			if err != nil {
				return r.errorAt(l.number, 10, "pad needs a number of bytes, not %q", value)
			}
			o.pad = n
		case "index attestation":
			o.attestation = true
		case "index child":
			o.children = append(o.children, value)
		default:
			return r.errorAt(l.number, 1, "%s: unknown word %q: manifest knows docker, oci, media-type=, config-type=, artifact-type=, annotation=NAME=VALUE and pad=BYTES; index knows attestation and child=OS/ARCH", l.keyword, word)
		}
	}
	return nil
}
