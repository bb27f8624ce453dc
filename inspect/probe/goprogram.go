package probe

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// GoProgramFile is what a Go program tells about itself.
type GoProgramFile struct {
	// BuildInfo is false where the build information was taken out, as
	// obfuscators do; then only the function names below are known.
	BuildInfo bool `json:"build_info"`
	// GoVersion is the version of Go that built it.
	GoVersion string `json:"go_version,omitempty"`
	// Path is the import path of the main package.
	Path string `json:"path,omitempty"`
	// Main is the module of the main package.
	Main GoModule `json:"main"`
	// Deps are the modules that packages of the program come from.
	Deps []GoModule `json:"deps,omitempty"`
	// Settings are the build settings, such as {"-tags", "lambda.norpc"}.
	Settings []GoSetting `json:"settings,omitempty"`
	// LambdaLinked is true where a function of aws-lambda-go's package lambda
	// is in the program.
	LambdaLinked bool `json:"lambda_linked,omitempty"`
	// LambdaStarted is true where the program calls lambda.Start or one of its
	// kin: the linker keeps their names only then.
	LambdaStarted bool `json:"lambda_started,omitempty"`
}

// GoModule is a module of a Go program.
type GoModule struct {
	Path string `json:"path"`
	// Version is the version of what was built: that of the replacement where
	// there is one, "(devel)" for a directory.
	Version string `json:"version,omitempty"`
	// Replaced is the path of the module that stands in for it.
	Replaced string `json:"replaced,omitempty"`
}

// GoSetting is a build setting of a Go program.
type GoSetting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Dep gives the module of a path.
func (g GoProgramFile) Dep(path string) (GoModule, bool) {
	for _, m := range g.Deps {
		if m.Path == path {
			return m, true
		}
	}
	return GoModule{}, false
}

// Setting gives the value of a build setting, "" where it is not set.
func (g GoProgramFile) Setting(key string) string {
	for _, s := range g.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

const (
	goMaxRead   = 2 << 20 // bytes of one piece of build information
	goMaxHits   = 4096    // names of aws-lambda-go in one program
	goMaxTables = 64      // places that look like a function table
	goChunk     = 1 << 20
	// goLambdaName is how the names of aws-lambda-go's functions begin. In the
	// table of function names each follows the NUL that ends the one before.
	goLambdaName = "github.com/aws/aws-lambda-go/lambda."
)

// GoProgram asks what a Go program tells about itself: a GoProgramFile. It
// fails for a file that is no Go program.
func GoProgram() layer.Question { return question("go-program/1", readGoProgram) }

func readGoProgram(r io.ReaderAt, size int64) (GoProgramFile, error) {
	var result GoProgramFile
	head := make([]byte, 4)
	if n, _ := r.ReadAt(head, 0); n < 4 || string(head) != elf.ELFMAG {
		return result, errNotELF
	}
	info, err := buildinfo.Read(newGuardedELF(r, size))
	if err == nil {
		result.take(info)
	}
	names, scanErr := scanGoNames(r, size)
	if scanErr != nil {
		return result, scanErr
	}
	if err != nil && len(names.tables) == 0 {
		return result, fmt.Errorf("not a Go program: %w", err)
	}
	result.LambdaLinked, result.LambdaStarted = names.among(names.linked), names.among(names.started)
	return result, nil
}

func (g *GoProgramFile) take(info *debug.BuildInfo) {
	g.BuildInfo = true
	g.GoVersion, g.Path = info.GoVersion, info.Path
	g.Main = goModule(&info.Main)
	for _, m := range info.Deps {
		g.Deps = append(g.Deps, goModule(m))
	}
	for _, s := range info.Settings {
		g.Settings = append(g.Settings, GoSetting{s.Key, s.Value})
	}
}

func goModule(m *debug.Module) GoModule {
	result := GoModule{Path: m.Path, Version: m.Version}
	if m.Replace != nil {
		result.Replaced = m.Replace.Path
		if m.Replace.Version != "" {
			result.Version = m.Replace.Version
		}
	}
	return result
}

// guardedELF is a file as debug/buildinfo may read it: without section headers
// that would make debug/elf expand a compressed table of names, and in pieces
// of bounded size.
type guardedELF struct {
	r      io.ReaderAt
	header []byte
}

func newGuardedELF(r io.ReaderAt, size int64) guardedELF {
	f := elfReader{r: r, size: uint64(size)}
	g := guardedELF{r: r}
	if f.readHeader() == nil && f.result.Class == 64 && !f.plainSections() {
		g.header, _ = f.bytes(0, 64, "the ELF header")
		clear(g.header[40:48]) // e_shoff
		clear(g.header[60:64]) // e_shnum, e_shstrndx
	}
	return g
}

var errTooLarge = fmt.Errorf("a piece of build information is larger than the %d bytes that are read", goMaxRead)

func (g guardedELF) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > goMaxRead {
		return 0, errTooLarge
	}
	n, err := g.r.ReadAt(p, off)
	if off >= 0 && off < int64(len(g.header)) {
		copy(p[:n], g.header[off:])
	}
	return n, err
}

