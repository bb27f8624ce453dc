package inspect

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// maxContent is the longest text in bytes that rules get to see.
const maxContent = 64 << 10

// contentQuestion asks for a file's text.
func contentQuestion() layer.Question {
	return layer.Question{Name: "content/1", Ask: func(at io.ReaderAt, size int64) ([]byte, error) {
		data := make([]byte, size)
		if _, err := io.ReadFull(io.NewSectionReader(at, 0, size), data); err != nil {
			return nil, err
		}
		if !utf8.Valid(data) {
			return nil, fmt.Errorf("it is not UTF-8")
		}
		return json.Marshal(string(data))
	}}
}

// text gives a file's text, that of a symbolic link's end for a link, or why it is left out. Where it has not been read
// yet, both are empty.
func text(v *view, n rootfs.Node) (content *string, omitted string) {
	if n.Entry != nil && n.Entry.Type == layer.Symlink {
		end, err := v.Stat(n.Path)
		if err != nil {
			return nil, err.Error()
		}
		n = end // what a program reads there
	}
	if n.Entry == nil || n.Entry.Type != layer.File {
		return nil, "it is no regular file"
	}
	if n.Entry.Size > maxContent {
		return nil, fmt.Sprintf("it has %d bytes, more than the %d that rules see", n.Entry.Size, maxContent)
	}
	answer, ok := v.Ask(n, contentQuestion())
	if !ok {
		return nil, ""
	}
	if answer.Failed != "" {
		return nil, answer.Failed
	}
	var out string
	if err := json.Unmarshal(answer.JSON, &out); err != nil {
		return nil, err.Error()
	}
	return &out, ""
}

// foresee says which questions are worth putting to a file while its layer
// streams by for the first time.
func foresee(doc *Image, contents *selector) func(path string, e *layer.Entry) []layer.Question {
	chain := boot.Foresee(bootInput(doc))
	return func(path string, e *layer.Entry) []layer.Question {
		questions := chain(e)
		if e.Size <= maxContent && contents.match(path) {
			questions = append(questions, contentQuestion())
		}
		return questions
	}
}
