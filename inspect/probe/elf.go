package probe

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// ELFFile is what the kernel and the dynamic loader read of an ELF file. It is
// read through the program headers, as they do: a file without section
// headers has it too. See elf(5), ld.so(8), and for versions the Linux
// Standard Base core specification, "Symbol Versioning".
type ELFFile struct {
	// Class is 32 or 64.
	Class int `json:"class"`
	// Architecture is Go's word (amd64, arm64, 386, arm, riscv64), else
	// "machine N" with the number in the header.
	Architecture string `json:"architecture"`
	// Type is exec, dyn (a library, or a program that can be loaded
	// anywhere), rel, core, or "type N".
	Type string `json:"type"`
	// Interpreter is the loader that the kernel starts for it, as written.
	Interpreter string `json:"interpreter,omitempty"`
	// Needed are the libraries that must be found, in the order of the file.
	Needed []string `json:"needed,omitempty"`
	// RunPath and RPath are the directories in which they are looked for
	// first; $ORIGIN and its like are kept as written.
	RunPath []string `json:"run_path,omitempty"`
	RPath   []string `json:"r_path,omitempty"`
	// Soname is the name that a library gives itself.
	Soname string `json:"soname,omitempty"`
	// Requires are the versions that the needed libraries must define.
	Requires []VersionNeed `json:"requires,omitempty"`
	// Defines are the versions that the file itself defines, without the one
	// that stands for the file.
	Defines []string `json:"defines,omitempty"`
	// Static is true for a program that needs no loader and no library.
	Static bool `json:"static,omitempty"`
	// Packed is true where UPX has packed the file: what it really is and
	// needs shows only when it runs.
	Packed bool `json:"packed,omitempty"`
}

// VersionNeed is one version that a library must define.
type VersionNeed struct {
	Library string `json:"library"`
	Version string `json:"version"`
	// Weak is true where the loader only warns when it is missing.
	Weak bool `json:"weak,omitempty"`
}

// Bounds of what is read of an ELF file; real ones stay far below.
const (
	elfMaxPrograms = 4096
	elfMaxDynamic  = 1 << 20 // bytes
	elfMaxVersions = 1 << 16
	elfMaxName     = 4096    // bytes of one string; PATH_MAX
	elfMaxNames    = 1 << 20 // bytes of all strings
)

// ELF asks what the kernel and the loader read of an ELF file: an ELFFile. It
// fails for a file that is not ELF, is cut off or contradicts itself.
func ELF() layer.Question { return question("elf/1", readELF) }

func readELF(r io.ReaderAt, size int64) (ELFFile, error) {
	f := elfReader{r: r, size: uint64(size), names: elfMaxNames}
	if err := f.readHeader(); err != nil {
		return ELFFile{}, err
	}
	if f.kind == elf.ET_REL || f.kind == elf.ET_CORE {
		return f.result, nil
	}
	if err := f.readPrograms(); err != nil {
		return ELFFile{}, err
	}
	f.result.Packed = f.isPacked()
	if err := f.checkSegments(); err != nil {
		return ELFFile{}, err
	}
	if err := f.readDynamic(); err != nil {
		return ELFFile{}, err
	}
	result := f.result
	result.Static = result.Interpreter == "" && len(result.Needed) == 0 && result.Soname == ""
	return result, nil
}

type elfReader struct {
	r        io.ReaderAt
	size     uint64
	order    binary.ByteOrder
	kind     elf.Type
	tableAt  uint64 // the program headers
	table    int
	entry    int
	segments []segment
	names    int // bytes of strings that may still be read
	strings  struct{ offset, size uint64 }
	result   ELFFile
}

// segment is a program header.
type segment struct {
	kind                         elf.ProgType
	offset, address, file, inMem uint64
}

var errNotELF = errors.New("not an ELF file")

