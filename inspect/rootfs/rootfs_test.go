package rootfs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// entries reads "dir/", "file:SIZE", "link -> target" and "hard => target".
func entries(texts ...string) *layer.Index {
	index := &layer.Index{}
	for _, text := range texts {
		e := layer.Entry{Path: "/" + text, Mode: 0o644}
		switch {
		case strings.HasSuffix(text, "/"):
			e.Path, e.Type = "/"+strings.TrimSuffix(text, "/"), layer.Directory
		case strings.Contains(text, " -> "):
			from, to, _ := strings.Cut(text, " -> ")
			e.Path, e.Link, e.Type = "/"+from, to, layer.Symlink
		case strings.Contains(text, " => "):
			from, to, _ := strings.Cut(text, " => ")
			e.Path, e.Link, e.Type = "/"+from, to, layer.Hardlink
		default:
			e.Size = int64(len(text))
		}
		index.Entries = append(index.Entries, e)
	}
	return index
}

func paths(fs *FS) []string {
	var out []string
	fs.All(func(n Node) bool { out = append(out, n.Path); return true })
	return out
}

func TestMerge(t *testing.T) {
	for name, c := range map[string]struct {
		layers []*layer.Index
		want   string
	}{
		"later layers win":                 {[]*layer.Index{entries("a"), entries("a")}, "/a"},
		"a whiteout hides a file":          {[]*layer.Index{entries("d/", "d/a", "d/b"), entries("d/.wh.a")}, "/d /d/b"},
		"a whiteout hides a directory":     {[]*layer.Index{entries("d/", "d/a"), entries(".wh.d")}, ""},
		"a whiteout hides lower ones only": {[]*layer.Index{entries("a"), entries("a", ".wh.a")}, "/a"},
		"whatever its place":               {[]*layer.Index{entries("a"), entries(".wh.a", "a")}, "/a"},
		"an opaque directory":              {[]*layer.Index{entries("d/", "d/a", "d/e/", "d/e/f"), entries("d/", "d/b", "d/.wh..wh..opq")}, "/d /d/b"},
		"a file replaces a directory":      {[]*layer.Index{entries("d/", "d/a"), entries("d")}, "/d"},
		"a directory replaces a file":      {[]*layer.Index{entries("d"), entries("d/", "d/a")}, "/d /d/a"},
		"a directory keeps its content":    {[]*layer.Index{entries("d/", "d/a"), entries("d/")}, "/d /d/a"},
		"an entry below a link":            {[]*layer.Index{entries("usr/", "usr/lib/", "lib -> usr/lib"), entries("lib/x")}, "/lib /usr /usr/lib /usr/lib/x"},
		"a whiteout below a link":          {[]*layer.Index{entries("usr/", "usr/lib/", "usr/lib/x", "lib -> usr/lib"), entries("lib/.wh.x")}, "/lib /usr /usr/lib"},
		"a link replaces a directory":      {[]*layer.Index{entries("a/", "a/x", "b/"), entries("a -> b")}, "/a /b"},
		"a whiteout of nothing":            {[]*layer.Index{entries("a"), entries("d/.wh.x", "e/.wh..wh..opq")}, "/a"},
		"missing directories are made":     {[]*layer.Index{entries("a/b/c")}, "/a /a/b /a/b/c"},
	} {
		if got := strings.Join(paths(Merge(c.layers)), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestStat(t *testing.T) {
	fs := Merge([]*layer.Index{entries(
		"etc/", "etc/real", "etc/abs -> /etc/real", "etc/rel -> real", "etc/up -> ../etc/rel", "etc/out -> ../../../etc/real",
		"etc/dangling -> nowhere", "a -> b", "b -> a", "self -> self", "dir -> etc", "implied/file",
	)})
	for p, want := range map[string]string{
		"/etc/real": "/etc/real", "/etc/abs": "/etc/real", "/etc/rel": "/etc/real", "/etc/up": "/etc/real", "/etc/out": "/etc/real",
		"/dir/up": "/etc/real", "/": "/", "/etc/": "/etc", "/etc/./real": "/etc/real", "/etc/../etc/real": "/etc/real",
		"/dir/../etc/real": "/etc/real", "/../etc": "/etc", "/implied": "/implied",
	} {
		node, err := fs.Stat(p)
		if err != nil || node.Path != want {
			t.Errorf("Stat(%q) = %q, %v; want %q", p, node.Path, err, want)
		}
	}
	for p, want := range map[string]error{
		"/nothing": ErrNotExist, "/etc/dangling": ErrDangling, "/a": ErrLoop, "/self": ErrLoop, "/etc/real/x": ErrNotDir, "/etc/nothing/x": ErrNotExist,
	} {
		if node, err := fs.Stat(p); !errors.Is(err, want) {
			t.Errorf("Stat(%q) = %q, %v; want %v", p, node.Path, err, want)
		}
	}
	if node, err := fs.Lstat("/dir/abs"); err != nil || node.Path != "/etc/abs" || node.Entry.Type != layer.Symlink {
		t.Errorf("Lstat = %+v, %v", node, err)
	}
}

func TestHardlinksShowTheirBytes(t *testing.T) {
	fs := Merge([]*layer.Index{
		entries("lower"),
		entries("same", "one => /same", "two => /one", "three => /lower", "lost => /nowhere", "loop => /loop"),
		entries(".wh.same"),
	})
	for p, want := range map[string]Ref{"/one": {1, 0}, "/two": {1, 0}, "/three": {0, 0}} {
		node, err := fs.Stat(p)
		if err != nil || node.Ref != want || node.Entry.Type != layer.File {
			t.Errorf("Stat(%q) = %+v, %v", p, node, err)
		}
	}
	for _, p := range []string{"/lost", "/loop"} {
		if node, err := fs.Stat(p); err != nil || node.Entry.Type != layer.Hardlink {
			t.Errorf("Stat(%q) = %+v, %v", p, node, err)
		}
	}
}

func TestHiddenFilesAreKnown(t *testing.T) {
	fs := Merge([]*layer.Index{entries("d/", "d/a", "d/b", "c"), entries("c", ".wh.d")})
	var got []string
	for _, h := range fs.Hidden() {
		got = append(got, h.Path)
	}
	slices.Sort(got)
	if want := []string{"/c", "/d/a", "/d/b"}; !slices.Equal(got, want) {
		t.Errorf("hidden %v, want %v", got, want)
	}
}

func TestOrphans(t *testing.T) {
	fs := Merge([]*layer.Index{
		entries("opt/extensions/x", "usr/", "usr/lib/", "lib -> usr/lib", "lib/fine", "top", "late/x", "late/"),
		entries("usr/lib/fine", "late/y", ".wh.usr"),
		entries("usr/lib/orphan"),
	})
	var got []string
	for _, ref := range fs.Orphans() {
		got = append(got, fs.entry(ref).Path)
	}
	if want := []string{"/opt/extensions/x", "/late/x", "/usr/lib/fine", "/usr/lib/orphan"}; !slices.Equal(got, want) {
		t.Errorf("orphans %v, want %v", got, want)
	}
}

func TestWithEmpty(t *testing.T) {
	for name, c := range map[string]struct {
		layer []string
		stat  string
		want  string
	}{
		"what is there is covered":        {[]string{"tmp/", "tmp/a"}, "/tmp/a", "/tmp/a no such file or directory"},
		"a link into it leads nowhere":    {[]string{"tmp/", "tmp/a", "b -> tmp/a"}, "/b", "/tmp/a the symbolic link leads nowhere"},
		"a link out of it is covered too": {[]string{"tmp/", "b", "tmp/a -> /b"}, "/tmp/a", "/tmp/a no such file or directory"},
		"it is there in any case":         {[]string{"b"}, "/tmp", "/tmp <nil>"},
		"even in an empty image":          {nil, "/tmp", "/tmp <nil>"},
		"a file of that name stays":       {[]string{"tmp"}, "/tmp", "/tmp <nil>"},
		"the rest stays":                  {[]string{"var/", "var/tmp/", "var/tmp/a"}, "/var/tmp/a", "/var/tmp/a <nil>"},
	} {
		fs := Merge([]*layer.Index{entries(c.layer...)})
		before := paths(fs)
		node, err := fs.WithEmpty("/tmp").Stat(c.stat)
		if got := fmt.Sprintf("%s %v", node.Path, err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if !slices.Equal(before, paths(fs)) {
			t.Errorf("%s: the file system itself was changed", name)
		}
	}
}
