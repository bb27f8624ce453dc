package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/source"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/report"
	"github.com/lambdalint/lambdalint/rules"
)

// checkOptions are the flags of check.
type checkOptions struct {
	imageOptions
	outputs         []string
	failOn, show    string
	only, skip      []string
	ruleDirs        []string
	preview         bool
	failOnNotJudged bool
	dockerfile      string
	sarifAnchor     string
	sarifWaived     bool
	noColor         bool
}

func newCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check IMAGE...",
		Short: "Check images",
		Long: `Check reads images and judges them by the rules.

IMAGE is registry:REF, docker:REF (any Docker-compatible socket),
docker-archive:PATH[:REF], oci-dir:PATH[:TAG|@DIGEST],
oci-archive:PATH[:TAG|@DIGEST], recipe:PATH, or - for an archive on standard
input. Without a scheme a path that exists is read; else the local engine is
asked, and then the registry; what was tried is told. Without an IMAGE the
images of the settings file are checked.

Findings go to standard output or to files, all else to standard error.
Exit status: 0 nothing at or above --fail-on, 1 findings at or above it,
2 something could not be judged because of an error, 130 interrupted.`,
		Example: `  lambdalint check my-function:latest
  lambdalint check -o sarif=lambdalint.sarif -o text oci-dir:build/image
  docker save my-function | lambdalint check -`,
		Args: cobra.ArbitraryArgs,
		RunE: o.run,
	}
	o.register(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "a `FORMAT[=PATH]` to write: "+strings.Join(report.Formats(), ", ")+" (repeatable; one without a path)")
	f.StringVar(&o.failOn, "fail-on", "error", "the level at or above which findings make the exit status 1: error, warning, note or never")
	f.StringVar(&o.show, "show", "note", "the level at or above which the text shows findings: error, warning, note or all; never the exit status")
	f.StringSliceVar(&o.only, "only", nil, "judge by this rule `ID` alone (repeatable)")
	f.StringSliceVar(&o.skip, "skip", nil, "do not judge by this rule `ID` (repeatable)")
	f.StringArrayVar(&o.ruleDirs, "rules", nil, "judge by the rules in this `DIR` too (repeatable)")
	f.BoolVar(&o.preview, "preview", false, "judge also by rules that are not on by default yet")
	f.BoolVar(&o.failOnNotJudged, "fail-on-not-judged", false, "make what could not be judged an exit status 1")
	f.StringVar(&o.dockerfile, "dockerfile", "", "the `FILE` that findings land on in SARIF and annotations (default: Dockerfile beside the caller)")
	f.StringVar(&o.sarifAnchor, "sarif-anchor", "", "the `FILE` of the repository that findings land on in SARIF where there is no Dockerfile")
	f.BoolVar(&o.sarifWaived, "sarif-waived", false, "put waived findings into SARIF as suppressed; GitHub would show them as open")
	f.BoolVar(&o.noColor, "no-color", false, "print no colours")
	return cmd
}

func (o *checkOptions) run(cmd *cobra.Command, references []string) error {
	settings, err := loadSettings(cmd, o.config)
	if err != nil {
		return err
	}
	images, err := imagesToCheck(references, settings)
	if err != nil {
		return err
	}
	outputs, err := o.parseOutputs(cmd)
	if err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	set, err := loadRules(o.ruleDirs)
	if err != nil {
		return err
	}
	evaluator, err := set.Compile(policy.Config{
		Only: o.only, Skip: o.skip, Levels: settings.levels, Params: settings.params, Profile: o.profile, Preview: o.preview,
	})
	if err != nil {
		return settings.blame(err)
	}
	ctx, cancel := o.context(cmd.Context())
	defer cancel()
	r, err := o.judge(ctx, cmd, images, evaluator)
	if err != nil {
		return err
	}
	r.Tool.RuleSet = set.Digest()
	for _, output := range outputs {
		if err := output.write(cmd, r); err != nil {
			return err
		}
	}
	if r.ExitStatus != exitClean {
		return statusError(r.ExitStatus)
	}
	return nil
}

// imagesToCheck are the images that were named, or those of the settings.
func imagesToCheck(references []string, s *settings) ([]imageSetting, error) {
	if len(references) == 0 && len(s.images) > 0 {
		return s.images, nil
	}
	if len(references) == 0 {
		return nil, errors.New("which image? Name at least one, such as docker:my-function:latest, or list them under images: in " + settingsName + " (see: lambdalint check --help)")
	}
	var out []imageSetting
	for _, reference := range references {
		out = append(out, imageSetting{name: reference})
	}
	return out, nil
}

