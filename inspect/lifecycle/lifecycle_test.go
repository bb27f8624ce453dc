package lifecycle

import (
	"regexp"
	"testing"
)

var date = regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)

func TestRuntimesAreDated(t *testing.T) {
	table := AWSRuntimes()
	if !date.MatchString(table.AsOf) || len(table.Rows) < 50 {
		t.Fatalf("as of %q with %d rows", table.AsOf, len(table.Rows))
	}
	seen := make(map[string]bool)
	for _, r := range table.Rows {
		if r.Identifier == "" || r.OS == "" || seen[r.Identifier] {
			t.Errorf("%+v: identifier and system must be there, once", r)
		}
		seen[r.Identifier] = true
		for _, d := range []string{r.Deprecated, r.BlockCreate, r.BlockUpdate} {
			if d != "" && !date.MatchString(d) {
				t.Errorf("%s: %q is no date", r.Identifier, d)
			}
		}
	}
}

func TestSystemsAreDated(t *testing.T) {
	table := OperatingSystems()
	if !date.MatchString(table.AsOf) {
		t.Fatalf("as of %q", table.AsOf)
	}
	for _, s := range table.Rows {
		if !date.MatchString(s.StandardUntil) || !date.MatchString(s.FreeUntil) || s.FreeUntil < s.StandardUntil {
			t.Errorf("%+v: the free support ends with the standard one or later", s)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ id, version, want string }{
		{"debian", "12", "Debian 12"}, {"alpine", "3.22.1", "Alpine 3.22"}, {"rhel", "8.10", "Red Hat Enterprise Linux 8"},
		{"amzn", "2", "Amazon Linux 2"}, {"amzn", "2023", "Amazon Linux 2023"}, {"alpine", "3.2.1", ""}, {"debian", "", ""}, {"wolfi", "20230201", ""},
	} {
		if s, ok := OperatingSystems().Find(c.id, c.version); s.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s %s: %q, want %q", c.id, c.version, s.Name, c.want)
		}
	}
	if r, ok := AWSRuntimes().Find("python3.9"); !ok || r.Deprecated != "2025-12-15" {
		t.Errorf("python3.9: %+v", r)
	}
	if _, ok := AWSRuntimes().Find("python9"); ok {
		t.Error("python9 was found")
	}
}
