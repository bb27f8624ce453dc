package probe

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// ask puts a question to bytes.
func ask[T any](t *testing.T, q layer.Question, data []byte) (T, error) {
	t.Helper()
	return Decode[T](layer.AnswerBytes(q, data))
}

func mustAsk[T any](t *testing.T, q layer.Question, data []byte) T {
	t.Helper()
	result, err := ask[T](t, q, data)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// wantFailed sees that a question fails with a reason that contains reason,
// and not by a panic.
func wantFailed(t *testing.T, q layer.Question, data []byte, reason string) {
	t.Helper()
	answer := layer.AnswerBytes(q, data)
	if answer.Failed == "" || !strings.Contains(answer.Failed, reason) || strings.Contains(answer.Failed, "panicked") {
		t.Errorf("answer = %s, failed %q; want a failure with %q", answer.JSON, answer.Failed, reason)
	}
}

// noPanic is what every fuzz target holds: an answer is JSON or a reason.
func noPanic(t *testing.T, q layer.Question, data []byte) {
	t.Helper()
	answer := layer.AnswerBytes(q, data)
	if strings.Contains(answer.Failed, "panicked") {
		t.Fatal(answer.Failed)
	}
	if answer.Failed == "" && len(answer.JSON) == 0 {
		t.Fatal("neither an answer nor a reason")
	}
}

// compile builds a C source and gives the bytes of what came out.
func compile(t *testing.T, source string, args ...string) []byte {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc here")
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "a.c"), filepath.Join(dir, "a.out")
	if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(gcc, append([]string{"-o", out, in}, args...)...).CombinedOutput(); err != nil {
		t.Skipf("gcc %v: %v: %s", args, err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const cProgram = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"

// withoutSections takes the section headers away, as sstrip does.
func withoutSections(data []byte) []byte {
	out := bytes.Clone(data[:binary.LittleEndian.Uint64(data[40:])])
	clear(out[40:48])
	clear(out[58:64])
	return out
}

func TestELFOfCompiledPrograms(t *testing.T) {
	dynamic := compile(t, cProgram, "-Wl,-rpath,/a:$ORIGIN/../lib")
	f := mustAsk[ELFFile](t, ELF(), dynamic)
	if f.Class != 64 || f.Type != "dyn" || f.Static || f.Packed || f.Interpreter == "" ||
		!slices.Contains(f.Needed, "libc.so.6") || !slices.Equal(f.RunPath, []string{"/a", "$ORIGIN/../lib"}) {
		t.Errorf("dynamic program: %+v", f)
	}
	if !slices.ContainsFunc(f.Requires, func(v VersionNeed) bool {
		return v.Library == "libc.so.6" && strings.HasPrefix(v.Version, "GLIBC_2.") && !v.Weak
	}) {
		t.Errorf("version needs: %+v", f.Requires)
	}
	stripped := mustAsk[ELFFile](t, ELF(), withoutSections(dynamic))
	if !slices.Equal(stripped.Needed, f.Needed) || !slices.Equal(stripped.Requires, f.Requires) {
		t.Errorf("without section headers: %+v, with them %+v", stripped, f)
	}
	for _, args := range [][]string{{"-static"}, {"-static-pie"}} {
		if f := mustAsk[ELFFile](t, ELF(), compile(t, cProgram, args...)); !f.Static || f.Interpreter != "" || len(f.Needed) > 0 {
			t.Errorf("%v: %+v", args, f)
		}
	}
	library := mustAsk[ELFFile](t, ELF(), compile(t, "int f(void) { return 1; }", "-shared", "-fPIC", "-nostdlib",
		"-Wl,-soname,libf.so.1", "-Wl,--disable-new-dtags,-rpath,/old", "-Wl,--default-symver"))
	if library.Soname != "libf.so.1" || library.Static || !slices.Equal(library.RPath, []string{"/old"}) || len(library.RunPath) > 0 {
		t.Errorf("library: %+v", library)
	}
	if object := mustAsk[ELFFile](t, ELF(), compile(t, cProgram, "-c")); object.Type != "rel" || object.Static {
		t.Errorf("object: %+v", object)
	}
}

func TestELFOf32Bits(t *testing.T) {
	if f := mustAsk[ELFFile](t, ELF(), compile(t, "int puts(char *); int main(void) { return puts(\"\"); }", "-m32")); f.Class != 32 || f.Architecture != "386" || !slices.Contains(f.Needed, "libc.so.6") {
		t.Errorf("32 bits: %+v", f)
	}
}

// makeELF writes a small ELF file with one loaded segment at address 0, whose
// dynamic table holds the tags and whose strings are given.
func makeELF(machine elf.Machine, order binary.ByteOrder, loader, names string, tags ...[2]uint64) []byte {
	const header, program, segments = 64, 56, 3
	at := uint64(header + segments*program)
	interpAt := at
	stringsAt := interpAt + uint64(len(loader)) + 1
	dynamicAt := (stringsAt + uint64(len(names)) + 7) &^ 7
	tags = append(tags, [2]uint64{uint64(elf.DT_STRTAB), stringsAt}, [2]uint64{uint64(elf.DT_STRSZ), uint64(len(names))}, [2]uint64{})
	end := dynamicAt + uint64(16*len(tags))
	var out bytes.Buffer
	data := byte(elf.ELFDATA2LSB)
	if order == binary.BigEndian {
		data = byte(elf.ELFDATA2MSB)
	}
	out.Write([]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	write := func(v any) { _ = binary.Write(&out, order, v) }
	write([]uint16{uint16(elf.ET_DYN), uint16(machine)})
	write(uint32(1))
	write([]uint64{0, header, 0})
	write(uint32(0))
	write([]uint16{header, program, segments, 64, 0, 0})
	segment := func(kind elf.ProgType, at, size uint64) {
		write([]uint32{uint32(kind), 4})
		write([]uint64{at, at, at, size, size, 8})
	}
	segment(elf.PT_LOAD, 0, end)
	segment(elf.PT_INTERP, interpAt, uint64(len(loader))+1)
	segment(elf.PT_DYNAMIC, dynamicAt, uint64(16*len(tags)))
	out.WriteString(loader + "\x00" + names)
	out.Write(make([]byte, int(dynamicAt)-out.Len()))
	write(tags)
	return out.Bytes()
}

func TestELFOfOtherMachines(t *testing.T) {
	needed := [2]uint64{uint64(elf.DT_NEEDED), 1}
	for _, test := range []struct {
		machine elf.Machine
		order   binary.ByteOrder
		want    string
	}{
		{elf.EM_AARCH64, binary.LittleEndian, "arm64"},
		{elf.EM_AARCH64, binary.BigEndian, "machine 183"},
		{elf.EM_RISCV, binary.LittleEndian, "riscv64"},
		{elf.EM_S390, binary.BigEndian, "machine 22"},
	} {
		f := mustAsk[ELFFile](t, ELF(), makeELF(test.machine, test.order, "/lib/ld.so", "\x00liba.so\x00", needed))
		if f.Architecture != test.want || f.Interpreter != "/lib/ld.so" || !slices.Equal(f.Needed, []string{"liba.so"}) {
			t.Errorf("machine %d: %+v", test.machine, f)
		}
	}
}

func TestELFThatIsPacked(t *testing.T) {
	data := makeELF(elf.EM_X86_64, binary.LittleEndian, "/lib/ld.so", "\x00UPX!\x00")
	if f := mustAsk[ELFFile](t, ELF(), data); !f.Packed {
		t.Errorf("UPX's mark was not seen: %+v", f)
	}
	trailer := append(makeELF(elf.EM_X86_64, binary.LittleEndian, "/lib/ld.so", "\x00"+strings.Repeat("x", 2000)+"\x00"), "UPX!\x0d\x16\x0e\x0a"...)
	if f := mustAsk[ELFFile](t, ELF(), trailer); !f.Packed {
		t.Errorf("UPX's mark at the end was not seen: %+v", f)
	}
	inside := makeELF(elf.EM_X86_64, binary.LittleEndian, "/lib/ld.so", "\x00"+strings.Repeat("x", 2000)+"UPX!"+strings.Repeat("x", 2000)+"\x00")
	if f := mustAsk[ELFFile](t, ELF(), inside); f.Packed {
		t.Error("a file that speaks of UPX! is taken for a packed one")
	}
}

func TestELFThatIsHostile(t *testing.T) {
	name := func(tag elf.DynTag, at uint64) [2]uint64 { return [2]uint64{uint64(tag), at} }
	little := func(loader, names string, tags ...[2]uint64) []byte {
		return makeELF(elf.EM_X86_64, binary.LittleEndian, loader, names, tags...)
	}
	good := little("/lib/ld.so", "\x00liba.so\x00", name(elf.DT_NEEDED, 1))
	change := func(at int, b ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[at:], b)
		return data
	}
	many := make([][2]uint64, 600)
	for i := range many {
		many[i] = name(elf.DT_NEEDED, 1)
	}
	for reason, data := range map[string][]byte{
		"not an ELF file":                 []byte("#!/bin/sh\n"),
		"class 7":                         change(elf.EI_CLASS, 7),
		"byte order 9":                    change(elf.EI_DATA, 9),
		"program headers would end":       change(32, 0, 0, 0, 0xff),
		"65535 program headers":           change(56, 0xff, 0xff),
		"no program headers":              change(56, 0, 0),
		"headers of 3 bytes":              change(54, 3, 0),
		"a segment ends at byte":          good[:len(good)-1],
		"the ELF header would end":        good[:40],
		"loader's name has":               change(64+56+32, 0xff, 0xff, 0xff),
		"does not end in a NUL":           change(64+56+32, 3),
		"a name at byte 99":               little("/l", "\x00", name(elf.DT_NEEDED, 99)),
		"more than the 4096 bytes":        little("/l", strings.Repeat("x", 5000), name(elf.DT_NEEDED, 1)),
		"is not UTF-8":                    little("/l", "\x00\xff\xfe\x00", name(elf.DT_NEEDED, 1)),
		"which no segment holds":          little("/l", "\x00", name(elf.DT_VERNEED, 1<<40), name(elf.DT_VERNEEDNUM, 1)),
		"1099511627776 version needs":     little("/l", "\x00", name(elf.DT_VERNEED, 1), name(elf.DT_VERNEEDNUM, 1<<40)),
		"names have more than the 104857": little("/l", "\x00"+strings.Repeat("x", 4000)+"\x00", many...),
	} {
		t.Run(reason, func(t *testing.T) { wantFailed(t, ELF(), data, reason) })
	}
}

func TestELFOfVersionRecordsThatLoop(t *testing.T) {
	// A Verneed record whose one Vernaux record is itself, for ever forward by
	// one byte: bounded by the counts alone.
	record := "\x01\x00\xff\xff\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"
	names := "\x00" + strings.Repeat(record, 4000)
	data := makeELF(elf.EM_X86_64, binary.LittleEndian, "/l", names,
		[2]uint64{uint64(elf.DT_VERNEED), 64 + 3*56 + 3 + 1}, [2]uint64{uint64(elf.DT_VERNEEDNUM), 60000})
	answer := layer.AnswerBytes(ELF(), data)
	if answer.Failed == "" {
		t.Error("nothing stopped the records")
	}
}

func FuzzELF(f *testing.F) {
	f.Add([]byte("\x7fELF"))
	f.Add(makeELF(elf.EM_X86_64, binary.LittleEndian, "/lib/ld.so", "\x00liba.so\x00", [2]uint64{uint64(elf.DT_NEEDED), 1}))
	f.Add(makeELF(elf.EM_PPC64, binary.BigEndian, "/lib/ld.so", "\x00liba.so\x00", [2]uint64{uint64(elf.DT_VERNEED), 240}, [2]uint64{uint64(elf.DT_VERNEEDNUM), 3}))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, ELF(), data) })
}

