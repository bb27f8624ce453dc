package rules_test

import (
	"context"
	"testing"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/recipe"
	"github.com/lambdalint/lambdalint/policy"
	"github.com/lambdalint/lambdalint/rules"
	images "github.com/lambdalint/lambdalint/testdata/images"
)

// clean are images of each kind with nothing wrong about them.
var clean = map[string]string{
	"Go on scratch":                     "FROM go\n",
	"Go on scratch with Docker's types": "FROM go\nmanifest docker\n",
	"Go on scratch without a history":   "FROM go\nconfig History none\n",
	"Go by kaniko": `FROM scratch
COPY bootstrap /bin/bootstrap
	0755 "/"
	0755 "/bin/"
	0755 "/bin/bootstrap" elf buildinfo=@modules data=@names
ENTRYPOINT ["/bin/bootstrap"]
` + goSections,
	"Python on Debian": `FROM debian12-python3.11
COPY app.py /function/
	0644 /function/app.py @app
CMD ["app.handler"]
-- app --
def handler(event, context):
    return event
`,
	"Node.js on Debian": `FROM debian12-nodejs
COPY app.js /function/
	0644 /function/app.js @app
CMD ["app.handler"]
-- app --
exports.handler = async (event) => event;
`,
	"Python on AWS's base": `FROM aws-python3.12
COPY app.py /var/task/
	0644 /var/task/app.py @app
CMD ["app.handler"]
-- app --
def handler(event, context):
    return event
`,
	"Node.js on AWS's base": `FROM aws-nodejs22
COPY app.mjs /var/task/
	0644 /var/task/app.mjs @app
CMD ["app.handler"]
-- app --
export const handler = async (event) => event;
`,
	"Go on AWS's base": `FROM aws-provided-al2023
COPY bootstrap /var/runtime/bootstrap
	0755 /var/runtime/bootstrap elf buildinfo=@modules data=@names
CMD ["handler"]
` + goSections,
}

const goSections = `-- modules --
path	example.com/function
mod	example.com/function	(devel)	
dep	github.com/aws/aws-lambda-go	v1.47.0	h1:0H8s0vumYx/YKs4sE7YM0ktwL2eWse+kfopsRI1sXVI=
build	CGO_ENABLED=0
build	GOARCH=amd64
build	GOOS=linux
-- names --
AWS_LAMBDA_RUNTIME_API 2018-06-01 /runtime/invocation/ next github.com/aws/aws-lambda-go/lambda.Start 
`

// TestCleanImages holds the whole catalogue against images that work: nothing
// above a note, and every question decided.
func TestCleanImages(t *testing.T) {
	evaluator, err := builtin(t).Compile(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range clean {
		t.Run(name, func(t *testing.T) {
			for _, outcome := range judgeClean(t, evaluator, text) {
				for _, finding := range outcome.Findings {
					if finding.Level.Rank() > rules.Note.Rank() {
						t.Errorf("%s: %s: %s", finding.Level, outcome.Rule, finding.Message)
					}
				}
				if outcome.Status == rules.Errored || outcome.Status == rules.Undecided {
					t.Errorf("%s ends as %s: %s", outcome.Rule, outcome.Status, outcome.Reason)
				}
			}
		})
	}
}

func judgeClean(t *testing.T, evaluator *policy.Evaluator, text string) []rules.Outcome {
	t.Helper()
	parsed, err := recipe.Parse("clean", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	image, err := parsed.Build(images.Lookup)
	if err != nil {
		t.Fatal(err)
	}
	options := inspect.Options{AsOf: "2026-11-24", Function: inspect.Function{Architecture: "amd64"}}
	document, err := inspect.Inspect(context.Background(), image.Image, evaluator.Request(), options)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := evaluator.Evaluate(context.Background(), document)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}
