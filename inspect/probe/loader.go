package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// LoaderCache is what ldconfig wrote into /etc/ld.so.cache.
type LoaderCache struct {
	// Entries are the libraries in the order of the file.
	Entries []CachedLibrary `json:"entries"`
}

// CachedLibrary is a library by the name under which it is asked for.
type CachedLibrary struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Bounds of what is read of a cache; a desktop's has 4000 entries.
const (
	cacheMaxSize    = 8 << 20
	cacheMaxEntries = 1 << 16
)

// LdSoCache asks which libraries /etc/ld.so.cache names: a LoaderCache. It
// reads the format of glibc 2.2 and later, alone or behind the old one; see
// dl-cache.h in glibc's sources.
func LdSoCache() layer.Question { return question("ld.so.cache/1", readCache) }

const (
	cacheMagic    = "glibc-ld.so.cache1.1"
	oldCacheMagic = "ld.so-1.7.0\x00"
)

func readCache(r io.ReaderAt, size int64) (LoaderCache, error) {
	data, err := readAll(r, size, cacheMaxSize)
	if err != nil {
		return LoaderCache{}, err
	}
	if bytes.HasPrefix(data, []byte(oldCacheMagic)) {
		// The new format stands behind the old table, aligned to 8 bytes.
		if len(data) < 16 {
			return LoaderCache{}, errors.New("the loader's cache is cut off")
		}
		at := 16 + 12*uint64(binary.LittleEndian.Uint32(data[12:]))
		if at = (at + 7) &^ 7; at > uint64(len(data)) {
			return LoaderCache{}, errors.New("the loader's cache is cut off")
		}
		data = data[at:]
	}
	const header, entry = 48, 24
	if !bytes.HasPrefix(data, []byte(cacheMagic)) || len(data) < header {
		return LoaderCache{}, errors.New("not a cache of glibc's loader")
	}
	count := binary.LittleEndian.Uint32(data[20:])
	if count > cacheMaxEntries || uint64(len(data)) < header+entry*uint64(count) {
		return LoaderCache{}, fmt.Errorf("the loader's cache says that it has %d entries, which it cannot hold", count)
	}
	var cache LoaderCache
	for i := range count {
		record := data[header+entry*i:]
		name, err := cacheString(data, binary.LittleEndian.Uint32(record[4:]))
		if err != nil {
			return LoaderCache{}, err
		}
		path, err := cacheString(data, binary.LittleEndian.Uint32(record[8:]))
		if err != nil {
			return LoaderCache{}, err
		}
		cache.Entries = append(cache.Entries, CachedLibrary{name, path})
	}
	return cache, nil
}

func cacheString(data []byte, at uint32) (string, error) {
	if uint64(at) >= uint64(len(data)) {
		return "", errors.New("corrupt cache of the loader: a name lies outside of it")
	}
	rest := data[at:]
	end := bytes.IndexByte(rest[:min(len(rest), elfMaxName)], 0)
	if end < 0 {
		return "", errors.New("corrupt cache of the loader: a name does not end")
	}
	return string(rest[:end]), checkText("a name in the loader's cache", string(rest[:end]))
}

// LoaderDirs are the directories in which a loader looks for libraries when
// nothing else has told it where.
type LoaderDirs struct {
	// Dirs is empty where none could be found in the file.
	Dirs []string `json:"dirs"`
}

// LdSoDirs asks a loader of glibc's for the directories that were compiled
// into it: a LoaderDirs. They stand in it one behind the other, each with a
// slash and a NUL at its end.
func LdSoDirs() layer.Question { return question("ld.so-dirs/1", readLoaderDirs) }

var loaderDirs = regexp.MustCompile(`(?:/(?:[A-Za-z0-9_.+-]+/)*lib[A-Za-z0-9_.+-]*/(?:[A-Za-z0-9_.+-]+/)?\x00)+`)

func readLoaderDirs(r io.ReaderAt, size int64) (LoaderDirs, error) {
	data, err := readAll(r, size, layer.HoldLimit)
	if err != nil {
		return LoaderDirs{}, err
	}
	result := LoaderDirs{Dirs: []string{}}
	for _, run := range loaderDirs.FindAll(data, 64) {
		for _, dir := range bytes.Split(bytes.TrimSuffix(run, []byte{0}), []byte{0}) {
			clean := string(bytes.TrimSuffix(dir, []byte("/")))
			if !slices.Contains(result.Dirs, clean) {
				result.Dirs = append(result.Dirs, clean)
			}
		}
	}
	return result, nil
}
