package policy

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestResult is what came of one test written in Rego: a rule whose name begins
// with test_ in a file that ends in _test.rego.
type TestResult struct {
	// Name is the package and the name of the test.
	Name string
	// Place is the file and the line of the test.
	Place string
	// Failure says why the test did not pass, "" where it did.
	Failure string
	// Skipped is true for a test whose name begins with todo_.
	Skipped bool
	// Output is what the test printed.
	Output string
}

// testDeadline bounds one test.
const testDeadline = 5 * time.Second

// Test runs the tests written in Rego that lie in the folders of source beside
// the rules of the set. Parameters have their defaults.
func (s *Set) Test(ctx context.Context, source Source) ([]TestResult, error) {
	modules, sources := s.modules()
	tests, err := s.addTests(source, modules, sources)
	if err != nil || tests == 0 {
		return nil, err
	}
	compiler, err := newCompiler()
	if err != nil {
		return nil, err
	}
	if compiler.Compile(modules); compiler.Failed() {
		return nil, explain(compiler.Errors, sources)
	}
	params := make(map[string]any)
	for _, r := range s.rules {
		params[r.ID] = r.Params
	}
	store := inmem.NewFromObject(map[string]any{"lambdalint": map[string]any{"params": params}})
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(modules).
		CapturePrintOutput(true).RaiseBuiltinErrors(true).SetTimeout(testDeadline).RunTests(ctx, txn)
	if err != nil {
		return nil, fmt.Errorf("running the Rego tests: %w", err)
	}
	var list []TestResult
	for result := range results {
		list = append(list, testResult(result))
	}
	slices.SortFunc(list, func(a, b TestResult) int { return strings.Compare(a.Place, b.Place) })
	return list, ctx.Err()
}

// addTests parses the test files of the rules' folders.
func (s *Set) addTests(source Source, modules map[string]*ast.Module, sources map[string][]byte) (int, error) {
	files, err := fs.Glob(source.FS, "*/*_test.rego")
	if err != nil {
		return 0, err
	}
	added := 0
	for _, file := range files {
		if folder := path.Dir(file); s.byID[folder] == nil && folder != "lib" {
			continue
		}
		m, err := parseModule(source.FS, file, source.place(file))
		if err != nil {
			return 0, err
		}
		if !m.parsed.Package.Path.HasPrefix(dataRef("lambdalint")) {
			return 0, fmt.Errorf("%s: package %s: tests live in the package of their rule", m.name, packageName(m.parsed))
		}
		modules[m.name], sources[m.name] = m.parsed, m.source
		added++
	}
	return added, nil
}

func testResult(r *tester.Result) TestResult {
	out := TestResult{Name: r.Package + "." + r.Name, Skipped: r.Skip, Output: string(r.Output)}
	if r.Location != nil {
		out.Place = fmt.Sprintf("%s:%d", r.Location.File, r.Location.Row)
	}
	switch {
	case r.Error != nil:
		out.Failure = shorten(r.Error.Error())
	case r.Fail:
		out.Failure = "the test is not true"
	}
	return out
}
