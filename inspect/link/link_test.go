package link_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/link"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// hostFiles is this machine's own file system.
type hostFiles struct{}

func (hostFiles) Stat(p string) (rootfs.Node, error) {
	real, err := filepath.EvalSymlinks(p)
	if err != nil {
		return rootfs.Node{}, rootfs.ErrNotExist
	}
	info, err := os.Stat(real)
	if err != nil {
		return rootfs.Node{}, err
	}
	e := &layer.Entry{Path: real, Size: info.Size(), Mode: uint16(info.Mode().Perm())}
	if info.IsDir() {
		e.Type = layer.Directory
	} else if file, err := os.Open(real); err == nil {
		e.Head = make([]byte, 4)
		_, _ = file.Read(e.Head)
		_ = file.Close()
	}
	return rootfs.Node{Path: real, Entry: e}, nil
}

func (hostFiles) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	data, err := os.ReadFile(node.Path)
	if err != nil {
		return layer.Answer{Failed: err.Error()}, true
	}
	return layer.AnswerBytes(q, data), true
}

var lddLine = regexp.MustCompile(`^\s+(\S+) => (\S+) \(0x`)

// TestResolveAgreesWithLdd compares with what the loader of this machine says
// of its own programs. LAMBDALINT_CORPUS=1 takes all of them.
func TestResolveAgreesWithLdd(t *testing.T) {
	if _, err := exec.LookPath("ldd"); err != nil {
		t.Skip("no ldd here")
	}
	compared := 0
	for i, name := range programs(t) {
		if os.Getenv("LAMBDALINT_CORPUS") == "" && i%25 != 0 {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		file, err := probe.Decode[probe.ELFFile](layer.AnswerBytes(probe.ELF(), data))
		if err != nil || file.Interpreter == "" {
			continue
		}
		out, err := exec.Command("ldd", name).Output()
		if err != nil {
			continue
		}
		want := map[string]string{}
		for _, line := range strings.Split(string(out), "\n") {
			if m := lddLine.FindStringSubmatch(line); m != nil {
				want[m[1]] = m[2]
			}
		}
		closure := link.Resolve(hostFiles{}, link.Program{Path: name, ELF: file, Loader: file.Interpreter, Cwd: "/", Env: map[string]string{}})
		got := map[string]string{}
		for _, l := range closure.Libraries {
			if l.Problem != "" {
				t.Errorf("%s: %+v", name, l)
			}
			got[l.Name] = l.Path
		}
		for library, p := range want {
			if got[library] != p && !sameFile(got[library], p) {
				t.Errorf("%s: %s is at %q, ldd says %q", name, library, got[library], p)
			}
		}
		if len(got) > len(want) {
			t.Errorf("%s: %d libraries, ldd has %d", name, len(got), len(want))
		}
		compared++
	}
	t.Logf("%d programs compared", compared)
	if compared == 0 {
		t.Error("no program was compared")
	}
}

func programs(t *testing.T) []string {
	t.Helper()
	var out []string
	_ = filepath.WalkDir("/usr/bin", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil && info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) == 0 && info.Size() < 64<<20 {
				out = append(out, name)
			}
		}
		return nil
	})
	return out
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// tree is a file system of ELF descriptions.
type tree map[string]*file

type file struct {
	mode   uint16
	elf    *probe.ELFFile // nil for a text
	answer map[string]layer.Answer
	asked  bool
}

func (t tree) Stat(p string) (rootfs.Node, error) {
	if f, ok := t[p]; ok {
		head := []byte("text")
		if f.elf != nil {
			head = []byte("\x7fELF")
		}
		return rootfs.Node{Path: p, Entry: &layer.Entry{Path: p, Mode: f.mode, Size: 1, Head: head}}, nil
	}
	for name := range t {
		if strings.HasPrefix(name, strings.TrimSuffix(p, "/")+"/") {
			return rootfs.Node{Path: p}, nil
		}
	}
	return rootfs.Node{}, rootfs.ErrNotExist
}

