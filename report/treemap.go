package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
)

// tile is one box of the treemap, in hundredths of the whole's sides.
type tile struct {
	Label, Detail string
	// Colour is one of eight, by layer; Hidden marks bytes nobody can see.
	Colour              int
	Hidden              bool
	bytes               int64
	left, top, wide, up float64
}

// Style places the tile.
func (t tile) Style() template.CSS {
	return template.CSS(fmt.Sprintf("left:%.3f%%;top:%.3f%%;width:%.3f%%;height:%.3f%%", t.left, t.top, t.wide, t.up)) // numbers only
}

// Size is the tile's bytes in words.
func (t tile) Size() string { return bytesText(t.bytes) }

// treemap lays out what fills the image: layers, and in them the directories
// that are known and the bytes that later layers hide.
func treemap(im *Image) []tile {
	var layers []tile
	for _, l := range im.Layers {
		if l.Size > 0 {
			layers = append(layers, tile{Label: fmt.Sprintf("layer %d", l.Index), Detail: shorten(printable(l.Instruction), 200), Colour: l.Index % 8, bytes: l.Size})
		}
	}
	var out []tile
	for _, layer := range arrange(layers, tile{wide: 100, up: 100}) {
		out = append(out, arrange(partsOf(im, layer), layer)...)
	}
	return out
}

// partsOf splits a layer's tile by what is known of it; what remains is the
// layer itself.
func partsOf(im *Image, layer tile) []tile {
	var parts []tile
	rest := layer.bytes
	add := func(t tile) {
		if t.bytes > 0 && t.bytes <= rest {
			rest -= t.bytes
			parts = append(parts, t)
		}
	}
	for _, d := range im.Directories {
		if fmt.Sprintf("layer %d", d.TopLayer) == layer.Label {
			add(tile{Label: printable(d.Directory), Detail: layer.Label, Colour: layer.Colour, bytes: d.Bytes})
		}
	}
	if im.Facts != nil {
		for _, f := range im.Facts.Size.TopShadowed {
			if fmt.Sprintf("layer %d", f.Layer) == layer.Label {
				add(tile{Label: printable(f.Path), Detail: fmt.Sprintf("in %s, hidden by layer %d", layer.Label, f.By), Colour: layer.Colour, Hidden: true, bytes: f.Size})
			}
		}
	}
	if rest > 0 {
		layer.bytes = rest
		parts = append(parts, layer)
	}
	return parts
}

// arrange fills a rectangle with tiles whose areas are their bytes, as near to
// squares as rows allow (Bruls, Huizing and van Wijk, "Squarified Treemaps").
func arrange(tiles []tile, in tile) []tile {
	tiles = slices.Clone(tiles)
	slices.SortStableFunc(tiles, func(a, b tile) int { return cmp.Compare(b.bytes, a.bytes) })
	var total int64
	for _, t := range tiles {
		total += t.bytes
	}
	var out []tile
	for len(tiles) > 0 && total > 0 {
		scale := in.wide * in.up / float64(total)
		side := min(in.wide, in.up)
		n := 1
		for n < len(tiles) && worstRatio(tiles[:n+1], scale, side) <= worstRatio(tiles[:n], scale, side) {
			n++
		}
		var row []tile
		row, in = placeRow(tiles[:n], scale, in)
		for _, t := range row {
			total -= t.bytes
		}
		out = append(out, row...)
		tiles = tiles[n:]
	}
	return out
}

// worstRatio is the largest ratio of sides in a row along a side.
func worstRatio(row []tile, scale, side float64) float64 {
	area := 0.0
	for _, t := range row {
		area += float64(t.bytes) * scale
	}
	thick, worst := area/side, 0.0
	for _, t := range row {
		long := float64(t.bytes) * scale / thick
		worst = max(worst, long/thick, thick/long)
	}
	return worst
}

// placeRow puts a row along the shorter side and gives what is left of the
// rectangle.
func placeRow(row []tile, scale float64, in tile) ([]tile, tile) {
	area := 0.0
	for _, t := range row {
		area += float64(t.bytes) * scale
	}
	column := in.wide >= in.up
	thick, at := area/min(in.wide, in.up), 0.0
	out := slices.Clone(row)
	for i := range out {
		t := &out[i]
		long := float64(t.bytes) * scale / thick
		if column {
			t.left, t.top, t.wide, t.up = in.left, in.top+at, thick, long
		} else {
			t.left, t.top, t.wide, t.up = in.left+at, in.top, long, thick
		}
		at += long
	}
	if column {
		in.left, in.wide = in.left+thick, in.wide-thick
	} else {
		in.top, in.up = in.top+thick, in.up-thick
	}
	return out, in
}
