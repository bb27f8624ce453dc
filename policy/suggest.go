package policy

import (
	"encoding/json"
	"fmt"
)

// DidYouMean gives `, did you mean "x"?` for the known word that is near to
// what was written, and "" where none is.
func DidYouMean(written string, known []string) string {
	best, distance := "", 3
	if len(written) < 5 {
		distance = 2
	}
	for _, word := range known {
		if d := editDistance(written, word); d < distance || (d == distance && best == "") {
			best, distance = word, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// editDistance is the number of letters to insert, delete or replace.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j+1]+1, row[j]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// describe shows a value of a setting for people, shortened.
func describe(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%v", value)
	}
	if len(text) > 60 {
		return string(text[:57]) + "..."
	}
	return string(text)
}
