package report

import "github.com/lambdalint/lambdalint/rules"

// LambdaLimit is the most that an image may take uncompressed, 10 GiB in
// bytes: AWS, "Create a Lambda function using a container image", and the
// service's error SizeLimitExceeded.
const LambdaLimit = 10 << 30

// UnknownSize is the size of an image that could not be read.
func UnknownSize() Size { return Size{LayersSum: -1, Flattened: -1, Limit: LambdaLimit} }

// Summarise counts over images. A rule is counted once for each image.
func Summarise(images []Image) Summary {
	var s Summary
	for _, image := range images {
		if image.Error != "" {
			s.Errors++
		}
		for _, outcome := range image.Outcomes {
			s.add(outcome)
		}
	}
	return s
}

func (s *Summary) add(o rules.Outcome) {
	switch o.Status {
	case rules.NotApplicable:
		s.NotApplicable++
	case rules.Errored:
		s.Errors++
	case rules.Fail:
		s.FailedRules++
	}
	if o.Status == rules.Undecided || len(o.NotJudged) > 0 {
		s.NotJudged++
	}
	for _, f := range o.Findings {
		switch {
		case f.Waived != nil:
			s.Waived++
		case f.Level == rules.Error:
			s.Error++
		case f.Level == rules.Warning:
			s.Warning++
		default:
			s.Note++
		}
	}
}
