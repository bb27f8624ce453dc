package recipe

import (
	"errors"
	"regexp"
	"testing"
)

func TestSyntaxErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                                              `r:1:1: no FROM line: begin with "FROM scratch" or "FROM NAME" for a base recipe`,
		"FROM scratch\nfrom x":                          `r:2:1: unknown instruction "from": instructions are those of a Dockerfile in capitals, or platform, manifest, index, source, config, given`,
		"\t0644 /x":                                     `r:1:1: an indented line belongs to an instruction, and there is none above it`,
		"FROM scratch\nFROM scratch":                    `r:2:1: a second FROM: a recipe describes the final image, one FROM names its base`,
		"FROM scratch\nCOPY x y # want x":               `r:2:10: after "# want" stand regular expressions in quotes`,
		"FROM scratch\nCOPY x y # want \"(\"":           "r:2:17: error parsing regexp: missing closing ): `(`",
		"FROM scratch\nCOPY x y\n\t0644 \"/x":           `r:3:7: the quotes are not closed`,
		"FROM scratch\nCOPY x y\n\t0844 /x":             `r:3:1: "0844" is no mode in octal digits, nor link, hardlink, gone, opaque, fifo, device, bare, as, stored, lie or missing`,
		"FROM scratch\nCOPY x y\n\t0644 x":              `r:3:1: the path "x" must be absolute (or in quotes, to be written as it is)`,
		"FROM scratch\nCOPY x y\n\t0644 /x @y":          `r:3:1: there is no section "-- y --" below`,
		"FROM scratch\nCOPY x y\n\t0644 /x big":         `r:3:1: "big" is no content: a size such as 12, 4KiB or 3MiB, @NAME of a section, a text in quotes, or elf …`,
		"FROM scratch\nplatform linux":                  `r:2:10: platform is written OS/ARCH or OS/ARCH/VARIANT, not "linux"`,
		"FROM scratch\nplatform linux/amd64\n\t0644 /x": `r:3:1: platform writes no files: indented lines belong to an instruction`,
		"FROM nowhere":                                  `r:1:6: no base recipe "nowhere": it is not here`,
		"FROM scratch\nCMD":                             `r:2:4: CMD needs an argument`,
	} {
		recipe, err := Parse("r", []byte(text))
		if err == nil {
			_, err = recipe.Build(func(string) ([]byte, error) { return nil, errors.New("it is not here") })
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want {
			t.Errorf("%q:\n  got  %v\n  want %s", text, err, want)
		}
	}
}

func TestBasesStandOnEachOtherOnlySoHigh(t *testing.T) {
	recipe, err := Parse("r", []byte("FROM r"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recipe.Build(func(string) ([]byte, error) { return []byte("FROM r"), nil }); err == nil {
		t.Error("a recipe may stand on itself")
	}
}

// largeSize finds sizes that would make each run slow.
var largeSize = regexp.MustCompile(`[MG]iB|\d{6}`)

func FuzzBuild(f *testing.F) {
	f.Add("FROM scratch\nCOPY x y\n\t0755 /x elf needed=a requires=a:B? provides=x\n\tlink /a -> b\nindex attestation\n")
	f.Add("FROM scratch\nWORKDIR a\nENV A=\"b c\" D=e\nRUN x\n\tgone /x\n\tstored zstd\n\t0644 /z 99KiB\n")
	f.Fuzz(func(t *testing.T, text string) {
		recipe, err := Parse("r", []byte(text))
		if err != nil || len(text) > 2000 || largeSize.MatchString(text) {
			return
		}
		_, _ = recipe.Build(func(string) ([]byte, error) { return nil, errors.New("none") })
	})
}