// TestELFAgreesWithReadelf compares with binutils over files of this machine.
// LAMBDALINT_CORPUS=1 takes all of them.
func TestELFAgreesWithReadelf(t *testing.T) {
	readelf, err := exec.LookPath("readelf")
	if err != nil {
		t.Skip("no readelf here")
	}
	files := corpus(t, 40, isELF, "/usr/bin", "/usr/lib", "/usr/libexec")
	compared, skipped := 0, 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(data, []byte("\x7fELF")) {
			continue
		}
		f, err := ask[ELFFile](t, ELF(), data)
		if err != nil {
			if skipped++; !strings.Contains(err.Error(), "debug information alone") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		out, _ := exec.Command(readelf, "-W", "-l", "-d", "-V", name).Output()
		want := parseReadelf(string(out))
		if f.Type == "rel" {
			continue
		}
		slices.SortFunc(f.Requires, compareNeeds)
		slices.SortFunc(want.Requires, compareNeeds)
		if !slices.Equal(f.Needed, want.Needed) || f.Soname != want.Soname || f.Interpreter != want.Interpreter ||
			!slices.Equal(f.RunPath, want.RunPath) || !slices.Equal(f.RPath, want.RPath) ||
			!slices.Equal(f.Requires, want.Requires) || !slices.Equal(f.Defines, want.Defines) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, f, want)
		}
		compared++
	}
	t.Logf("%d ELF files compared, %d could not be read", compared, skipped)
	if compared == 0 {
		t.Error("no file was compared")
	}
}

