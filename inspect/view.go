package inspect

import (
	"context"
	"fmt"
	"maps"

	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// maxRounds is how often layers are read again for what turned out to be
// needed. A chain that is longer than that is not followed to its end.
const maxRounds = 8

// view is the merged file system with a way to ask about a file's bytes. What
// has not been read yet is wished for; facts are stated again when the wishes
// have come true.
type view struct {
	*rootfs.FS
	reader *reader
	wishes map[int]map[int][]layer.Question
	// refused is set in the last round: what is still wished for then stays
	// unknown.
	refused bool
	// now answers without a further round where the layer's bytes can be had
	// at any place; ok is false where they cannot.
	now func(node rootfs.Node, q layer.Question) (ok bool)
}

// atRunTime is the view as the function sees it: Lambda mounts an empty /tmp,
// so that what the image has there is not to be found.
func (v *view) atRunTime() *runView {
	return &runView{FS: v.FS.WithEmpty("/tmp"), view: v}
}

type runView struct {
	*rootfs.FS
	view *view
}

func (r *runView) Ask(node rootfs.Node, q layer.Question) (layer.Answer, bool) {
	return r.view.Ask(node, q)
}

// Ask gives the answer to a question about a file. ok is false where it is not
// known yet.
func (v *view) Ask(node rootfs.Node, q layer.Question) (answer layer.Answer, ok bool) {
	if node.Entry == nil || node.Entry.Type != layer.File {
		return layer.Answer{Failed: "it is no regular file"}, true
	}
	if answer, ok := v.reader.answers[node.Layer][node.Ref.Entry][q.Name]; ok {
		return answer, true
	}
	if node.Entry.Size == 0 {
		return answerEmpty(q), true
	}
	if v.now(node, q) {
		return v.reader.answers[node.Layer][node.Ref.Entry][q.Name], true
	}
	if v.refused {
		return layer.Answer{Failed: fmt.Sprintf("it was not read within %d rounds", maxRounds)}, true
	}
	if v.wishes == nil {
		v.wishes = make(map[int]map[int][]layer.Question)
	}
	if v.wishes[node.Layer] == nil {
		v.wishes[node.Layer] = make(map[int][]layer.Question)
	}
	wished := v.wishes[node.Layer][node.Ref.Entry]
	for _, w := range wished {
		if w.Name == q.Name {
			return layer.Answer{}, false
		}
	}
	v.wishes[node.Layer][node.Ref.Entry] = append(wished, q)
	return layer.Answer{}, false
}

// rounds states facts, fetches what they wished for, and states them again,
// until nothing new is asked.
func (v *view) rounds(ctx context.Context, state func() error) error {
	for round := 1; ; round++ {
		v.wishes = nil
		v.refused = round > maxRounds
		if err := state(); err != nil {
			return err
		}
		if len(v.wishes) == 0 {
			v.reader.options.Trace("the layers were read in %d round(s)", round)
			return nil
		}
		if err := v.reader.again(ctx, v.wishes); err != nil {
			return err
		}
	}
}

// answerNow answers a question where the layer's bytes lie on disk as they are.
// A chain of links then takes no rounds. An error shows when the layer is read
// in a round.
func (r *reader) answerNow(ctx context.Context) func(rootfs.Node, layer.Question) bool {
	return func(node rootfs.Node, q layer.Question) bool {
		l := &r.source.Layers[node.Layer]
		if l.At == nil || r.indexes[node.Layer].Compression != "none" {
			return false
		}
		entry := node.Ref.Entry
		answers, err := layer.AnswerAt(ctx, l.At, l.Size, r.indexes[node.Layer], map[int][]layer.Question{entry: {q}})
		if err != nil {
			return false
		}
		r.keep(node.Layer, answers)
		return true
	}
}

// keep adds answers to those of a layer.
func (r *reader) keep(layer int, answers layer.Answers) {
	for entry, byName := range answers {
		if r.answers[layer][entry] == nil {
			r.answers[layer][entry] = byName
			continue
		}
		maps.Copy(r.answers[layer][entry], byName)
	}
}

// answerEmpty answers a question about an empty file, which no layer reads.
func answerEmpty(q layer.Question) layer.Answer {
	return layer.AnswerBytes(q, nil)
}
