// Package inspect turns an opened image into facts: the document that rules
// see. It knows images and files; it refuses to have opinions. Whether a fact
// is good or bad, an error or a note, stands in the rules alone.
package inspect
