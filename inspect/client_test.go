package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect"
)

// speaker writes on one line what speaks the Runtime API.
func speaker(r inspect.Runtime) string {
	out := r.Started
	for _, c := range r.Clients {
		out += fmt.Sprintf(" | %s %s %s %s %s", c.Kind, c.Language, c.Name, c.Version, c.Started)
	}
	return strings.Join(strings.Fields(out), " ")
}

const (
	goModules = "-- modules --\npath\texample.com/f\nmod\texample.com/f\t(devel)\t\n"
	goLambda  = goModules + "dep\tgithub.com/aws/aws-lambda-go\tv1.47.0\th1:x=\n"
	// The tables of function names separate names by NUL, which a section of
	// text can hold as it is.
	goStart = "-- names --\n\x00github.com/aws/aws-lambda-go/lambda.Start\x00\n"
)

func TestWhatSpeaksTheRuntimeAPI(t *testing.T) {
	native := func(words string) string {
		return "COPY app /app\n\t0755 /app elf data=@names\nENTRYPOINT [\"/app\"]\n-- names --\n" + words + "\n"
	}
	goProgram := "COPY app /app\n\t0755 /app elf buildinfo=@modules data=@names\nENTRYPOINT [\"/app\"]\n"
	script := func(text string) string {
		return "COPY e /\n\t0755 /e.sh @e\nENTRYPOINT [\"/e.sh\"]\n-- e --\n" + text
	}
	ric := "COPY ric /\n\t0644 /usr/lib/python3.11/site-packages/awslambdaric/__main__.py 10\n" +
		"\t0644 /usr/lib/python3.11/site-packages/awslambdaric-4.0.1.dist-info/METADATA 10\n"
	nodeRIC := "COPY ric /\n\t0755 /f/node_modules/aws-lambda-ric/bin/index.mjs \"#!/usr/bin/env node\\n\"\n" +
		"\t0644 /f/node_modules/aws-lambda-ric/package.json \"{\\\"version\\\": \\\"3.3.0\\\"}\"\n"
	for text, want := range map[string]string{
		goProgram + goLambda + goStart:                                                                "yes | client go github.com/aws/aws-lambda-go v1.47.0 yes",
		goProgram + goLambda + "-- names --\nnothing\n":                                               "no | client go github.com/aws/aws-lambda-go v1.47.0 no",
		goProgram + goModules + "-- names --\nnothing\n":                                              "no",
		goProgram + goModules + "-- names --\nAWS_LAMBDA_RUNTIME_API 2018-06-01 runtime/invocation\n": "yes | client go custom yes",
		goProgram + goModules + "-- names --\nos/exec.(*Cmd).Start\n":                                 "unknown",
		strings.ReplaceAll(goProgram+goModules, "example.com/f\n", "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie\n") + "-- names --\nx\n": "unknown | emulator aws-lambda-rie yes",

		native("AWS_LAMBDA_RUNTIME_API /2018-06-01/runtime/invocation/next aws-lambda-rust/"):              "yes | client rust lambda_runtime yes",
		native("AWS_LAMBDA_RUNTIME_API /2018-06-01/runtime/invocation/next AWS_Lambda_Cpp"):                "yes | client cpp aws-lambda-cpp yes",
		native("AWS_LAMBDA_RUNTIME_API 2018-06-01/runtime /invocation/next LAMBDA_HANDLER"):                "yes | client llrt llrt yes",
		native("AWS_LAMBDA_RUNTIME_API /2018-06-01/runtime/invocation/next"):                               "yes | client native custom yes",
		native("AWS_LAMBDA_RUNTIME_API runtime/invocation/next 2015-03-31/functions/function/invocations"): "unknown",
		native("AWS_LAMBDA_RUNTIME_API 2020-01-01/extension"):                                              "unknown",
		native("nothing"): "unknown",

		ric + `ENTRYPOINT ["python3", "-m", "awslambdaric"]`:                                                                                      "yes | client python awslambdaric 4.0.1 yes",
		`ENTRYPOINT ["python3", "-m", "awslambdaric"]`:                                                                                            "no",
		`ENTRYPOINT ["python3", "-m", "gunicorn", "app:app"]`:                                                                                     "no",
		`ENTRYPOINT ["python3", "-m", "own"]`:                                                                                                     "unknown",
		"COPY ric /\n\t0644 /opt/other/awslambdaric/__main__.py 10\n" + `ENTRYPOINT ["python3", "-m", "awslambdaric"]`:                            "unknown | client python awslambdaric unknown",
		"COPY ric /\n\t0644 /opt/other/awslambdaric/__main__.py 10\nENV PYTHONPATH=/opt/other\n" + `ENTRYPOINT ["python3", "-m", "awslambdaric"]`: "yes | client python awslambdaric yes",
		"COPY ric /\n\t0644 /f/awslambdaric/__main__.py 10\nWORKDIR /f\n" + `ENTRYPOINT ["python3", "-m", "awslambdaric"]`:                        "yes | client python awslambdaric yes",
		ric + "COPY a /\n\t0644 /a.py \"from awslambdaric import bootstrap\\n\"\n" + `ENTRYPOINT ["python3", "/a.py"]`:                            "yes | client python awslambdaric 4.0.1 yes",
		"COPY a /\n\t0644 /a.py \"import json, http.server\\n\"\n" + `ENTRYPOINT ["python3", "/a.py"]`:                                            "no",
		"COPY a /\n\t0644 /a.py \"import own\\n\"\n" + `ENTRYPOINT ["python3", "/a.py"]`:                                                          "unknown",
		"COPY a /\n\t0644 /a.py \"import os\\nos.system('x')\\n\"\n" + `ENTRYPOINT ["python3", "/a.py"]`:                                          "unknown",
		"COPY a /\n\t0644 /a.py \"AWS_LAMBDA_RUNTIME_API 2018-06-01/runtime/invocation/next\"\n" + `ENTRYPOINT ["python3", "/a.py"]`:              "yes | client python custom yes",

		nodeRIC + `ENTRYPOINT ["node", "/f/node_modules/aws-lambda-ric/bin/index.mjs"]`: "yes | client nodejs aws-lambda-ric 3.3.0 yes",
		"COPY a /\n\t0644 /a.js \"require('./b')\"\n" + `ENTRYPOINT ["node", "/a.js"]`:  "unknown",
		nodeRIC + "COPY npx /\n\t0755 /usr/lib/node_modules/npm/bin/npx-cli.js \"#!/usr/bin/env node\\n\"\n\tlink /usr/bin/npx -> ../lib/node_modules/npm/bin/npx-cli.js\nWORKDIR /f\n" + `ENTRYPOINT ["npx", "aws-lambda-ric"]`: "yes | client nodejs aws-lambda-ric 3.3.0 yes",

		script("#!/bin/sh\nwhile true; do curl $AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next; done\n"): "yes | client shell custom yes",
		script("#!/bin/sh\necho hello\n"):                                                                                      "unknown",
		`ENTRYPOINT ["/usr/sbin/nginx"]` + "\nCOPY n /\n\t0755 /usr/sbin/nginx elf\n":                                          "no",
		"COPY n /\n\t0755 /usr/sbin/nginx elf\n\t0755 /opt/extensions/lambda-adapter elf\n" + `ENTRYPOINT ["/usr/sbin/nginx"]`: "yes | adapter aws-lambda-web-adapter yes",
		"COPY n /\n\t0755 /usr/sbin/nginx elf\n\t0644 /opt/extensions/lambda-adapter elf\n" + `ENTRYPOINT ["/usr/sbin/nginx"]`: "no",
		`ENTRYPOINT ["/gone"]`: "unknown",
		"USER 1":               "no",
	} {
		// Contents of the image of the test itself are left out.
		got := strings.ReplaceAll(speaker(facts(t, "FROM debian\n"+text).Runtime), " | emulator aws-lambda-rie no", "")
		got = strings.ReplaceAll(got, " | emulator aws-lambda-rie unknown", "")
		if got != want {
			t.Errorf("%s\n  got  %s\n  want %s", text, got, want)
		}
	}
}

