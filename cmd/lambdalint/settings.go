package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
)

// settingsName is the settings file, looked for from the working directory up
// to the root of the repository.
const settingsName = ".lambdalint.yaml"

// settings are what the settings file says beyond what flags can.
type settings struct {
	path   string
	images []imageSetting
	levels map[string]rules.Level
	params map[string]map[string]any
}

// imageSetting is one image that check judges where none is named.
type imageSetting struct {
	name, dockerfile, platform string
}

// blame names the settings file in an error about what it says.
func (s *settings) blame(err error) error {
	if s.path == "" || len(s.levels)+len(s.params) == 0 {
		return err
	}
	return fmt.Errorf("%s: %w", s.path, err)
}

// flagOf gives the flag that a key of the settings file stands for. Lists and
// maps are set word by word.
var flagOf = map[string]string{
	"fail_on": "fail-on", "fail_on_not_judged": "fail-on-not-judged", "rule_dirs": "rules",
	"function.architecture": "architecture", "function.writable": "writable", "function.snap_start": "snap-start",
	"function.profile": "profile", "function.command": "cmd", "function.entry_point": "entrypoint",
	"function.working_directory": "workdir", "function.environment": "function-env",
}

// loadSettings applies the settings file and the variables LAMBDALINT_… to the
// flags that were not given: flag over variable over file over default.
func loadSettings(cmd *cobra.Command, path string) (*settings, error) {
	out := &settings{}
	if path == "" {
		path = findSettings()
	}
	values := map[string][]string{}
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the settings: %w", err)
		}
		reader := &settingsReader{path: path, out: out, flags: values}
		if err := reader.read(data); err != nil {
			return nil, err
		}
		out.path = path
	}
	return out, applyToFlags(cmd.Flags(), values)
}

// findSettings looks for the settings file; "" where there is none.
func findSettings() string {
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	root := repositoryRoot(here)
	for dir := here; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, settingsName)
		if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path
		}
		if dir == root || dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// applyToFlags sets the flags that were not given.
func applyToFlags(flags *pflag.FlagSet, values map[string][]string) error {
	var faults []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			return
		}
		list, from := values[f.Name], settingsName
		if text, ok := os.LookupEnv(variableOf(f.Name)); ok {
			list, from = []string{text}, variableOf(f.Name)
		}
		for _, value := range list {
			if err := flags.Set(f.Name, value); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", from, err))
			}
		}
	})
	return errors.Join(faults...)
}

func variableOf(flag string) string {
	return "LAMBDALINT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settingsReader reads a settings file strictly: what it does not know is an
// error with its position.
type settingsReader struct {
	path   string
	out    *settings
	flags  map[string][]string
	faults []error
}

func (r *settingsReader) read(data []byte) error {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return fmt.Errorf("%s: %s", r.path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 {
		return nil
	}
	r.mapping(document.Content[0], "", map[string]func(*yaml.Node){
		"fail_on": r.flag("fail_on"), "fail_on_not_judged": r.flag("fail_on_not_judged"), "rule_dirs": r.directories,
		"images": r.images, "rules": r.rules, "function": r.function,
	})
	return errors.Join(r.faults...)
}

func (r *settingsReader) fault(at *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s:%d:%d: %s", r.path, at.Line, at.Column, fmt.Sprintf(format, args...)))
}

// mapping reads a mapping whose keys are known.
func (r *settingsReader) mapping(n *yaml.Node, name string, known map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%sneeds keys with values", name)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if read, ok := known[key.Value]; ok {
			read(value)
			continue
		}
		keys := make([]string, 0, len(known))
		for k := range known {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		r.fault(key, "unknown key %q%s: known are %s", key.Value, policy.DidYouMean(key.Value, keys), strings.Join(keys, ", "))
	}
}

// flag hands a plain value on to the flag that it stands for.
func (r *settingsReader) flag(key string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode {
			r.fault(n, "%s needs one value", key)
			return
		}
		r.flags[flagOf[key]] = []string{n.Value}
	}
}

// list hands every value of a list on to a flag that is repeatable.
func (r *settingsReader) list(key string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.flags[flagOf[key]] = r.texts(n, key)
	}
}

// directories reads rule_dirs; they are relative to the settings file.
func (r *settingsReader) directories(n *yaml.Node) {
	for _, dir := range r.texts(n, "rule_dirs") {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(r.path), dir)
		}
		r.flags["rules"] = append(r.flags["rules"], dir)
	}
}

func (r *settingsReader) texts(n *yaml.Node, key string) []string {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "%s needs a list", key)
		return nil
	}
	var out []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			r.fault(item, "%s needs a list of texts", key)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

func (r *settingsReader) function(n *yaml.Node) {
	words := func(key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			list := r.texts(n, key)
			if len(list) == 0 {
				return
			}
			quoted := make([]string, len(list))
			for i, word := range list {
				quoted[i] = strconv.Quote(word)
			}
			r.flags[flagOf[key]] = []string{"[" + strings.Join(quoted, ",") + "]"}
		}
	}
	r.mapping(n, "function ", map[string]func(*yaml.Node){
		"architecture": r.flag("function.architecture"), "profile": r.flag("function.profile"),
		"snap_start": r.flag("function.snap_start"), "working_directory": r.flag("function.working_directory"),
		"writable": r.list("function.writable"), "command": words("function.command"), "entry_point": words("function.entry_point"),
		"environment": r.environment,
	})
}

func (r *settingsReader) environment(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "function.environment needs names with values")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i+1].Kind != yaml.ScalarNode {
			r.fault(n.Content[i+1], "function.environment: %s needs one value", n.Content[i].Value)
			continue
		}
		r.flags["function-env"] = append(r.flags["function-env"], n.Content[i].Value+"="+n.Content[i+1].Value)
	}
}

func (r *settingsReader) images(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "images needs a list")
		return
	}
	for _, item := range n.Content {
		var image imageSetting
		text := func(to *string) func(*yaml.Node) { return func(n *yaml.Node) { *to = n.Value } }
		r.mapping(item, "an image ", map[string]func(*yaml.Node){
			"name": text(&image.name), "dockerfile": text(&image.dockerfile), "platform": text(&image.platform),
		})
		if image.name == "" {
			r.fault(item, "an image needs a name")
		}
		r.out.images = append(r.out.images, image)
	}
}

// rules reads levels and parameters. Whether there is such a rule, and whether
// the values fit it, is known where the rules are.
func (r *settingsReader) rules(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "rules needs rules with their settings")
		return
	}
	r.out.levels, r.out.params = map[string]rules.Level{}, map[string]map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		id := n.Content[i].Value
		r.mapping(n.Content[i+1], id+" ", map[string]func(*yaml.Node){
			"level": func(n *yaml.Node) {
				level := rules.Level(n.Value)
				if !level.Valid() && level != rules.Off {
					r.fault(n, "the level of %s is error, warning, note or off, not %q", id, n.Value)
				}
				r.out.levels[id] = level
			},
			"params": func(n *yaml.Node) {
				params := map[string]any{}
				if err := n.Decode(&params); err != nil {
					r.fault(n, "the params of %s need names with values", id)
				}
				r.out.params[id] = params
			},
		})
	}
}
