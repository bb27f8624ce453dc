package main

import (
	"os"

	"golang.org/x/term"
)

// terminalWidth is the number of columns of the terminal, 80 where it does not
// say.
func terminalWidth() int {
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}