func TestBaseImages(t *testing.T) {
	const aws = "COPY base /\n\t0755 /lambda-entrypoint.sh \"#!/bin/sh\\n\"\n" +
		"ENV LAMBDA_TASK_ROOT=/var/task\nENV LAMBDA_RUNTIME_DIR=/var/runtime\n"
	release := func(id, version string) string {
		return fmt.Sprintf("COPY os /\n\t0644 /etc/os-release \"ID=\\\"%s\\\"\\nVERSION_ID=\\\"%s\\\"\\n\"\n", id, version)
	}
	for text, want := range map[string]string{
		"USER 1":                      "   ",
		aws + release("amzn", "2023"): "aws-lambda provided  provided.al2023",
		aws + release("amzn", "2"):    "aws-lambda provided  provided.al2",
		aws + "COPY l /\n\t0755 /var/lang/bin/python3.13 elf\n":                                                                      "aws-lambda python 3.13 python3.13",
		aws + "COPY l /\n\t0755 /var/lang/bin/node elf\n\t0644 /var/runtime/runtime-release \"NAME=nodejs\\nVERSION=22.11.0\\n\"\n":  "aws-lambda nodejs 22.11.0 nodejs22.x",
		aws + "COPY l /\n\t0755 /var/lang/bin/dotnet elf\n\t0644 /var/runtime/runtime-release \"LAMBDA_RUNTIME_NAME=dotnet10\\n\"\n": "aws-lambda dotnet  dotnet10",
	} {
		b := facts(t, "FROM debian\n"+text).Runtime.Base
		if got := fmt.Sprintf("%s %s %s %s", b.Name, b.Language, b.Version, b.Runtime); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
