package policy

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

// Evaluator judges documents by the rules of a set as a configuration wants
// them. It may be used by several goroutines at once.
type Evaluator struct {
	set      *Set
	settings []setting
	store    storage.Store
	deadline time.Duration
	programs *programs
}

// maxResults is how many subjects a rule may name before it is stopped as
// broken.
const maxResults = 10000

// Compile makes an evaluator of the rules that a configuration turns on.
func (s *Set) Compile(config Config) (*Evaluator, error) {
	settings, err := s.settings(config)
	if err != nil {
		return nil, err
	}
	e := &Evaluator{set: s, settings: settings, deadline: config.Deadline}
	if e.deadline == 0 {
		e.deadline = defaultDeadline
	}
	params := make(map[string]any)
	for _, one := range settings {
		if len(one.params) > 0 {
			params[one.ID] = one.params
		}
	}
	e.store = inmem.NewFromObjectWithOpts(map[string]any{"lambdalint": map[string]any{"params": params}}, inmem.OptRoundTripOnWrite(true))
	e.programs = &programs{set: s, settings: settings}
	_, err = e.programs.without(0) // most documents lack nothing; errors show themselves here
	return e, err
}

// Rules lists the rules that are on, sorted by ID, with their levels as the
// configuration makes them.
func (e *Evaluator) Rules() []rules.Rule {
	list := make([]rules.Rule, len(e.settings))
	for i, one := range e.settings {
		list[i] = one.Rule
		list[i].Level, list[i].MaxLevel, list[i].Params = one.level, milder(one.max, one.cap), one.params
	}
	return list
}

// Request is what the rules that are on want to see.
func (e *Evaluator) Request() inspect.Request {
	var request inspect.Request
	for _, one := range e.settings {
		request.Rules = append(request.Rules, one.request)
	}
	return request
}

// Evaluate judges a document by every rule that is on. The outcomes are sorted
// by rule. A rule that fails by itself gives an outcome with status error; the
// error is non-nil only where the document could not be judged at all or ctx
// ended.
func (e *Evaluator) Evaluate(ctx context.Context, image *inspect.Image) ([]rules.Outcome, error) {
	doc, err := newDocument(image)
	if err != nil {
		return nil, err
	}
	if err := doc.sorted(); err != nil {
		return nil, err
	}
	lacks := lacking(image)
	program, err := e.programs.without(lacks.all())
	if err != nil {
		return nil, err
	}
	outcomes := make([]rules.Outcome, len(e.settings))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(e.settings)) {
		workers.Go(func() {
			for i := range next {
				outcomes[i] = e.judge(ctx, doc, program, lacks, e.settings[i])
			}
		})
	}
	for i := range e.settings {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("judging the image: %w", err)
	}
	return outcomes, nil
}

// judge gives the outcome of one rule.
func (e *Evaluator) judge(ctx context.Context, doc *document, program *program, lacks lack, one setting) (outcome rules.Outcome) {
	outcome = rules.Outcome{Rule: one.ID, Level: milder(one.level, one.cap)}
	defer func() {
		if fault := recover(); fault != nil {
			outcome = failed(outcome, fmt.Errorf("%s: the rule engine broke down: %v", one.module.name, fault))
		}
	}()
	left := program.left[one.ID]
	if left.whole {
		return undecided(outcome, image(), lacks.reason(left.needs))
	}
	input, err := doc.input(one.rule)
	if err != nil {
		return failed(outcome, err)
	}
	ctx, stop := context.WithTimeout(ctx, e.deadline)
	defer stop()
	run := &run{evaluator: e, program: program, setting: one, input: input, doc: doc}
	if err := run.fill(ctx, &outcome); err != nil {
		return run.stopped(outcome, err)
	}
	if left.needs != 0 && outcome.Status != rules.NotApplicable {
		outcome.NotJudged = append(outcome.NotJudged, rules.NotJudged{Subject: image(), Reason: lacks.reason(left.needs), Count: 1})
	}
	switch {
	case outcome.Status == rules.NotApplicable:
	case len(outcome.Findings) > 0:
		outcome.Status = rules.Fail
	case len(outcome.NotJudged) > 0:
		outcome.Status, outcome.Reason = rules.Undecided, outcome.NotJudged[0].Reason
	default:
		outcome.Status = rules.Pass
	}
	return outcome
}