func isELF(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 4)
	_, err = io.ReadFull(file, head)
	return err == nil && string(head) == elf.ELFMAG
}

func compareNeeds(a, b VersionNeed) int {
	return strings.Compare(a.Library+" "+a.Version, b.Library+" "+b.Version)
}

// corpus lists files of this machine: about most of them, spread evenly, or
// all with LAMBDALINT_CORPUS=1.
func corpus(t *testing.T, most int, want func(string) bool, dirs ...string) []string {
	t.Helper()
	var files []string
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && want(name) {
				if info, err := d.Info(); err == nil && info.Size() < 256<<20 {
					files = append(files, name)
				}
			}
			return nil
		})
	}
	if os.Getenv("LAMBDALINT_CORPUS") == "" && len(files) > most {
		var some []string
		for i := range most {
			some = append(some, files[i*len(files)/most])
		}
		return some
	}
	return files
}

func parseReadelf(out string) ELFFile {
	var f ELFFile
	bracket := regexp.MustCompile(`\((NEEDED|RUNPATH|RPATH|SONAME)\).*\[(.*)\]$`)
	loader := regexp.MustCompile(`\[Requesting program interpreter: (.*)\]`)
	need := regexp.MustCompile(`Version: 1  File: (\S+)`)
	version := regexp.MustCompile(`Name: (\S+)  Flags: (.*?)  Version: \d+$`)
	defines := regexp.MustCompile(`Rev: 1  Flags: (.*?)\s+Index: \d+  Cnt: \d+  Name: (.*)$`)
	library := ""
	for _, line := range strings.Split(out, "\n") {
		line = strings.TrimRight(line, " ")
		if m := bracket.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "NEEDED":
				f.Needed = append(f.Needed, m[2])
			case "RUNPATH":
				f.RunPath = append(f.RunPath, strings.Split(m[2], ":")...)
			case "RPATH":
				f.RPath = append(f.RPath, strings.Split(m[2], ":")...)
			case "SONAME":
				f.Soname = m[2]
			}
		} else if m := loader.FindStringSubmatch(line); m != nil {
			f.Interpreter = m[1]
		} else if m := need.FindStringSubmatch(line); m != nil {
			library = m[1]
		} else if m := defines.FindStringSubmatch(line); m != nil {
			if !strings.Contains(m[1], "BASE") {
				f.Defines = append(f.Defines, m[2])
			}
		} else if m := version.FindStringSubmatch(line); m != nil {
			f.Requires = append(f.Requires, VersionNeed{library, m[1], strings.Contains(m[2], "WEAK")})
		}
	}
	return f
}
