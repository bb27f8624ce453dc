package probe

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
)

// makeCache writes a cache of the loader with the given names and paths.
func makeCache(pairs ...string) []byte {
	const header, entry = 48, 24
	out := append([]byte(cacheMagic), make([]byte, header-len(cacheMagic))...)
	binary.LittleEndian.PutUint32(out[20:], uint32(len(pairs)/2))
	at := header + entry*len(pairs)/2
	var names []byte
	for i := 0; i < len(pairs); i += 2 {
		record := make([]byte, entry)
		for j, text := range pairs[i : i+2] {
			binary.LittleEndian.PutUint32(record[4+4*j:], uint32(at+len(names)))
			names = append(append(names, text...), 0)
		}
		out = append(out, record...)
	}
	return append(out, names...)
}

func TestLdSoCache(t *testing.T) {
	data := makeCache("libz.so.1", "/usr/lib/libz.so.1", "libc.so.6", "/lib64/libc.so.6")
	want := []CachedLibrary{{"libz.so.1", "/usr/lib/libz.so.1"}, {"libc.so.6", "/lib64/libc.so.6"}}
	if got := mustAsk[LoaderCache](t, LdSoCache(), data); !slices.Equal(got.Entries, want) {
		t.Errorf("got %v", got.Entries)
	}
	old := append([]byte(oldCacheMagic), 1, 0, 0, 0)
	old = append(old, make([]byte, 12+4)...) // one entry of the old table, and the gap
	if got := mustAsk[LoaderCache](t, LdSoCache(), append(old, data...)); !slices.Equal(got.Entries, want) {
		t.Errorf("behind the old table: got %v", got.Entries)
	}
	wantFailed(t, LdSoCache(), []byte("text"), "not a cache")
	wantFailed(t, LdSoCache(), data[:60], "cannot hold")
	wantFailed(t, LdSoCache(), append([]byte(oldCacheMagic), 255, 255, 255, 255), "cut off")
	wantFailed(t, LdSoCache(), data[:len(data)-1], "does not end")
	binary.LittleEndian.PutUint32(data[52:], 1<<31)
	wantFailed(t, LdSoCache(), data, "outside of it")
}

func TestLdSoCacheOfThisMachine(t *testing.T) {
	data, err := os.ReadFile("/etc/ld.so.cache")
	if err != nil {
		t.Skip("no cache here")
	}
	found := false
	for _, e := range mustAsk[LoaderCache](t, LdSoCache(), data).Entries {
		found = found || e.Name == "libc.so.6" && strings.HasSuffix(e.Path, "/libc.so.6")
	}
	if !found {
		t.Error("libc.so.6 is not in the cache")
	}
}

func TestLdSoDirs(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want []string
	}{
		"Debian":       {"x\x00/lib/x86_64-linux-gnu/\x00/usr/lib/x86_64-linux-gnu/\x00/lib/\x00/usr/lib/\x00y", []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"}},
		"Amazon Linux": {"/lib64/\x00/usr/lib64/\x00", []string{"/lib64", "/usr/lib64"}},
		"Nix":          {"\x00/nix/store/0abc-glibc-2.40/lib/\x00", []string{"/nix/store/0abc-glibc-2.40/lib"}},
		"none":         {"/etc/ld.so.cache\x00", []string{}},
	} {
		if got := mustAsk[LoaderDirs](t, LdSoDirs(), []byte(test.in)); !slices.Equal(got.Dirs, test.want) {
			t.Errorf("%s: got %v", name, got.Dirs)
		}
	}
}

func TestLdSoDirsOfThisMachine(t *testing.T) {
	data, err := os.ReadFile("/lib64/ld-linux-x86-64.so.2")
	if err != nil {
		t.Skip("no loader here")
	}
	if got := mustAsk[LoaderDirs](t, LdSoDirs(), data); !slices.Contains(got.Dirs, "/usr/lib/x86_64-linux-gnu") && !slices.Contains(got.Dirs, "/usr/lib64") {
		t.Errorf("got %v", got.Dirs)
	}
}

func FuzzLdSoCache(f *testing.F) {
	f.Add(makeCache("libz.so.1", "/usr/lib/libz.so.1"))
	f.Add(append([]byte(oldCacheMagic), 1, 0, 0, 0))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, LdSoCache(), data) })
}

func FuzzLdSoDirs(f *testing.F) {
	f.Add([]byte("/lib64/\x00/usr/lib64/\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, LdSoDirs(), data) })
}
