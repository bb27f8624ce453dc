package recipe

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"
)

// elfSpec describes an ELF file in as much as a linker and a loader read it.
type elfSpec struct {
	machine   elf.Machine
	loader    string   // PT_INTERP
	needed    []string // DT_NEEDED
	soname    string   // DT_SONAME
	runpath   string   // DT_RUNPATH
	requires  []versionNeed
	provides  []string // version definitions, the soname's own first
	buildInfo string   // the text of Go's module information
	functions []string // names in Go's table of functions
	data      []byte   // put into .rodata
}

// versionNeed are versions that are needed from one library.
type versionNeed struct {
	library  string
	versions []string
}

// parseELF reads "elf arch=arm64 loader=… needed=a,b soname=… runpath=…
// requires=lib:V1,V2 provides=V1,V2 buildinfo=@file functions=a.B,c.D
// data=@file".
func (r *Recipe) parseELF(number int, words []string) ([]byte, error) {
	spec := elfSpec{machine: elf.EM_X86_64}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		value = strings.TrimPrefix(value, `"`)
		switch key {
		case "arch":
			machine, ok := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM, "riscv64": elf.EM_RISCV}[value]
			if !ok {
				return nil, r.errorAt(number, 1, "elf: unknown architecture %q: amd64, arm64, 386, arm or riscv64", value)
			}
			spec.machine = machine
		case "loader":
			spec.loader = value
		case "needed":
			spec.needed = strings.Split(value, ",")
		case "soname":
			spec.soname = value
		case "runpath":
			spec.runpath = value
		case "requires":
			library, versions, _ := strings.Cut(value, ":")
			spec.requires = append(spec.requires, versionNeed{library, strings.Split(versions, ",")})
		case "provides":
			spec.provides = strings.Split(value, ",")
		case "functions":
			spec.functions = strings.Split(value, ",")
		case "buildinfo", "data":
			content, err := r.file(number, value)
			if err != nil {
				return nil, err
			}
			if key == "data" {
				spec.data = content
			} else {
				spec.buildInfo = string(content)
			}
		default:
			return nil, r.errorAt(number, 1, "elf: unknown word %q: arch=, loader=, needed=, soname=, runpath=, requires=, provides=, buildinfo=, functions= or data=", word)
		}
	}
	return spec.bytes(), nil
}

// section is one section of the file that is being made.
type section struct {
	name    string
	kind    elf.SectionType
	flags   elf.SectionFlag
	link    int
	info    uint32
	entsize uint64
	data    []byte
	offset  uint64
}

const elfHeaderSize, programHeaderSize, sectionHeaderSize = 64, 56, 64

// bytes lays the file out: header, program headers, sections, section table.
// Addresses equal offsets, as in a position-independent file mapped at 0.
func (s elfSpec) bytes() []byte {
	strings := newStringTable()
	sections := []section{{}}
	add := func(x section) int {
		sections = append(sections, x)
		return len(sections) - 1
	}
	if s.loader != "" {
		add(section{name: ".interp", kind: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC, data: append([]byte(s.loader), 0)})
	}
	dynamic := 0
	if s.isDynamic() {
		dynamic = s.addDynamic(strings, add, &sections)
	}
	if s.buildInfo != "" {
		add(section{name: ".go.buildinfo", kind: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, data: goBuildInfo(s.buildInfo)})
	}
	if len(s.functions) > 0 {
		add(section{name: ".gopclntab", kind: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC, data: goFunctionTable(s.functions)})
	}
	if len(s.data) > 0 {
		add(section{name: ".rodata", kind: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC, data: s.data})
	}
	return s.layOut(sections, dynamic)
}

func (s elfSpec) isDynamic() bool {
	return len(s.needed)+len(s.requires)+len(s.provides) > 0 || s.soname != "" || s.runpath != "" || s.loader != ""
}