func (o *checkOptions) validate() error {
	if o.failOn != "never" && !rules.Level(o.failOn).Valid() {
		return fmt.Errorf("--fail-on %q: it is error, warning, note or never", o.failOn)
	}
	if o.show != string(report.ShowAll) && !rules.Level(o.show).Valid() {
		return fmt.Errorf("--show %q: it is error, warning, note or all", o.show)
	}
	_, err := o.function()
	return err
}

// judge checks every image and sums up. An image that could not be judged is
// in the report with its error; the others are judged all the same.
func (o *checkOptions) judge(ctx context.Context, cmd *cobra.Command, images []imageSetting, evaluator *policy.Evaluator) (*report.Report, error) {
	asOf, err := o.date()
	if err != nil {
		return nil, err
	}
	r := &report.Report{
		Schema: report.SchemaName, Tool: report.Tool{Name: "lambdalint", Version: version().Version},
		AsOf: asOf, FailOn: o.failOn, Rules: evaluator.Rules(),
	}
	for _, setting := range images {
		image := o.judgeOne(ctx, cmd, setting, evaluator)
		if cmd.Context().Err() != nil {
			return nil, cmd.Context().Err()
		}
		if image.Error != "" && !o.quiet {
			cmd.PrintErrf("lambdalint: %s\n", image.Error)
		}
		r.Images = append(r.Images, image)
	}
	r.Summary = report.Summarise(r.Images)
	r.ExitStatus = o.exitStatus(r)
	return r, nil
}

func (o *checkOptions) judgeOne(ctx context.Context, cmd *cobra.Command, setting imageSetting, evaluator *policy.Evaluator) report.Image {
	reference := setting.name
	options := o.imageOptions
	if options.platform == "" {
		options.platform = setting.platform
	}
	doc, src, err := options.inspect(ctx, cmd, reference, evaluator.Request())
	if err != nil {
		return report.Image{Reference: reference, Key: imageKey(reference, nil), Error: oneLine(err), Size: report.UnknownSize()}
	}
	out := reportImage(doc, src)
	out.Dockerfile = setting.dockerfile
	outcomes, err := evaluator.Evaluate(ctx, doc)
	if err != nil {
		out.Error = oneLine(timedOut(ctx, fmt.Errorf("%s: judging: %w", reference, err)))
		return out
	}
	out.Outcomes = outcomes
	if doc.Manifest.Undecided != "" {
		out.Error = oneLine(fmt.Errorf("%s: %s", reference, doc.Manifest.Undecided))
	}
	return out
}

// exitStatus decides how the run ends: what could not be judged because of an
// error wins over findings.
func (o *checkOptions) exitStatus(r *report.Report) int {
	if r.Summary.Errors > 0 {
		return exitNotJudged
	}
	if o.failOnNotJudged && r.Summary.NotJudged > 0 {
		r.ExitReason = "something could not be judged, --fail-on-not-judged"
		return exitFindings
	}
	found := map[rules.Level]int{rules.Error: r.Summary.Error, rules.Warning: r.Summary.Warning, rules.Note: r.Summary.Note}
	for level, n := range found {
		if n > 0 && o.failOn != "never" && level.Rank() >= rules.Level(o.failOn).Rank() {
			return exitFindings
		}
	}
	return exitClean
}

// reportImage says what an image is, before it is judged.
func reportImage(doc *inspect.Image, src *source.Image) report.Image {
	out := report.Image{
		Reference: doc.Reference.Name, Source: doc.Source.Kind, Digest: doc.Manifest.Digest,
		Platform: platformText(doc.Platform), Key: imageKey(doc.Reference.Name, src), Facts: doc,
		Size: report.Size{LayersSum: doc.Size.LayersSum, Flattened: doc.Size.Flattened, Limit: report.LambdaLimit},
	}
	for _, child := range doc.Manifest.Children {
		if child.Chosen {
			out.Child = child.Digest
		}
	}
	for i, l := range doc.Layers {
		layer := report.Layer{Index: i, Digest: l.Digest, DiffID: l.DiffID, Size: l.Size}
		if l.History >= 0 {
			layer.Instruction = doc.History[l.History].Instruction
		}
		out.Layers = append(out.Layers, layer)
	}
	return out
}

func platformText(p inspect.Platform) string {
	if p.OS == "" {
		return ""
	}
	text := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		text += "/" + p.Variant
	}
	return text
}