func (f *elfReader) readHeader() error {
	ident, err := f.bytes(0, elf.EI_NIDENT, "the ELF header")
	if err != nil || !bytes.HasPrefix(ident, []byte(elf.ELFMAG)) {
		return errNotELF
	}
	switch elf.Data(ident[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		f.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		f.order = binary.BigEndian
	default:
		return fmt.Errorf("corrupt ELF file: byte order %d", ident[elf.EI_DATA])
	}
	length := uint64(64)
	switch elf.Class(ident[elf.EI_CLASS]) {
	case elf.ELFCLASS32:
		f.result.Class, length = 32, 52
	case elf.ELFCLASS64:
		f.result.Class = 64
	default:
		return fmt.Errorf("corrupt ELF file: class %d", ident[elf.EI_CLASS])
	}
	header, err := f.bytes(0, length, "the ELF header")
	if err != nil {
		return err
	}
	f.kind = elf.Type(f.order.Uint16(header[16:]))
	f.result.Type = elfType(f.kind)
	f.result.Architecture = f.architecture(elf.Machine(f.order.Uint16(header[18:])))
	sizes := header[42:]
	if f.result.Class == 64 {
		f.tableAt, sizes = f.order.Uint64(header[32:]), header[54:]
	} else {
		f.tableAt = uint64(f.order.Uint32(header[28:]))
	}
	f.entry, f.table = int(f.order.Uint16(sizes)), int(f.order.Uint16(sizes[2:]))
	return nil
}

func elfType(kind elf.Type) string {
	switch kind {
	case elf.ET_REL:
		return "rel"
	case elf.ET_EXEC:
		return "exec"
	case elf.ET_DYN:
		return "dyn"
	case elf.ET_CORE:
		return "core"
	default:
		return fmt.Sprintf("type %d", kind)
	}
}

// ELFArchitecture tells by the first bytes of a file what an ELF file is built
// for, in Go's words; "" for other files and for less than 20 bytes.
func ELFArchitecture(head []byte) string {
	if len(head) < 20 || string(head[:4]) != elf.ELFMAG {
		return ""
	}
	f := elfReader{order: binary.LittleEndian}
	if head[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		f.order = binary.BigEndian
	}
	f.result.Class = 32
	if head[elf.EI_CLASS] == byte(elf.ELFCLASS64) {
		f.result.Class = 64
	}
	return f.architecture(elf.Machine(f.order.Uint16(head[18:])))
}

func (f *elfReader) architecture(machine elf.Machine) string {
	if f.order == binary.LittleEndian {
		switch {
		case machine == elf.EM_X86_64:
			return "amd64"
		case machine == elf.EM_AARCH64:
			return "arm64"
		case machine == elf.EM_386:
			return "386"
		case machine == elf.EM_ARM:
			return "arm"
		case machine == elf.EM_RISCV && f.result.Class == 64:
			return "riscv64"
		}
	}
	return fmt.Sprintf("machine %d", machine)
}

func (f *elfReader) readPrograms() error {
	if f.table == 0 {
		return errors.New("corrupt ELF file: it has no program headers, so nothing of it is loaded")
	}
	if f.table > elfMaxPrograms {
		return fmt.Errorf("the ELF file has %d program headers, more than the %d that are read", f.table, elfMaxPrograms)
	}
	if want := map[int]int{32: 32, 64: 56}[f.result.Class]; f.entry != want {
		return fmt.Errorf("corrupt ELF file: program headers of %d bytes instead of %d", f.entry, want)
	}
	data, err := f.bytes(f.tableAt, uint64(f.table*f.entry), "the program headers")
	if err != nil {
		return err
	}
	for ; len(data) > 0; data = data[f.entry:] {
		s := segment{kind: elf.ProgType(f.order.Uint32(data))}
		if f.result.Class == 64 {
			s.offset, s.address = f.order.Uint64(data[8:]), f.order.Uint64(data[16:])
			s.file, s.inMem = f.order.Uint64(data[32:]), f.order.Uint64(data[40:])
		} else {
			s.offset, s.address = uint64(f.order.Uint32(data[4:])), uint64(f.order.Uint32(data[8:]))
			s.file, s.inMem = uint64(f.order.Uint32(data[16:])), uint64(f.order.Uint32(data[20:]))
		}
		f.segments = append(f.segments, s)
	}
	return nil
}

// checkSegments sees that the file holds what the kernel will map, and finds
// the loader's name.
func (f *elfReader) checkSegments() error {
	for _, s := range f.segments {
		switch s.kind {
		case elf.PT_LOAD:
			if end := s.offset + s.file; !f.result.Packed && (end < s.offset || end > f.size) {
				return fmt.Errorf("the ELF file is cut off: a segment ends at byte %d, the file at %d", end, f.size)
			}
		case elf.PT_INTERP:
			if s.file > elfMaxName {
				return fmt.Errorf("corrupt ELF file: its loader's name has %d bytes", s.file)
			}
			name, err := f.bytes(s.offset, s.file, "the loader's name")
			if err != nil {
				return err
			}
			// The kernel refuses a name that does not end in a NUL.
			if !bytes.HasSuffix(name, []byte{0}) {
				return errors.New("corrupt ELF file: its loader's name does not end in a NUL")
			}
			text, _, _ := strings.Cut(string(name), "\x00")
			if err := checkText("the loader's name", text); err != nil {
				return err
			}
			if f.result.Interpreter == "" {
				f.result.Interpreter = text
			}
		}
	}
	return nil
}

// isPacked looks for UPX's mark where its loader information begins, behind
// the program headers, and in the header that closes a packed file.
func (f *elfReader) isPacked() bool {
	mark := []byte("UPX!")
	end := f.tableAt + uint64(f.table*f.entry)
	for _, at := range [][2]uint64{{end, 512}, {f.size - min(f.size, 64), 64}} {
		part := make([]byte, at[1])
		n, _ := f.r.ReadAt(part, int64(min(at[0], f.size)))
		if bytes.Contains(part[:n], mark) {
			return true
		}
	}
	return false
}

// dynamicTable holds the entries of the dynamic section that are used.
type dynamicTable struct {
	needed, runPath, rPath, soname []uint64
	value                          map[elf.DynTag]uint64
}

func (f *elfReader) readDynamic() error {
	table, err := f.dynamicEntries()
	if err != nil || table == nil {
		return err
	}
	names := len(table.needed) + len(table.runPath) + len(table.rPath) + len(table.soname)
	if names > 0 || table.value[elf.DT_VERNEED] != 0 || table.value[elf.DT_VERDEF] != 0 {
		offset, err := f.offset(table.value[elf.DT_STRTAB], "the string table")
		if err != nil {
			return err
		}
		f.strings.offset, f.strings.size = offset, table.value[elf.DT_STRSZ]
	}
	if err := f.readNames(table); err != nil {
		return err
	}
	if err := f.readVersionNeeds(table.value[elf.DT_VERNEED], table.value[elf.DT_VERNEEDNUM]); err != nil {
		return err
	}
	return f.readVersionDefinitions(table.value[elf.DT_VERDEF], table.value[elf.DT_VERDEFNUM])
}

func (f *elfReader) dynamicEntries() (*dynamicTable, error) {
	var found *segment
	for i := range f.segments {
		if f.segments[i].kind == elf.PT_DYNAMIC {
			found = &f.segments[i]
		}
	}
	if found == nil || f.result.Packed && found.offset > f.size {
		return nil, nil
	}
	if found.file == 0 && found.inMem > 0 {
		return nil, errors.New("the ELF file has no contents: it holds debug information alone")
	}
	if found.file > elfMaxDynamic {
		return nil, fmt.Errorf("the ELF file's dynamic section has %d bytes, more than the %d that are read", found.file, elfMaxDynamic)
	}
	data, err := f.bytes(found.offset, found.file, "the dynamic section")
	if err != nil {
		return nil, err
	}
	table := &dynamicTable{value: make(map[elf.DynTag]uint64)}
	word := f.result.Class / 8
	for ; len(data) >= 2*word; data = data[2*word:] {
		tag, value := elf.DynTag(f.word(data)), f.word(data[word:])
		if tag == elf.DT_NULL {
			break
		}
		table.add(tag, value)
	}
	return table, nil
}

func (t *dynamicTable) add(tag elf.DynTag, value uint64) {
	switch tag {
	case elf.DT_NEEDED:
		t.needed = append(t.needed, value)
	case elf.DT_RUNPATH:
		t.runPath = append(t.runPath, value)
	case elf.DT_RPATH:
		t.rPath = append(t.rPath, value)
	case elf.DT_SONAME:
		t.soname = append(t.soname, value)
	case elf.DT_STRTAB, elf.DT_STRSZ, elf.DT_VERNEED, elf.DT_VERNEEDNUM, elf.DT_VERDEF, elf.DT_VERDEFNUM:
		t.value[tag] = value
	}
}

func (f *elfReader) readNames(table *dynamicTable) error {
	for _, at := range table.needed {
		name, err := f.name(at)
		if err != nil {
			return err
		}
		f.result.Needed = append(f.result.Needed, name)
	}
	for _, list := range []struct {
		at   []uint64
		into *[]string
	}{{table.runPath, &f.result.RunPath}, {table.rPath, &f.result.RPath}} {
		for _, at := range list.at {
			path, err := f.name(at)
			if err != nil {
				return err
			}
			*list.into = append(*list.into, strings.Split(path, ":")...)
		}
	}
	for _, at := range table.soname {
		name, err := f.name(at)
		if err != nil {
			return err
		}
		f.result.Soname = name
	}
	return nil
}

// readVersionNeeds reads Verneed records (16 bytes: version, count, file, aux,
// next) and their Vernaux records (16 bytes: hash, flags, other, name, next).
func (f *elfReader) readVersionNeeds(address, count uint64) error {
	return f.chain(address, count, 16, "version needs", func(at uint64, record []byte) (uint64, error) {
		library, err := f.name(uint64(f.order.Uint32(record[4:])))
		if err != nil {
			return 0, err
		}
		versions, aux := uint64(f.order.Uint16(record[2:])), at+uint64(f.order.Uint32(record[8:]))
		err = f.records(aux, versions, 16, "version needs", func(_ uint64, record []byte) (uint64, error) {
			version, err := f.name(uint64(f.order.Uint32(record[8:])))
			if err != nil {
				return 0, err
			}
			// The library's name is repeated with every version.
			if _, err := f.keep(library); err != nil {
				return 0, err
			}
			const weak = 2 // VER_FLG_WEAK
			f.result.Requires = append(f.result.Requires, VersionNeed{library, version, f.order.Uint16(record[4:])&weak != 0})
			if len(f.result.Requires) > elfMaxVersions {
				return 0, fmt.Errorf("the ELF file needs more than the %d versions that are read", elfMaxVersions)
			}
			return uint64(f.order.Uint32(record[12:])), nil
		})
		return uint64(f.order.Uint32(record[12:])), err
	})
}

// readVersionDefinitions reads Verdef records (20 bytes: version, flags,
// index, count, hash, aux, next); the first Verdaux record of each holds the
// name, the others name versions that it includes.
func (f *elfReader) readVersionDefinitions(address, count uint64) error {
	return f.chain(address, count, 20, "version definitions", func(at uint64, record []byte) (uint64, error) {
		next := uint64(f.order.Uint32(record[16:]))
		const base = 1 // VER_FLG_BASE: the file itself
		if f.order.Uint16(record[2:])&base != 0 {
			return next, nil
		}
		aux, err := f.bytes(at+uint64(f.order.Uint32(record[12:])), 8, "version definitions")
		if err != nil {
			return 0, err
		}
		name, err := f.name(uint64(f.order.Uint32(aux)))
		if err != nil {
			return 0, err
		}
		f.result.Defines = append(f.result.Defines, name)
		return next, nil
	})
}

// chain reads the records that begin at an address.
func (f *elfReader) chain(address, count, length uint64, what string, each func(uint64, []byte) (uint64, error)) error {
	if address == 0 || count == 0 {
		return nil
	}
	at, err := f.offset(address, what)
	if err != nil {
		return err
	}
	return f.records(at, count, length, what, each)
}

// records reads count records, each of which tells how far the next one is
// from it; 0 ends them.
func (f *elfReader) records(at, count, length uint64, what string, each func(uint64, []byte) (uint64, error)) error {
	if count > elfMaxVersions {
		return fmt.Errorf("the ELF file has %d %s, more than the %d that are read", count, what, elfMaxVersions)
	}
	for range count {
		record, err := f.bytes(at, length, what)
		if err != nil {
			return err
		}
		next, err := each(at, record)
		if err != nil || next == 0 {
			return err
		}
		at += next
	}
	return nil
}

// offset is where in the file an address of the loaded program lies.
func (f *elfReader) offset(address uint64, what string) (uint64, error) {
	for _, s := range f.segments {
		if s.kind == elf.PT_LOAD && address >= s.address && address-s.address < s.file {
			return s.offset + (address - s.address), nil
		}
	}
	return 0, fmt.Errorf("corrupt ELF file: %s at address %#x, which no segment holds", what, address)
}

func (f *elfReader) word(data []byte) uint64 {
	if f.result.Class == 32 {
		return uint64(f.order.Uint32(data))
	}
	return f.order.Uint64(data)
}

// name reads a string of the dynamic string table.
func (f *elfReader) name(at uint64) (string, error) {
	if at >= f.strings.size {
		return "", fmt.Errorf("corrupt ELF file: a name at byte %d of a string table of %d", at, f.strings.size)
	}
	start := f.strings.offset + at
	if start >= f.size {
		return "", fmt.Errorf("the ELF file is cut off: a name begins at byte %d, the file ends at %d", start, f.size)
	}
	var data []byte
	for len(data) < elfMaxName {
		part := min(128, f.size-start)
		chunk, err := f.bytes(start, part, "a name")
		if err != nil {
			return "", err
		}
		end := bytes.IndexByte(chunk, 0)
		if end >= 0 {
			data = append(data, chunk[:end]...)
			return f.keep(string(data))
		}
		if part == 0 {
			return "", errors.New("the ELF file is cut off within a name")
		}
		data, start = append(data, chunk...), start+part
	}
	return "", fmt.Errorf("the ELF file holds a name of more than the %d bytes that are read", elfMaxName)
}

func (f *elfReader) keep(name string) (string, error) {
	if f.names -= len(name) + 1; f.names < 0 {
		return "", fmt.Errorf("the ELF file's names have more than the %d bytes that are read", elfMaxNames)
	}
	return name, checkText("a name in the ELF file", name)
}

func (f *elfReader) bytes(at, length uint64, what string) ([]byte, error) {
	if end := at + length; end < at || end > f.size {
		return nil, fmt.Errorf("the ELF file is cut off: %s would end at byte %d, the file has %d", what, end, f.size)
	}
	data := make([]byte, length)
	if n, err := f.r.ReadAt(data, int64(at)); n < len(data) {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	return data, nil
}