func (t tree) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	f := t[node.Path]
	f.asked = true
	if a, ok := f.answer[q.Name]; ok {
		return a, true
	}
	if f.elf == nil || q.Name != probe.ELF().Name {
		return layer.Answer{Failed: "not an ELF file"}, true
	}
	return elfAnswer(*f.elf), true
}

func elfAnswer(f probe.ELFFile) layer.Answer {
	if f.Class == 0 {
		f.Class = 64
	}
	if f.Architecture == "" {
		f.Architecture = "amd64"
	}
	data, err := json.Marshal(f)
	if err != nil {
		return layer.Answer{Failed: err.Error()}
	}
	return layer.Answer{JSON: data}
}

func library(f probe.ELFFile) *file { return &file{mode: 0o644, elf: &f} }

func jsonAnswer(t *testing.T, v any) layer.Answer {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return layer.Answer{JSON: data}
}

// libraries writes a closure on one line.
func libraries(c *link.Closure) string {
	var out []string
	for _, l := range c.Libraries {
		text := l.Name + "=" + l.Path
		if l.Problem != "" {
			text = l.Name + " " + l.Problem + "(" + l.Detail + ") by " + path.Base(l.NeededBy)
		}
		out = append(out, text)
	}
	if c.Unknown != "" {
		out = append(out, "unknown: "+c.Unknown)
	}
	return strings.Join(out, ", ")
}

const glibc, musl = "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"

