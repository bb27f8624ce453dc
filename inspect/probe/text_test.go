package probe

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	long := strings.Repeat("é", TextLimit)
	odd := "x" + long
	for name, test := range map[string]struct {
		in   string
		want TextFile
	}{
		"empty":                {"", TextFile{}},
		"text":                 {"#!/bin/sh\r\nexec \"$@\"\n", TextFile{Text: "#!/bin/sh\r\nexec \"$@\"\n"}},
		"NUL":                  {"a\x00b", TextFile{Binary: true}},
		"not UTF-8":            {"caf\xe9", TextFile{Binary: true}},
		"cut at the end":       {"caf\xc3", TextFile{Binary: true}},
		"full":                 {long[:TextLimit], TextFile{Text: long[:TextLimit]}},
		"long":                 {long, TextFile{Text: long[:TextLimit], Truncated: true}},
		"cut within character": {odd, TextFile{Text: odd[:TextLimit-1], Truncated: true}},
		"NUL behind the limit": {long + "\x00", TextFile{Text: long[:TextLimit], Truncated: true}},
		"continuation bytes":   {strings.Repeat("\x80", TextLimit+1), TextFile{Binary: true, Truncated: true}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustAsk[TextFile](t, Text(), []byte(test.in)); got != test.want {
				t.Errorf("got %d bytes, truncated %t, binary %t", len(got.Text), got.Truncated, got.Binary)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("text"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, Text(), data) })
}
