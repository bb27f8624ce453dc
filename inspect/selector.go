package inspect

import (
	"fmt"

	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// selector matches paths against the globs of a request, as they are written
// and as they lie behind symbolic links.
type selector struct {
	globs []*Glob
}

func newSelector(texts []string) (*selector, error) {
	s := &selector{}
	for _, text := range texts {
		glob, err := CompileGlob(text)
		if err != nil {
			return nil, fmt.Errorf("reading a rule's request: %w", err)
		}
		s.globs = append(s.globs, glob)
	}
	return s, nil
}

func (s *selector) match(p string) bool {
	for _, glob := range s.globs {
		if glob.Match(p) {
			return true
		}
	}
	return false
}

// follow adds the globs as they lie behind links of the merged file system,
// and notes which base leads where.
func (s *selector) follow(fs *rootfs.FS, aliases map[string]string) (*selector, error) {
	out := &selector{globs: s.globs}
	for _, glob := range s.globs {
		find := fs.Stat
		if glob.Literal() {
			find = fs.Lstat
		}
		node, err := find(glob.Base())
		if err != nil || node.Path == glob.Base() {
			continue
		}
		aliases[glob.Base()] = node.Path
		moved, err := glob.From(node.Path)
		if err != nil {
			return nil, fmt.Errorf("following %s to %s: %w", glob, node.Path, err)
		}
		out.globs = append(out.globs, moved)
	}
	return out, nil
}