func TestSearchOrder(t *testing.T) {
	any := func() *file { return library(probe.ELFFile{}) }
	for name, test := range map[string]struct {
		elf    probe.ELFFile
		loader string
		env    string
		files  tree
		want   string
	}{
		"default":                     {probe.ELFFile{}, glibc, "", tree{"/usr/lib64/liba.so": any()}, "liba.so=/usr/lib64/liba.so"},
		"RPATH before environment":    {probe.ELFFile{RPath: []string{"/r"}}, glibc, "/e", tree{"/r/liba.so": any(), "/e/liba.so": any()}, "liba.so=/r/liba.so"},
		"environment before RUNPATH":  {probe.ELFFile{RunPath: []string{"/r"}}, glibc, "/e", tree{"/r/liba.so": any(), "/e/liba.so": any()}, "liba.so=/e/liba.so"},
		"RUNPATH silences RPATH":      {probe.ELFFile{RPath: []string{"/p"}, RunPath: []string{"/r"}}, glibc, "", tree{"/p/liba.so": any(), "/r/liba.so": any()}, "liba.so=/r/liba.so"},
		"RUNPATH before default":      {probe.ELFFile{RunPath: []string{"$ORIGIN/../lib"}}, glibc, "", tree{"/app/lib/liba.so": any(), "/lib/liba.so": any()}, "liba.so=/app/lib/liba.so"},
		"empty entry is the cwd":      {probe.ELFFile{}, glibc, "/e:", tree{"/cwd/liba.so": any()}, "liba.so=/cwd/liba.so"},
		"relative entry":              {probe.ELFFile{}, glibc, "lib", tree{"/cwd/lib/liba.so": any()}, "liba.so=/cwd/lib/liba.so"},
		"$LIB":                        {probe.ELFFile{RunPath: []string{"/x/$LIB"}}, glibc, "", tree{"/x/lib/x86_64-linux-gnu/liba.so": any()}, "liba.so=/x/lib/x86_64-linux-gnu/liba.so"},
		"hwcaps":                      {probe.ELFFile{}, glibc, "", tree{"/lib/glibc-hwcaps/x86-64-v2/liba.so": any()}, "liba.so=/lib/glibc-hwcaps/x86-64-v2/liba.so"},
		"missing":                     {probe.ELFFile{}, glibc, "", tree{"/opt/liba.so": any()}, "liba.so missing(liba.so) by main"},
		"another architecture":        {probe.ELFFile{}, glibc, "", tree{"/lib/liba.so": library(probe.ELFFile{Architecture: "arm64"})}, "liba.so wrong-architecture(arm64) by main"},
		"another class is passed":     {probe.ELFFile{}, glibc, "", tree{"/lib64/liba.so": library(probe.ELFFile{Architecture: "386", Class: 32}), "/usr/lib/liba.so": any()}, "liba.so=/usr/lib/liba.so"},
		"not readable":                {probe.ELFFile{}, glibc, "", tree{"/lib/liba.so": {mode: 0o600, elf: &probe.ELFFile{}}}, "liba.so not-readable(/lib/liba.so) by main"},
		"a text stops":                {probe.ELFFile{}, glibc, "", tree{"/lib64/liba.so": {mode: 0o644}, "/usr/lib/liba.so": any()}, "liba.so bad-elf(not an ELF file) by main"},
		"musl's own":                  {probe.ELFFile{Needed: []string{"libc.musl-x86_64.so.1"}}, musl, "", tree{}, "liba.so missing(liba.so) by main"},
		"musl: RUNPATH of the parent": {probe.ELFFile{RunPath: []string{"/r"}}, musl, "", tree{"/r/liba.so": library(probe.ELFFile{Needed: []string{"libb.so"}}), "/r/libb.so": any()}, "liba.so=/r/liba.so, libb.so=/r/libb.so"},
		"musl: /usr/local/lib":        {probe.ELFFile{}, musl, "", tree{"/usr/local/lib/liba.so": any()}, "liba.so=/usr/local/lib/liba.so"},
		"glibc: RUNPATH is not handed down": {probe.ELFFile{RunPath: []string{"/r"}}, glibc, "", tree{"/r/liba.so": library(probe.ELFFile{Needed: []string{"libb.so"}}), "/r/libb.so": any()},
			"liba.so=/r/liba.so, libb.so missing(libb.so) by liba.so"},
		"RPATH is handed down": {probe.ELFFile{RPath: []string{"/r"}}, glibc, "", tree{"/r/liba.so": library(probe.ELFFile{Needed: []string{"libb.so"}}), "/r/libb.so": any()},
			"liba.so=/r/liba.so, libb.so=/r/libb.so"},
		"a name with a slash": {probe.ELFFile{Needed: []string{"/x/liba.so"}}, glibc, "", tree{"/x/liba.so": library(probe.ELFFile{Soname: "liba.so"})}, "/x/liba.so=/x/liba.so"},
		"in a circle":         {probe.ELFFile{}, glibc, "", tree{"/lib/liba.so": library(probe.ELFFile{Needed: []string{"libb.so"}}), "/lib/libb.so": library(probe.ELFFile{Needed: []string{"liba.so", "ld-linux-x86-64.so.2"}})}, "liba.so=/lib/liba.so, libb.so=/lib/libb.so"},
	} {
		test.elf.Class, test.elf.Architecture = 64, "amd64"
		test.elf.Needed = append(test.elf.Needed, "liba.so")
		test.files[test.loader] = library(probe.ELFFile{})
		got := link.Resolve(test.files, link.Program{Path: "/app/bin/main", ELF: test.elf, Loader: test.loader, Cwd: "/cwd", Env: map[string]string{"LD_LIBRARY_PATH": test.env}})
		if libraries(got) != test.want {
			t.Errorf("%s:\n got  %s\n want %s", name, libraries(got), test.want)
		}
	}
}