// plainSections tells whether the section headers of a 64-bit file are few and
// their table of names is stored as it is.
func (f *elfReader) plainSections() bool {
	header, err := f.bytes(0, 64, "the ELF header")
	if err != nil {
		return false
	}
	at, count, names := f.order.Uint64(header[40:]), f.order.Uint16(header[60:]), f.order.Uint16(header[62:])
	const length, most = 64, 1024
	if at == 0 || count == 0 || count > most || names >= count {
		return false
	}
	section, err := f.bytes(at+uint64(names)*length, length, "the section headers")
	return err == nil && elf.SectionFlag(f.order.Uint64(section[8:]))&elf.SHF_COMPRESSED == 0
}

// goNames is where a program mentions aws-lambda-go's functions, and where its
// tables of function names lie.
type goNames struct {
	linked, started []int64
	tables          [][2]int64
}

// among tells whether one of the places is in a table of function names. In
// programs before Go 1.16, whose names do not stand together, every place is.
func (g goNames) among(places []int64) bool {
	for _, at := range places {
		if len(g.tables) == 0 {
			return true
		}
		for _, t := range g.tables {
			if at >= t[0] && at < t[1] {
				return true
			}
		}
	}
	return false
}

// scanGoNames reads the file once, in pieces that overlap by what is looked
// for.
func scanGoNames(r io.ReaderAt, size int64) (goNames, error) {
	var found goNames
	const overlap = 128
	buffer := make([]byte, min(size, goChunk+overlap))
	for at := int64(0); at < size; at += goChunk {
		part := buffer[:min(int64(len(buffer)), size-at)]
		if n, err := r.ReadAt(part, at); n < len(part) {
			return found, fmt.Errorf("reading %d bytes: %w", len(part), err)
		}
		found.addNames(part, at)
		found.addTables(part, at, size)
		if len(found.linked) > goMaxHits || len(found.tables) > goMaxTables {
			return found, errors.New("the program mentions aws-lambda-go or holds function tables more often than is read")
		}
	}
	return found, nil
}

func (g *goNames) addNames(part []byte, at int64) {
	mark := []byte("\x00" + goLambdaName)
	for i := 0; len(g.linked) <= goMaxHits; i += len(mark) {
		next := bytes.Index(part[i:], mark)
		if i += next; next < 0 || i >= goChunk {
			return
		}
		g.linked = append(g.linked, at+int64(i)+1)
		if bytes.HasPrefix(part[i+len(mark):], []byte("Start")) {
			g.started = append(g.started, at+int64(i)+1)
		}
	}
}

// addTables finds the headers of function tables (runtime.pcHeader, since Go
// 1.16): a magic number, two NULs, the size of an instruction and of a pointer,
// then words of that size. Little-endian alone, as Lambda's machines are.
func (g *goNames) addTables(part []byte, at, size int64) {
	for i := 0; len(g.tables) <= goMaxTables; i += 4 {
		next := bytes.Index(part[i:], []byte{0xff, 0xff, 0xff, 0, 0})
		if i += next; next < 0 || i-1 >= goChunk {
			return
		}
		if i == 0 || i+7 > len(part) {
			continue
		}
		word := 3
		switch part[i-1] {
		case 0xf1, 0xf0: // since Go 1.20, since Go 1.18
		case 0xfa: // since Go 1.16: no start of the text
			word = 2
		default:
			continue
		}
		step, pointer := part[i+5], int(part[i+6])
		if step != 1 && step != 2 && step != 4 || pointer != 4 && pointer != 8 {
			continue
		}
		header := part[i-1:]
		if len(header) < 8+(word+2)*pointer {
			continue
		}
		read := func(n int) int64 {
			field := header[8+n*pointer:]
			if pointer == 8 {
				return int64(binary.LittleEndian.Uint64(field))
			}
			return int64(binary.LittleEndian.Uint32(field))
		}
		base, from, to := at+int64(i-1), read(word), read(word+1)
		if from >= int64(8+(word+2)*pointer) && to > from && to <= size-base {
			g.tables = append(g.tables, [2]int64{base + from, base + to})
		}
	}
}