// addDynamic adds .dynstr, the version sections and .dynamic, whose position
// it returns. Values that are addresses are filled in by layOut.
func (s elfSpec) addDynamic(table *stringTable, add func(section) int, sections *[]section) int {
	type tag struct {
		tag   elf.DynTag
		value uint64
	}
	var tags []tag
	for _, name := range s.needed {
		tags = append(tags, tag{elf.DT_NEEDED, uint64(table.add(name))})
	}
	if s.soname != "" {
		tags = append(tags, tag{elf.DT_SONAME, uint64(table.add(s.soname))})
	}
	if s.runpath != "" {
		tags = append(tags, tag{elf.DT_RUNPATH, uint64(table.add(s.runpath))})
	}
	needs := s.versionNeeds(table)
	definitions := s.versionDefinitions(table)
	dynstr := add(section{name: ".dynstr", kind: elf.SHT_STRTAB, flags: elf.SHF_ALLOC, data: table.bytes()})
	dynsym := add(section{name: ".dynsym", kind: elf.SHT_DYNSYM, flags: elf.SHF_ALLOC, link: dynstr, info: 1, entsize: 24, data: make([]byte, 24)})
	if len(needs)+len(definitions) > 0 {
		// One version index for the one, empty, symbol.
		at := add(section{name: ".gnu.version", kind: elf.SHT_GNU_VERSYM, flags: elf.SHF_ALLOC, link: dynsym, entsize: 2, data: make([]byte, 2)})
		tags = append(tags, tag{elf.DT_VERSYM, uint64(at) << 32})
	}
	if len(needs) > 0 {
		at := add(section{name: ".gnu.version_r", kind: elf.SHT_GNU_VERNEED, flags: elf.SHF_ALLOC, link: dynstr, info: uint32(len(s.requires)), data: needs})
		tags = append(tags, tag{elf.DT_VERNEED, uint64(at) << 32}, tag{elf.DT_VERNEEDNUM, uint64(len(s.requires))})
	}
	if len(definitions) > 0 {
		at := add(section{name: ".gnu.version_d", kind: elf.SHT_GNU_VERDEF, flags: elf.SHF_ALLOC, link: dynstr, info: uint32(len(s.provides)), data: definitions})
		tags = append(tags, tag{elf.DT_VERDEF, uint64(at) << 32}, tag{elf.DT_VERDEFNUM, uint64(len(s.provides))})
	}
	tags = append(tags, tag{elf.DT_STRTAB, uint64(dynstr) << 32}, tag{elf.DT_STRSZ, uint64(len((*sections)[dynstr].data))}, tag{elf.DT_NULL, 0})
	var out bytes.Buffer
	for _, t := range tags {
		_ = binary.Write(&out, binary.LittleEndian, [2]uint64{uint64(t.tag), t.value})
	}
	return add(section{name: ".dynamic", kind: elf.SHT_DYNAMIC, flags: elf.SHF_ALLOC | elf.SHF_WRITE, link: dynstr, entsize: 16, data: out.Bytes()})
}

// versionNeeds writes Elf64_Verneed and Elf64_Vernaux records; see the Linux
// Standard Base core specification, "Symbol Versioning".
func (s elfSpec) versionNeeds(table *stringTable) []byte {
	var out bytes.Buffer
	for i, need := range s.requires {
		next := uint32(16 + 16*len(need.versions))
		if i == len(s.requires)-1 {
			next = 0
		}
		_ = binary.Write(&out, binary.LittleEndian, struct {
			Version, Count    uint16
			File, Aux, Follow uint32
		}{1, uint16(len(need.versions)), uint32(table.add(need.library)), 16, next})
		for j, version := range need.versions {
			step := uint32(16)
			if j == len(need.versions)-1 {
				step = 0
			}
			name, weak := strings.CutSuffix(version, "?")
			flags := uint16(0)
			if weak {
				flags = 2 // VER_FLG_WEAK
			}
			_ = binary.Write(&out, binary.LittleEndian, struct {
				Hash         uint32
				Flags, Other uint16
				Name, Next   uint32
			}{elfHash(name), flags, uint16(j + 2), uint32(table.add(name)), step})
		}
	}
	return out.Bytes()
}

// versionDefinitions writes Elf64_Verdef and Elf64_Verdaux records.
func (s elfSpec) versionDefinitions(table *stringTable) []byte {
	var out bytes.Buffer
	for i, version := range s.provides {
		next := uint32(28)
		if i == len(s.provides)-1 {
			next = 0
		}
		flags := uint16(0)
		if i == 0 {
			flags = 1 // VER_FLG_BASE: the version that stands for the file
		}
		_ = binary.Write(&out, binary.LittleEndian, struct {
			Version, Flags, Index, Count uint16
			Hash, Aux, Next              uint32
			Name, NameNext               uint32
		}{1, flags, uint16(i + 1), 1, elfHash(version), 20, next, uint32(table.add(version)), 0})
	}
	return out.Bytes()
}

// layOut gives every section its place and writes the file.
func (s elfSpec) layOut(sections []section, dynamic int) []byte {
	names := newStringTable()
	sections = append(sections, section{name: ".shstrtab", kind: elf.SHT_STRTAB})
	for i := range sections[1:] {
		names.add(sections[i+1].name)
	}
	sections[len(sections)-1].data = names.bytes()
	programs := 1
	if s.loader != "" {
		programs++
	}
	if dynamic > 0 {
		programs++
	}
	offset := uint64(elfHeaderSize + programs*programHeaderSize)
	for i := range sections[1:] {
		offset = (offset + 15) &^ 15
		sections[i+1].offset = offset
		offset += uint64(len(sections[i+1].data))
	}
	table := (offset + 15) &^ 15
	if dynamic > 0 {
		fillAddresses(sections[dynamic].data, sections)
	}
	var out bytes.Buffer
	s.writeHeader(&out, programs, len(sections), table)
	s.writePrograms(&out, sections, dynamic, offset)
	for _, x := range sections[1:] {
		out.Write(make([]byte, int(x.offset)-out.Len()))
		out.Write(x.data)
	}
	out.Write(make([]byte, int(table)-out.Len()))
	for _, x := range sections {
		writeSection(&out, x, names)
	}
	return out.Bytes()
}