func TestLoaderFiles(t *testing.T) {
	program := link.Program{Path: "/main", ELF: probe.ELFFile{Class: 64, Architecture: "amd64", Needed: []string{"liba.so"}}, Loader: glibc, Cwd: "/"}
	loader := library(probe.ELFFile{})
	loader.answer = map[string]layer.Answer{probe.LdSoDirs().Name: jsonAnswer(t, probe.LoaderDirs{Dirs: []string{"/lib64"}})}
	cache := &file{mode: 0o644, answer: map[string]layer.Answer{
		probe.LdSoCache().Name: jsonAnswer(t, probe.LoaderCache{Entries: []probe.CachedLibrary{{Name: "liba.so", Path: "/opt/x/liba.so"}}}),
	}}
	for name, test := range map[string]struct {
		files tree
		want  string
	}{
		"the loader's own directories alone": {tree{glibc: loader, "/usr/lib/liba.so": library(probe.ELFFile{})}, "liba.so missing(liba.so) by main"},
		"the cache":                          {tree{glibc: loader, "/etc/ld.so.cache": cache, "/opt/x/liba.so": library(probe.ELFFile{})}, "liba.so=/opt/x/liba.so"},
		"a cache of what is gone":            {tree{glibc: loader, "/etc/ld.so.cache": cache, "/lib64/liba.so": library(probe.ELFFile{})}, "liba.so=/lib64/liba.so"},
		"a damaged cache": {tree{glibc: loader, "/etc/ld.so.cache": {mode: 0o644}},
			"liba.so=, unknown: liba.so was not found, and /etc/ld.so.cache could not be read: not an ELF file"},
	} {
		if got := libraries(link.Resolve(test.files, program)); got != test.want {
			t.Errorf("%s:\n got  %s\n want %s", name, got, test.want)
		}
	}
}

func TestVersions(t *testing.T) {
	needs := func(versions ...string) []probe.VersionNeed {
		var out []probe.VersionNeed
		for _, v := range versions {
			name, weak := strings.CutSuffix(v, "?")
			out = append(out, probe.VersionNeed{Library: "libc.so.6", Version: name, Weak: weak})
		}
		return out
	}
	c := library(probe.ELFFile{Soname: "libc.so.6", Defines: []string{"GLIBC_2.2.5", "GLIBC_2.34"}})
	for name, test := range map[string]struct {
		requires []probe.VersionNeed
		loader   string
		want     string
	}{
		"all there":         {needs("GLIBC_2.2.5", "GLIBC_2.34"), glibc, ""},
		"the newest counts": {needs("GLIBC_2.9", "GLIBC_2.38", "GLIBC_2.36"), glibc, "GLIBC_2.38"},
		"weak":              {needs("GLIBC_2.99?"), glibc, ""},
		"musl has none":     {needs("GLIBC_2.99"), musl, ""},
		"private":           {needs("GLIBC_PRIVATE"), glibc, "GLIBC_PRIVATE"},
	} {
		files := tree{test.loader: library(probe.ELFFile{}), "/lib/libc.so.6": c}
		closure := link.Resolve(files, link.Program{Path: "/main", Loader: test.loader, Cwd: "/", ELF: probe.ELFFile{Class: 64, Architecture: "amd64", Needed: []string{"libc.so.6"}, Requires: test.requires}})
		got := ""
		if p := closure.Problem(); p != nil && p.Problem == link.NoVersion {
			got = p.Detail
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestPending sees that what has not been read is asked for and not guessed.
func TestPending(t *testing.T) {
	files := pendingFiles{tree{glibc: library(probe.ELFFile{}), "/lib/liba.so": library(probe.ELFFile{})}}
	closure := link.Resolve(files, link.Program{Path: "/main", Loader: glibc, Cwd: "/", ELF: probe.ELFFile{Class: 64, Architecture: "amd64", Needed: []string{"liba.so"}}})
	if !closure.Pending || closure.Problem() != nil {
		t.Errorf("got %+v", closure)
	}
	if !files.tree[glibc].asked {
		t.Error("the loader was not asked")
	}
}

type pendingFiles struct{ tree }

func (p pendingFiles) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	p.tree.Ask(node, q)
	return layer.Answer{}, false
}

func TestManyLibraries(t *testing.T) {
	files := tree{glibc: library(probe.ELFFile{})}
	var needed []string
	for i := range 1200 {
		name := "lib" + strings.Repeat("x", i) + ".so"
		needed = append(needed, name)
	}
	closure := link.Resolve(files, link.Program{Path: "/main", Loader: glibc, Cwd: "/", ELF: probe.ELFFile{Class: 64, Architecture: "amd64", Needed: needed}})
	if len(closure.Libraries) != 1000 || !strings.Contains(closure.Unknown, "more than the 1000 libraries") {
		t.Errorf("got %d libraries, unknown %q", len(closure.Libraries), closure.Unknown)
	}
}
