package source

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The longest name and the longest list that an error message prints.
const (
	maxNamePrinted = 200
	maxListed      = 20
)

// printable makes a name fit for an error message: no control characters, no
// credentials, not endless.
func printable(name string) string {
	if host, rest, found := strings.Cut(name, "/"); found {
		// A name with credentials before the host is refused anyway, but the
		// refusal must not repeat them. A digest's @ has no slash behind it.
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			name = "…" + host[at:] + "/" + rest
		}
	}
	if len(name) > maxNamePrinted {
		name = strings.ToValidUTF8(name[:maxNamePrinted], "") + "…"
	}
	unfit := func(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }
	if strings.ContainsFunc(name, unfit) {
		return strconv.Quote(name)
	}
	return name
}

// list prints names for a person, a bounded number of them.
func list(names []string) string {
	shown := names[:min(len(names), maxListed)]
	printed := make([]string, 0, len(shown)+1)
	for _, name := range shown {
		printed = append(printed, printable(name))
	}
	if more := len(names) - len(shown); more > 0 {
		printed = append(printed, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(printed, ", ")
}

// oneLine is an error's text without line breaks.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// quoted is an error whose text may hold text of the image, made fit for one
// line.
func quoted(err error) error { return errors.New(printable(oneLine(err))) }