// fillAddresses puts the address of a section where addDynamic left its
// position.
func fillAddresses(dynamic []byte, sections []section) {
	for i := 0; i+16 <= len(dynamic); i += 16 {
		value := binary.LittleEndian.Uint64(dynamic[i+8:])
		if position := value >> 32; position > 0 {
			binary.LittleEndian.PutUint64(dynamic[i+8:], sections[position].offset)
		}
	}
}

func (s elfSpec) writeHeader(out *bytes.Buffer, programs, sections int, table uint64) {
	out.Write([]byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	kind := elf.ET_EXEC
	if s.isDynamic() {
		kind = elf.ET_DYN
	}
	_ = binary.Write(out, binary.LittleEndian, struct {
		Type, Machine                uint16
		Version                      uint32
		Entry, Programs, Sections    uint64
		Flags                        uint32
		Size, ProgramSize, ProgramNo uint16
		SectionSize, SectionNo, Name uint16
	}{
		uint16(kind), uint16(s.machine), 1, elfHeaderSize, elfHeaderSize, table, 0,
		elfHeaderSize, programHeaderSize, uint16(programs), sectionHeaderSize, uint16(sections), uint16(sections - 1),
	})
}

func (s elfSpec) writePrograms(out *bytes.Buffer, sections []section, dynamic int, size uint64) {
	write := func(kind elf.ProgType, flags elf.ProgFlag, offset, length uint64) {
		_ = binary.Write(out, binary.LittleEndian, struct {
			Type, Flags                                    uint32
			Offset, Address, Physical, File, Memory, Align uint64
		}{uint32(kind), uint32(flags), offset, offset, offset, length, length, 8})
	}
	if s.loader != "" {
		write(elf.PT_INTERP, elf.PF_R, sections[1].offset, uint64(len(sections[1].data)))
	}
	write(elf.PT_LOAD, elf.PF_R|elf.PF_X, 0, size)
	if dynamic > 0 {
		write(elf.PT_DYNAMIC, elf.PF_R|elf.PF_W, sections[dynamic].offset, uint64(len(sections[dynamic].data)))
	}
}

func writeSection(out *bytes.Buffer, x section, names *stringTable) {
	_ = binary.Write(out, binary.LittleEndian, struct {
		Name, Type                  uint32
		Flags, Address, Offset, Len uint64
		Link, Info                  uint32
		Align, EntrySize            uint64
	}{
		uint32(names.add(x.name)), uint32(x.kind), uint64(x.flags), x.offset, x.offset, uint64(len(x.data)),
		uint32(x.link), x.info, 1, x.entsize,
	})
}

// goBuildInfo writes the section that debug/buildinfo reads: a magic, the
// pointer size, a flag for inline strings, and the two strings.
func goBuildInfo(modules string) []byte {
	out := make([]byte, 32)
	copy(out, "\xff Go buildinf:")
	out[14], out[15] = 8, 2
	put := func(text string) {
		out = binary.AppendUvarint(out, uint64(len(text)))
		out = append(out, text...)
	}
	put("go1.26.0")
	// The linker puts 16 bytes before and behind the module information.
	put("0123456789abcdef" + modules + "fedcba9876543210")
	return out
}

// goFunctionTable writes the beginning of the table that the Go linker makes
// of a program's functions: the header as it is since Go 1.20 (runtime.pcHeader)
// and the names. The tables behind them are empty.
func goFunctionTable(functions []string) []byte {
	const header = 8 + 8*8
	names := []byte{0}
	for _, name := range functions {
		names = append(append(names, name...), 0)
	}
	end := uint64(header + len(names))
	out := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}
	// Functions, files, start of the text, then where names, compilation
	// units, files, program counters and functions begin.
	for _, word := range []uint64{uint64(len(functions)), 0, 0, header, end, end, end, end} {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	return append(out, names...)
}

type stringTable struct {
	data []byte
	at   map[string]int
}

func newStringTable() *stringTable {
	return &stringTable{data: []byte{0}, at: map[string]int{"": 0}}
}

func (t *stringTable) add(s string) int {
	if at, ok := t.at[s]; ok {
		return at
	}
	t.at[s] = len(t.data)
	t.data = append(append(t.data, s...), 0)
	return t.at[s]
}

func (t *stringTable) bytes() []byte { return t.data }

// elfHash is the hash of the System V ABI, "Hash Table".
func elfHash(name string) uint32 {
	var h uint32
	for _, c := range []byte(name) {
		h = h<<4 + uint32(c)
		g := h & 0xf0000000
		h ^= g >> 24
		h &^= g
	}
	return h
}
