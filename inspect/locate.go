package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/rules"
)

// Locate finds where a subject stands in the image. What is not known stays
// empty; nothing is guessed.
func (i *Image) Locate(subject rules.Subject) rules.Location {
	switch subject.Kind {
	case rules.SubjectFile:
		return i.locateFile(subject.Key)
	case rules.SubjectWrite:
		file, _, _ := strings.Cut(subject.Key, " -> ")
		return i.locateFile(file)
	case rules.SubjectCommand:
		return i.locateCommand(subject.Key)
	case rules.SubjectConfig:
		return i.locateSetting(keywords(subject.Key)...)
	case rules.SubjectEnv:
		return i.locatePair("ENV", subject.Key)
	case rules.SubjectLabel:
		return i.locatePair("LABEL", subject.Key)
	case rules.SubjectHistory:
		for n := range i.History {
			if i.History[n].Key == subject.Key {
				return rules.Location{Instruction: i.History[n].Instruction, Layer: i.layerRef(i.History[n].Layer)}
			}
		}
	case rules.SubjectLayer:
		for n := range i.Layers {
			if i.LayerKey(n) == subject.Key {
				return i.locateLayer(n)
			}
		}
	}
	return rules.Location{}
}

// LocateIn is Locate for a subject that is known to stand in a layer, such as a
// removed file.
func (i *Image) LocateIn(subject rules.Subject, layer int) rules.Location {
	location := i.locateLayer(layer)
	if subject.Kind == rules.SubjectFile {
		location.Path = subject.Key
	}
	return location
}

// LayerKey names a layer over rebuilds: by the instruction that made it.
func (i *Image) LayerKey(layer int) string {
	if n := i.Layers[layer].History; n >= 0 && n < len(i.History) {
		return i.History[n].Key
	}
	before := 0
	for _, other := range i.Layers[:layer] {
		if other.History < 0 {
			before++
		}
	}
	if before == 0 {
		return "(no history)"
	}
	return fmt.Sprintf("(no history) #%d", before+1)
}

// locateCommand finds the file of a step of the boot chain; of a file that is
// not there, the line of the script that wants it, or the instruction.
func (i *Image) locateCommand(key string) rules.Location {
	for _, step := range i.Boot.Steps {
		switch {
		case step.Path != key && step.Name != key:
		case step.Layer >= 0:
			return i.locateFile(step.Path)
		case step.From != "":
			location := i.locateFile(step.From)
			location.Line = step.Line
			return location
		}
	}
	if len(i.Boot.Entrypoint) > 0 {
		return i.locateSetting("ENTRYPOINT")
	}
	return i.locateSetting("CMD")
}

func (i *Image) locateFile(path string) rules.Location {
	location := rules.Location{}
	found := slices.IndexFunc(i.Boot.Steps, func(s Step) bool { return s.Path == path && s.Layer >= 0 })
	if at, ok := slices.BinarySearchFunc(i.Files, path, func(f File, p string) int { return strings.Compare(f.Path, p) }); ok {
		location = i.locateLayer(i.Files[at].Layer)
	} else if found >= 0 {
		location = i.locateLayer(i.Boot.Steps[found].Layer)
	}
	location.Path = path
	return location
}

func (i *Image) locateLayer(layer int) rules.Location {
	ref := i.layerRef(layer)
	if ref == nil {
		return rules.Location{}
	}
	location := rules.Location{Layer: ref}
	if n := i.Layers[layer].History; n >= 0 && n < len(i.History) {
		location.Instruction = i.History[n].Instruction
	}
	return location
}

func (i *Image) layerRef(layer int) *rules.LayerRef {
	if layer < 0 || layer >= len(i.Layers) {
		return nil
	}
	return &rules.LayerRef{Index: layer, Digest: i.Layers[layer].Digest, DiffID: i.Layers[layer].DiffID}
}

// keywords gives the instructions that set a field of the configuration.
func keywords(field string) []string {
	known := map[string][]string{
		"Entrypoint": {"ENTRYPOINT"}, "Cmd": {"CMD"}, "WorkingDir": {"WORKDIR"}, "User": {"USER"},
		"ExposedPorts": {"EXPOSE"}, "Volumes": {"VOLUME"}, "StopSignal": {"STOPSIGNAL"},
		"Healthcheck": {"HEALTHCHECK"}, "OnBuild": {"ONBUILD"}, "Shell": {"SHELL"}, "Env": {"ENV"}, "Labels": {"LABEL"},
	}
	return known[field]
}

// locateSetting finds the instruction that has the last word on a setting: the
// last one of the first keyword that occurs.
func (i *Image) locateSetting(keywords ...string) rules.Location {
	for _, keyword := range keywords {
		for n := len(i.History) - 1; n >= 0; n-- {
			if strings.EqualFold(i.History[n].Keyword, keyword) {
				return rules.Location{Instruction: i.History[n].Instruction}
			}
		}
	}
	return rules.Location{}
}

// locatePair finds the last instruction that sets a variable or a label.
func (i *Image) locatePair(keyword, name string) rules.Location {
	for n := len(i.History) - 1; n >= 0; n-- {
		entry := &i.History[n]
		if strings.EqualFold(entry.Keyword, keyword) && setsName(entry.Instruction, name) {
			return rules.Location{Instruction: entry.Instruction}
		}
	}
	return rules.Location{}
}

// setsName reports whether the words of an ENV or LABEL instruction set a name:
// as NAME=value anywhere, or as the first word of the older form NAME value.
func setsName(instruction, name string) bool {
	words := strings.Fields(instruction)
	if len(words) < 2 {
		return false
	}
	for _, word := range words[1:] {
		key, _, assigned := strings.Cut(word, "=")
		if assigned && strings.Trim(key, `"'`) == name {
			return true
		}
	}
	return words[1] == name
}
