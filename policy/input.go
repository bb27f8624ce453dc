package policy

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/lambdalint/lambdalint/inspect"
)

// document is one facts document as Rego sees it. The parts that are the same
// for every rule are converted once; the selection of files is cut for each
// rule, so that no rule sees what another one asked for.
type document struct {
	converter
	image  *inspect.Image
	shared [][2]*ast.Term
	// files and removed are the records without content, in the image's order.
	files, removed []*ast.Term
}

func newDocument(image *inspect.Image) (*document, error) {
	rest := *image
	rest.Files, rest.Removed, rest.Index, rest.Asked = nil, nil, inspect.Index{}, inspect.Asked{}
	d := &document{image: image}
	value, err := d.toValue(&rest)
	if err != nil {
		return nil, err
	}
	value.(ast.Object).Foreach(func(key, term *ast.Term) {
		if !slices.Contains(hidden, string(key.Value.(ast.String))) {
			d.shared = append(d.shared, [2]*ast.Term{key, term})
		}
	})
	for i := range image.Files {
		file := image.Files[i]
		file.Content, file.ContentOmitted = nil, ""
		if err := d.appendTerm(&d.files, &file); err != nil {
			return nil, err
		}
	}
	for i := range image.Removed {
		file := image.Removed[i]
		file.Content, file.ContentOmitted = nil, ""
		if err := d.appendTerm(&d.removed, &file); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *document) appendTerm(list *[]*ast.Term, record any) error {
	value, err := d.toValue(record)
	if err != nil {
		return err
	}
	*list = append(*list, ast.NewTerm(value))
	return nil
}

// view is the selection of one rule while it is being cut.
type view struct {
	*document
	request  inspect.RuleRequest
	contents []*inspect.Glob
	asked    inspect.Asked
	// files and removed are what the rule sees of the image's lists.
	files, removed selection
	byPath         map[string]int
}

// input gives what one rule sees.
func (d *document) input(r *rule) (*ast.Term, error) {
	v := &view{document: d, request: r.request, byPath: make(map[string]int)}
	v.files.positions, v.removed.positions = make(map[int]int), make(map[int]int)
	v.asked.Rule = r.ID
	if err := v.cut(r); err != nil {
		return nil, err
	}
	asked, err := d.toValue(&v.asked)
	if err != nil {
		return nil, err
	}
	index, err := d.toValue(&inspect.Index{ByPath: v.byPath})
	if err != nil {
		return nil, err
	}
	parts := slices.Clone(d.shared)
	parts = append(parts,
		ast.Item(ast.StringTerm("files"), ast.ArrayTerm(v.files.terms...)),
		ast.Item(ast.StringTerm("removed"), ast.ArrayTerm(v.removed.terms...)),
		ast.Item(ast.StringTerm("index"), ast.NewTerm(index)),
		ast.Item(ast.StringTerm("asked"), ast.NewTerm(asked)))
	return ast.NewTerm(ast.NewObject(parts...)), nil
}

func (v *view) cut(r *rule) error {
	for _, text := range v.request.Contents {
		globs, err := v.globs(text)
		if err != nil {
			return err
		}
		v.contents = append(v.contents, globs...)
		for _, glob := range globs {
			v.asked.Contents = append(v.asked.Contents, glob.Pattern())
		}
	}
	for _, text := range v.request.Globs {
		if err := v.selectGlob(r, text); err != nil {
			return err
		}
	}
	for _, step := range v.image.Boot.Steps {
		if err := v.addPath(step.Resolved); err != nil {
			return err
		}
	}
	for _, usage := range v.image.Selection.Usages {
		if slices.Contains(v.request.Usage, usage.Directory) {
			v.asked.Usage = append(v.asked.Usage, usage)
		}
	}
	return nil
}

// globs gives the glob as it is written and, where its beginning leads through
// links to another place, the same glob there.
func (v *view) globs(text string) ([]*inspect.Glob, error) {
	glob, err := inspect.CompileGlob(text)
	if err != nil {
		return nil, err
	}
	list := []*inspect.Glob{glob}
	if to := v.image.Selection.Canonical(glob.Base()); to != glob.Base() {
		moved, err := glob.From(to)
		if err != nil {
			return nil, err
		}
		list = append(list, moved)
	}
	return list, nil
}

func (v *view) selectGlob(r *rule, text string) error {
	globs, err := v.globs(text)
	if err != nil {
		return err
	}
	asked := inspect.AskedGlob{Glob: text, Files: []int{}, Removed: []int{}}
	for _, glob := range globs {
		v.asked.Patterns = append(v.asked.Patterns, glob.Pattern())
		for _, i := range matches(glob, len(v.image.Files), func(i int) string { return v.image.Files[i].Path }) {
			n, err := v.addFile(i)
			if err != nil {
				return err
			}
			asked.Files = append(asked.Files, n)
			if globs[0].Literal() {
				v.byPath[globs[0].Base()] = n
			}
		}
		for _, i := range matches(glob, len(v.image.Removed), func(i int) string { return v.image.Removed[i].Path }) {
			n, err := v.addRemoved(i)
			if err != nil {
				return err
			}
			asked.Removed = append(asked.Removed, n)
		}
	}
	for _, directory := range r.under {
		if inspect.UnderGlob(directory) == text {
			asked.Glob = strings.TrimSuffix(directory, "/") + "/*/**"
		}
	}
	v.asked.Globs = append(v.asked.Globs, asked)
	return nil
}

// addPath adds the file at a canonical path, where there is one.
func (v *view) addPath(p string) error {
	if i, ok := slices.BinarySearchFunc(v.image.Files, p, func(f inspect.File, p string) int { return strings.Compare(f.Path, p) }); ok {
		_, err := v.addFile(i)
		return err
	}
	return nil
}

func (v *view) addFile(i int) (int, error) {
	file := &v.image.Files[i]
	n, err := v.files.add(i, func() (*ast.Term, error) {
		return v.record(file, file.Path, file.Content != nil || file.ContentOmitted != "", v.document.files[i])
	})
	v.byPath[file.Path] = n
	return n, err
}

func (v *view) addRemoved(i int) (int, error) {
	file := &v.image.Removed[i]
	return v.removed.add(i, func() (*ast.Term, error) {
		return v.record(file, file.Path, file.Content != nil || file.ContentOmitted != "", v.document.removed[i])
	})
}

// record gives a file's record: with its content where the rule asked for it,
// else the one that all rules share.
func (v *view) record(file any, p string, hasContent bool, shared *ast.Term) (*ast.Term, error) {
	if !hasContent || !v.legible(p) {
		return shared, nil
	}
	value, err := v.toValue(file)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

// selection is a part of one of the image's lists.
type selection struct {
	// positions maps a position in the image's list to one in the selection.
	positions map[int]int
	terms     []*ast.Term
}

// add adds a record once, and gives its position in the selection.
func (s *selection) add(i int, record func() (*ast.Term, error)) (int, error) {
	if n, ok := s.positions[i]; ok {
		return n, nil
	}
	term, err := record()
	if err != nil {
		return 0, err
	}
	n := len(s.terms)
	s.positions[i] = n
	s.terms = append(s.terms, term)
	return n, nil
}

func (v *view) legible(p string) bool {
	return slices.ContainsFunc(v.contents, func(g *inspect.Glob) bool { return g.Match(p) })
}

// matches gives the positions, in a list ordered by path, of the paths that a
// glob matches. Only the part of the list below the glob's beginning is tried.
func matches(glob *inspect.Glob, count int, at func(int) string) []int {
	first := sort.Search(count, func(i int) bool { return at(i) >= glob.Base() })
	var found []int
	for i := first; i < count && strings.HasPrefix(at(i), glob.Base()); i++ {
		if glob.Match(at(i)) {
			found = append(found, i)
		}
		if glob.Literal() {
			break
		}
	}
	return found
}

// sorted reports whether the lists that are searched by path are in order.
func (d *document) sorted() error {
	if !slices.IsSortedFunc(d.image.Files, func(a, b inspect.File) int { return strings.Compare(a.Path, b.Path) }) {
		return fmt.Errorf("the files of the facts document are not ordered by path")
	}
	if !slices.IsSortedFunc(d.image.Removed, func(a, b inspect.RemovedFile) int { return strings.Compare(a.Path, b.Path) }) {
		return fmt.Errorf("the removed files of the facts document are not ordered by path")
	}
	return nil
}
