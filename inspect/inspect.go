package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/lambdalint/lambdalint/inspect/history"
	"github.com/lambdalint/lambdalint/inspect/layer"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
	"github.com/lambdalint/lambdalint/inspect/source"
)

// Options say how to look at an image.
type Options struct {
	// AsOf is the date to judge lifecycles by, YYYY-MM-DD.
	AsOf string
	// Function is what the caller knows of the Lambda function.
	Function Function
	// Quick reads the manifest and the configuration alone.
	Quick bool
	// Verify reads and hashes what could be skipped by seeking.
	Verify bool
	// Jobs is how many layers are read at once; 0 means one a processor.
	Jobs int
	// Bounds keep hostile layers in check; the zero value means the default.
	Bounds layer.Bounds
	// Trace, where set, is told what is done, for -v.
	Trace func(format string, args ...any)
}

// Inspect states the facts of an opened image. Which files the document holds
// is decided by the request; what it says of them is not.
func Inspect(ctx context.Context, src *source.Image, request Request, options Options) (*Image, error) {
	if options.Bounds == (layer.Bounds{}) {
		options.Bounds = layer.DefaultBounds()
	}
	if options.Trace == nil {
		options.Trace = func(string, ...any) {}
	}
	doc, err := describe(src, options)
	if err != nil {
		return nil, err
	}
	if options.Quick || !doc.Config.Known {
		doc.Boot, doc.Runtime, doc.Handler = bootArguments(doc), noRuntime(), noHandler()
		return doc, nil
	}
	globs, err := newSelector(request.Globs())
	if err != nil {
		return nil, err
	}
	contents, err := newSelector(request.Contents())
	if err != nil {
		return nil, err
	}
	r := &reader{source: src, options: options, foresee: foresee(doc, contents)}
	if err := r.readAll(ctx); err != nil {
		return nil, err
	}
	fs := rootfs.Merge(r.indexes)
	view := &view{FS: fs, reader: r, now: r.answerNow(ctx)}
	doc.Selection.Aliases = make(map[string]string)
	if globs, err = globs.follow(fs, doc.Selection.Aliases); err != nil {
		return nil, err
	}
	if contents, err = contents.follow(fs, doc.Selection.Aliases); err != nil {
		return nil, err
	}
	if err := view.rounds(ctx, func() error { return assemble(doc, view, request, globs, contents) }); err != nil {
		return nil, err
	}
	return doc, nil
}

// describe states what the manifest and the configuration say.
func describe(src *source.Image, options Options) (*Image, error) {
	doc := &Image{
		Schema: SchemaName, AsOf: options.AsOf, Function: options.Function.normal(),
		Reference: splitReference(src), Source: sourceFacts(src),
		Layers: []Layer{}, Unusual: []UnusualEntry{}, SetID: []SetIDFile{}, Unreadable: []UnreadableFiles{}, Uncompiled: []UncompiledSources{}, ForeignModules: []ForeignModules{}, Extensions: []Extension{}, History: []History{}, Files: []File{}, Removed: []RemovedFile{},
		Index: Index{ByPath: map[string]int{}},
		Asked: Asked{Patterns: []string{}, Globs: []AskedGlob{}, Usage: []Usage{}},
		Size:  Size{LayersSum: -1, Flattened: -1, TopShadowed: []ShadowedFile{}},
	}
	var err error
	if doc.Manifest, err = manifestFacts(src); err != nil {
		return nil, err
	}
	doc.Config = emptyConfig()
	if src.Config != nil {
		if err := configFacts(doc, src); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

func configFacts(doc *Image, src *source.Image) error {
	var file v1.ConfigFile
	if err := json.Unmarshal(src.Config, &file); err != nil {
		return fmt.Errorf("reading the image's configuration: it is no JSON of an image configuration: %w", err)
	}
	doc.Platform = Platform{OS: file.OS, Architecture: file.Architecture, Variant: file.Variant}
	doc.Config = config(&file, doc.Function)
	entries := history.Read(file.History, len(src.Layers))
	for _, e := range entries {
		doc.History = append(doc.History, historyFacts(e))
	}
	for i, l := range src.Layers {
		doc.Layers = append(doc.Layers, layerFacts(i, l, entries))
	}
	return nil
}

// reader reads the layers of a source: all of them once, and single files of
// them again where a fact asks for it.
type reader struct {
	source  *source.Image
	options Options
	foresee func(path string, e *layer.Entry) []layer.Question

	indexes []*layer.Index
	answers []layer.Answers
}

// readAll reads every layer, as many at once as there are jobs.
func (r *reader) readAll(ctx context.Context) error {
	r.indexes = make([]*layer.Index, len(r.source.Layers))
	r.answers = make([]layer.Answers, len(r.source.Layers))
	return r.each(ctx, func(ctx context.Context, i int) error {
		l := &r.source.Layers[i]
		if unread(l) != "" {
			return nil
		}
		index, answers, err := r.read(ctx, l)
		if err != nil {
			return fmt.Errorf("reading layer %d: %w", i, err)
		}
		r.indexes[i], r.answers[i] = index, answers
		return nil
	})
}

// read reads one layer: by seeking where its bytes are on disk as they are,
// else as a stream.
func (r *reader) read(ctx context.Context, l *source.Layer) (*layer.Index, layer.Answers, error) {
	if l.At != nil && !r.options.Verify {
		first := make([]byte, 4)
		n, _ := l.At.ReadAt(first, 0) // an error shows again when it is read
		if layer.Compression(first[:n]) == "none" {
			return layer.Walk(ctx, l.At, l.Size, nil, r.options.Bounds)
		}
	}
	return r.stream(ctx, l, func(_ int, e *layer.Entry) []layer.Question { return r.foresee(e.Path, e) })
}

func (r *reader) stream(ctx context.Context, l *source.Layer, ask layer.Ask) (*layer.Index, layer.Answers, error) {
	blob, err := l.Blob(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = blob.Close() }() // what was read has been verified by then
	return layer.Read(ctx, blob, ask, r.options.Bounds)
}

// each calls f for every layer, in parallel, and returns the first error.
func (r *reader) each(ctx context.Context, f func(context.Context, int) error) error {
	jobs := r.options.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, jobs)
	var wait sync.WaitGroup
	for i := range r.source.Layers {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			if err := f(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// again puts questions to single entries of layers that have been read.
func (r *reader) again(ctx context.Context, wanted map[int]map[int][]layer.Question) error {
	return r.each(ctx, func(ctx context.Context, i int) error {
		if len(wanted[i]) == 0 {
			return nil
		}
		answers, err := r.reread(ctx, i, wanted[i])
		if err != nil {
			return fmt.Errorf("reading layer %d again: %w", i, err)
		}
		r.keep(i, answers)
		return nil
	})
}

func (r *reader) reread(ctx context.Context, i int, wanted map[int][]layer.Question) (layer.Answers, error) {
	l := &r.source.Layers[i]
	if l.At != nil && r.indexes[i].Compression == "none" {
		return layer.AnswerAt(ctx, l.At, l.Size, r.indexes[i], wanted)
	}
	_, answers, err := r.stream(ctx, l, func(position int, _ *layer.Entry) []layer.Question { return wanted[position] })
	return answers, err
}
