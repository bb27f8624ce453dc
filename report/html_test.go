package report

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/rules"
)

// Every tag and every address on the page is one that the template writes.
func TestPageHoldsOnlyItsOwnMarkup(t *testing.T) {
	tag := regexp.MustCompile(`(?s)<(/?[a-z!?][a-z0-9]*)`)
	known := map[string]bool{}
	for _, m := range tag.FindAllStringSubmatch(pageTemplate, -1) {
		known[m[1]] = true
	}
	address := regexp.MustCompile(`(?i)(?:href|src)="([^"]*)"`)
	for name, r := range samples() {
		out := string(write(t, "html", r, Options{}))
		for _, m := range tag.FindAllStringSubmatch(out, -1) {
			if !known[strings.ToLower(m[1])] {
				t.Errorf("%s: a tag <%s>", name, m[1])
			}
		}
		for _, m := range address.FindAllStringSubmatch(out, -1) {
			if !strings.HasPrefix(m[1], "#") && m[1] != "data:," && !strings.HasPrefix(m[1], home+"/blob/main/rules/") {
				t.Errorf("%s: an address %s", name, m[1])
			}
		}
		for _, loads := range []string{"<script", "src=", "url(", "@import", "ZgotmplZ"} {
			if strings.Contains(out, loads) {
				t.Errorf("%s: %s on a page that loads nothing and runs nothing", name, loads)
			}
		}
	}
}

func TestPageTellsEveryFinding(t *testing.T) {
	list := manyFindings(perRuleOnPage + 6)
	out := string(write(t, "html", finish("error", sampleImage(fail("function-files-readable", rules.Warning, list...))), Options{}))
	if n := strings.Count(out, "only root can read it"); n != perRuleOnPage {
		t.Errorf("%d findings on the page", n)
	}
	if !strings.Contains(out, "and 6 more") || !strings.Contains(out, "(206 findings)") {
		t.Error("what is left out is not said")
	}
}

// The boxes fill the map once, each as large as its bytes.
func TestTreemapAreasAreBytes(t *testing.T) {
	for name, r := range samples() {
		for i := range r.Images {
			im := &r.Images[i]
			tiles := treemap(im)
			var total int64
			for _, l := range im.Layers {
				total += l.Size
			}
			area := 0.0
			for _, a := range tiles {
				area += a.wide * a.up
				if want := 10_000 * float64(a.bytes) / float64(total); math.Abs(a.wide*a.up-want) > 1e-6 {
					t.Errorf("%s: %s takes %f of the map, want %f", name, a.Label, a.wide*a.up, want)
				}
				if a.left < -1e-9 || a.top < -1e-9 || a.left+a.wide > 100+1e-6 || a.top+a.up > 100+1e-6 {
					t.Errorf("%s: %s leaves the map", name, a.Label)
				}
				for _, b := range tiles {
					if a != b && overlap(a.left, a.wide, b.left, b.wide) && overlap(a.top, a.up, b.top, b.up) {
						t.Errorf("%s: %s lies over %s", name, a.Label, b.Label)
					}
				}
			}
			if len(tiles) > 0 && math.Abs(area-10_000) > 1e-6 {
				t.Errorf("%s: the boxes take %f of 10000", name, area)
			}
		}
	}
}

func overlap(a, aSize, b, bSize float64) bool {
	return a+aSize > b+1e-6 && b+bSize > a+1e-6
}
