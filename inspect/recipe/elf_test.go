package recipe

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"slices"
	"testing"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/probe"
)

// The file that a recipe makes is read here by the standard library, which
// knows nothing of how it was made.
func TestELFIsReadable(t *testing.T) {
	r := &Recipe{files: map[string][]byte{"mod": []byte("path\texample.com/f\nmod\texample.com/f\t(devel)\t\ndep\tgithub.com/aws/aws-lambda-go\tv1.47.0\th1:x=\n")}}
	data, err := r.parseELF(1, []string{
		"arch=arm64", "loader=/lib/ld-linux-aarch64.so.1", "needed=libc.so.6,libm.so.6", "runpath=$ORIGIN/lib",
		"requires=libc.so.6:GLIBC_2.38,GLIBC_2.34?", "soname=x.so", "provides=x.so,V1", "buildinfo=@mod",
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if f.Machine != elf.EM_AARCH64 {
		t.Errorf("machine %v", f.Machine)
	}
	libraries, err := f.ImportedLibraries()
	if err != nil || !slices.Equal(libraries, []string{"libc.so.6", "libm.so.6"}) {
		t.Errorf("libraries %v, %v", libraries, err)
	}
	needs, err := f.DynamicVersionNeeds()
	if err != nil || len(needs) != 1 || len(needs[0].Needs) != 2 || needs[0].Needs[0].Dep != "GLIBC_2.38" || needs[0].Needs[1].Flags&elf.VER_FLG_WEAK == 0 {
		t.Errorf("version needs %+v, %v", needs, err)
	}
	versions, err := f.DynamicVersions()
	if err != nil || len(versions) != 2 || versions[1].Name != "V1" {
		t.Errorf("versions %+v, %v", versions, err)
	}
	info, err := buildinfo.Read(bytes.NewReader(data))
	if err != nil || len(info.Deps) != 1 || info.Deps[0].Path != "github.com/aws/aws-lambda-go" {
		t.Errorf("build information %+v, %v", info, err)
	}
}

func TestGoFunctionsAreFound(t *testing.T) {
	r := &Recipe{files: map[string][]byte{"mod": []byte("path\texample.com/f\n")}}
	for functions, want := range map[string]bool{
		"main.main,github.com/aws/aws-lambda-go/lambda.Start": true,
		"main.main,github.com/aws/aws-lambda-go/lambda.init":  false,
	} {
		data, err := r.parseELF(1, []string{"buildinfo=@mod", "functions=" + functions})
		if err != nil {
			t.Fatal(err)
		}
		var program probe.GoProgramFile
		if err := json.Unmarshal(layer.AnswerBytes(probe.GoProgram(), data).JSON, &program); err != nil {
			t.Fatal(err)
		}
		if !program.LambdaLinked || program.LambdaStarted != want {
			t.Errorf("%s: linked %v, started %v", functions, program.LambdaLinked, program.LambdaStarted)
		}
	}
}
