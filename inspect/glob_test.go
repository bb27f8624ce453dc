package inspect

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestGlobMatches(t *testing.T) {
	tests := []struct {
		glob string
		yes  string
		no   string
	}{
		{"/etc/passwd", "/etc/passwd", "/etc/passwd2 /etc /etc/passwd/x"},
		{"/etc/*.conf", "/etc/a.conf /etc/.conf", "/etc/a/b.conf /etc/a.conf/b /etc/aconf"},
		{"/etc/*", "/etc/a", "/etc /etc/a/b"},
		{"/etc/**", "/etc /etc/a /etc/a/b/c", "/etcetera /et"},
		{"/**/x", "/x /a/x /a/b/x", "/ax /x/y"},
		{"/a/**/x", "/a/x /a/b/x /a/b/c/x", "/a /x /ab/x"},
		{"/a/*/**", "/a/b /a/b/c", "/a"},
		{"/**", "/ /a /a/b", ""},
		{"/**/**", "/ /a", ""},
		{"/*/**", "/a /a/b", "/"},
		{"/", "/", "/a"},
		{"/a?c", "/abc /aäc", "/ac /a/c"},
		{"/a[0-9]", "/a3", "/ab /a"},
		{"/a[!0-9]", "/ab", "/a3 /a/"},
		{"/a.{so,dll}", "/a.so /a.dll", "/a.s /axso"},
		{"/lib{,64}/x", "/lib/x /lib64/x", "/lib6/x"},
		{"/a,b", "/a,b", "/a"},
		{`/a\*b`, "/a*b", "/axb"},
		{`/\[x\]`, "/[x]", "/x"},
		{"/ä/*", "/ä/ö", "/a/ö"},
		{"/a+b(c)", "/a+b(c)", "/aab(c)"},
		{"/\x83\x84/*", "/\x83\x84/b", "/\x83/b"},
		{"/a/\n*", "/a/\nb", "/a/b"},
	}
	for _, test := range tests {
		glob, err := CompileGlob(test.glob)
		if err != nil {
			t.Errorf("%s: %v", test.glob, err)
			continue
		}
		for _, p := range strings.Split(test.yes, " ") {
			if !glob.Match(p) {
				t.Errorf("%s does not match %s", test.glob, p)
			}
		}
		for _, p := range strings.Fields(strings.ReplaceAll(test.no, "\n", "")) {
			if glob.Match(p) {
				t.Errorf("%s matches %s", test.glob, p)
			}
		}
	}
}

func TestGlobErrors(t *testing.T) {
	for glob, want := range map[string]string{
		"etc/*": "begin with a slash", "": "begin with a slash", "/a/": "ends in a slash", "/a//b": "empty segment",
		"/a/../b": "..", "/a**": "** must be a whole segment", "/a/b**/c": "** must be a whole segment",
		"/[a": "[ without ]", "/[]": "empty", "/[a/b]": "[ without ]", "/{a": "{ without }", "/a}": "} without {", "/{a{b}}": "{ inside {",
		`/a\`: "backslash", "/[b-a]": "invalid character class", "/" + strings.Repeat("x", 2000): "at most 1024",
	} {
		if _, err := CompileGlob(glob); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", glob, err, want)
		}
	}
}

func TestGlobBase(t *testing.T) {
	for glob, want := range map[string]string{
		"/etc/passwd": "/etc/passwd", "/etc/*": "/etc", "/a/b*/c": "/a", "/**": "/", "/": "/", `/a\*/*`: "/a*", "/a/{b,c}/d": "/a",
	} {
		compiled, err := CompileGlob(glob)
		if err != nil {
			t.Fatal(err)
		}
		if compiled.Base() != want || compiled.Literal() != !strings.ContainsAny(strings.ReplaceAll(glob, `\*`, ""), "*{") {
			t.Errorf("%s: base %s, literal %v", glob, compiled.Base(), compiled.Literal())
		}
	}
}

func TestGlobFromAnotherBase(t *testing.T) {
	for _, test := range [][3]string{
		{"/lib/*.so", "/usr/lib", "/usr/lib/*.so"}, {"/bin/sh", "/usr/bin/sh", "/usr/bin/sh"},
		{"/a/*", "/", "/*"}, {"/a/**", "/x[1]", `/x\[1\]/**`},
	} {
		glob, err := CompileGlob(test[0])
		if err != nil {
			t.Fatal(err)
		}
		moved, err := glob.From(test[1])
		if err != nil || moved.String() != test[2] {
			t.Errorf("%s from %s: %v %v", test[0], test[1], moved, err)
		}
	}
}

// FuzzGlob holds Match, which looks at literal ends first, to the pattern that
// Rego sees, and the quoting to the path it quotes.
func FuzzGlob(f *testing.F) {
	for _, seed := range []string{"/etc/*.conf", "/**/x", "/a[!0-9]", "/lib{,64}/**", `/a\*b`, "/ä?"} {
		f.Add(seed, "/etc/a.conf")
	}
	f.Fuzz(func(t *testing.T, text, p string) {
		if quoted, err := CompileGlob(QuoteGlob(p)); err == nil && strings.IndexByte(p, 0) < 0 && !quoted.Match(p) {
			t.Errorf("the quoted path %q does not match itself", p)
		}
		glob, err := CompileGlob(text)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		if got, want := glob.Match(p), regexp.MustCompile(glob.Pattern()).MatchString(p); got != want {
			t.Errorf("%s: Match(%q) is %v, the pattern says %v", text, p, got, want)
		}
	})
}