func image() rules.Subject { return rules.Subject{Kind: rules.SubjectImage, Key: "image"} }

func undecided(outcome rules.Outcome, subject rules.Subject, reason string) rules.Outcome {
	outcome.Status, outcome.Reason = rules.Undecided, reason
	outcome.NotJudged = []rules.NotJudged{{Subject: subject, Reason: reason, Count: 1}}
	return outcome
}

func failed(outcome rules.Outcome, err error) rules.Outcome {
	return rules.Outcome{Rule: outcome.Rule, Level: outcome.Level, Status: rules.Errored, Reason: err.Error()}
}

// run is the evaluation of one rule on one document.
type run struct {
	evaluator *Evaluator
	program   *program
	setting
	doc   *document
	input *ast.Term
}

// fill evaluates the rule and puts what it says into the outcome.
func (r *run) fill(ctx context.Context, outcome *rules.Outcome) error {
	reason, err := r.notApplicable(ctx)
	if err != nil {
		return err
	}
	if reason != "" {
		outcome.Status, outcome.Reason = rules.NotApplicable, reason
		return nil
	}
	findings, err := r.results(ctx, "deny")
	if err != nil {
		return err
	}
	open, err := r.results(ctx, "not_judged")
	if err != nil {
		return err
	}
	outcome.Findings, outcome.NotJudged = r.findings(findings), foldNotJudged(open)
	return nil
}

func (r *run) notApplicable(ctx context.Context) (string, error) {
	value, err := r.query(ctx, "not_applicable")
	if value == nil || err != nil {
		return "", err
	}
	reason, ok := value.(ast.String)
	if !ok || reason == "" {
		return "", fmt.Errorf("%s: not_applicable is %s; it must be a text that says why", r.module.name, shorten(value.String()))
	}
	return string(reason), nil
}

func (r *run) results(ctx context.Context, name string) ([]result, error) {
	value, err := r.query(ctx, name)
	if value == nil || err != nil {
		return nil, err
	}
	set, ok := value.(ast.Set)
	if !ok {
		return nil, fmt.Errorf("%s: %s is no set", r.module.name, name)
	}
	if set.Len() > maxResults {
		return nil, fmt.Errorf("%s: %s has %d results, at most %d are taken: fold them, by directory for instance", r.module.name, name, set.Len(), maxResults)
	}
	results := make([]result, 0, set.Len())
	for _, term := range set.Slice() {
		one, err := readResult(term.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", r.module.name, name, err)
		}
		results = append(results, one)
	}
	slices.SortFunc(results, result.compare)
	return results, nil
}

// query evaluates one of the names that policy asks a rule for; nil where it is
// not defined.
func (r *run) query(ctx context.Context, name string) (ast.Value, error) {
	body, ok := r.program.queries[r.ID+"/"+name]
	if !ok {
		return nil, nil
	}
	txn, err := r.evaluator.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer r.evaluator.store.Abort(ctx, txn)
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	var found ast.Value
	err = topdown.NewQuery(body).
		WithCompiler(r.program.compiler).
		WithStore(r.evaluator.store).
		WithTransaction(txn).
		WithInput(r.input).
		WithCancel(cancel).
		WithStrictBuiltinErrors(true).
		WithStackTraces(true).
		Iter(ctx, func(result topdown.QueryResult) error {
			found = result["result"].Value
			return nil
		})
	if err == nil {
		err = ctx.Err()
	}
	if ctx.Err() != nil && topdown.IsCancel(err) {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// stopped gives the outcome of a rule that could not run to its end.
func (r *run) stopped(outcome rules.Outcome, err error) rules.Outcome {
	if errors.Is(err, context.DeadlineExceeded) {
		return failed(outcome, fmt.Errorf("%s: the rule took longer than %s", r.module.name, r.evaluator.deadline))
	}
	stop, ok := readStop(err)
	if !ok {
		return failed(outcome, r.explain(err))
	}
	if reason, ok := stop.undecided(); ok {
		return undecided(rules.Outcome{Rule: outcome.Rule, Level: outcome.Level}, stop.subject(), reason)
	}
	return failed(outcome, fmt.Errorf("%s: %s", r.where(err), stop.message()))
}
