package report

import (
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/rules"
)

// sampleDockerfile is the repository that the samples' Dockerfile lines lie in.
const sampleDockerfile = `FROM public.ecr.aws/lambda/python:3.12 AS build
RUN pip install --no-cache-dir -t /deps -r requirements.txt

FROM public.ecr.aws/lambda/python:3.12
COPY --from=build /deps /var/task/
COPY app.py util.py /var/task/
COPY run /app/run
ENV HOME=/root AWS_REGION=eu-west-1
USER 1000
WORKDIR /srv
ENTRYPOINT ["/app/run"]
CMD ["app.handler"]
`

func sampleSources() fs.FS {
	return fstest.MapFS{"Dockerfile": {Data: []byte(sampleDockerfile)}}
}

func sampleRules() []rules.Rule {
	rule := func(id, category string, level rules.Level, title, description string) rules.Rule {
		return rules.Rule{
			ID: id, Title: title, Description: description, Category: category, Level: level, MaxLevel: level, Origin: "built-in",
			References: []string{"https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"},
			Help:       "# " + title + "\n\n## Why\n\n" + description + "\n\n## Bad\n\n```dockerfile\nFROM scratch\n```\n",
		}
	}
	own := rule("team-label", "team", rules.Warning, "The image names its team", "Nobody can be asked about an image without a team.")
	own.Origin = "policy/lambda"
	own.References = []string{"javascript:alert(1)"}
	return []rules.Rule{
		rule("entrypoint-exists", "command", rules.Error, "ENTRYPOINT names a file that exists", "Lambda cannot start a program that is not in the image: Runtime.InvalidEntrypoint."),
		rule("function-files-readable", "permissions", rules.Warning, "Function files can be read by any user", "Lambda runs the function without root, so files that only root can read fail when they are used."),
		rule("gzip-layers", "manifest", rules.Warning, "Layers are compressed with gzip", "Other compressions are not verified to work."),
		rule("image-size", "size", rules.Error, "The image is at most 10 GiB", "Lambda refuses an image above 10 GiB uncompressed."),
		rule("no-credentials-in-environment", "environment", rules.Error, "The environment holds no credentials", "A key that is in the image is published with it."),
		rule("no-reserved-variables", "environment", rules.Warning, "ENV sets no variable that Lambda reserves", "Lambda sets these variables itself."),
		rule("single-image-manifest", "manifest", rules.Error, "The reference names one image", "Lambda refuses an image index."),
		own,
		rule("user-has-no-effect", "settings", rules.Note, "USER is not relied on", "Lambda runs every function as the same user."),
		rule("workdir-exists", "command", rules.Error, "WORKDIR exists", "Lambda cannot start a function in a directory that is not there."),
	}
}

func passing(except ...rules.Outcome) []rules.Outcome {
	var out []rules.Outcome
next:
	for _, r := range sampleRules() {
		for _, o := range except {
			if o.Rule == r.ID {
				out = append(out, o)
				continue next
			}
		}
		out = append(out, rules.Outcome{Rule: r.ID, Level: r.Level, Status: rules.Pass})
	}
	return out
}

func sampleImage(outcomes ...rules.Outcome) Image {
	return Image{
		Reference: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/orders:2026-11", Key: "shop/orders", Source: "registry",
		Digest: "sha256:" + strings.Repeat("9f3a", 16), Platform: "linux/arm64",
		Size: Size{LayersSum: 700 << 20, Flattened: 612 << 20, Limit: 10 << 30},
		Layers: []Layer{
			{Index: 0, Digest: "sha256:" + strings.Repeat("a1", 32), DiffID: "sha256:" + strings.Repeat("b2", 32), Size: 580 << 20, Instruction: "FROM public.ecr.aws/lambda/python:3.12"},
			{Index: 1, Digest: "sha256:" + strings.Repeat("c3", 32), Size: 110 << 20, Instruction: "COPY /deps /var/task/"},
			{Index: 2, Size: 10 << 20, Instruction: "COPY run /app/run"},
		},
		Outcomes: passing(outcomes...),
		Facts:    sampleFacts(),
		Directories: []inspect.Usage{
			{Directory: "/var/lang", Bytes: 300 << 20, Files: 6000, TopLayer: 0}, {Directory: "/usr", Bytes: 220 << 20, Files: 2000, TopLayer: 0},
			{Directory: "/var/task/numpy", Bytes: 60 << 20, Files: 100, TopLayer: 1}, {Directory: "/var/task/pandas", Bytes: 30 << 20, Files: 20, TopLayer: 1},
		},
	}
}

func sampleFacts() *inspect.Image {
	return &inspect.Image{
		Config: inspect.Config{Known: true, Labels: []inspect.Pair{
			{Name: "org.opencontainers.image.revision", Value: "3f1c0de4"},
			{Name: "org.opencontainers.image.source", Value: "https://github.com/example/orders"},
		}},
		Size: inspect.Size{Known: true, LayersSum: 700 << 20, Flattened: 612 << 20, Shadowed: 3 << 20, Files: 8123,
			TopShadowed: []inspect.ShadowedFile{{Path: "/var/task/old.bin", Size: 3 << 20, Layer: 1, By: 2}}},
		Boot: inspect.Boot{
			Known: true, Argv: []string{"/app/run", "app.handler"},
			Steps: []inspect.Step{
				{Position: 0, Name: "/app/run", Argv: []string{"/app/run", "app.handler"}, Path: "/app/run", Resolved: "/app/run", Kind: "script", By: "kernel", Why: "ENTRYPOINT", Layer: 2, Interpreter: "/bin/sh"},
				{Position: 1, Name: "python3", Argv: []string{"python3", "-m", "awslambdaric", "app.handler"}, Path: "/usr/bin/python3", Problem: "not-found", Detail: "/usr/bin/python3", By: "kernel", Why: "exec in /app/run, line 4", Layer: -1},
			},
			End: inspect.BootEnd{Kind: "broken"},
		},
	}
}

func fail(rule string, level rules.Level, findings ...rules.Finding) rules.Outcome {
	for i := range findings {
		if findings[i].Level == "" {
			findings[i].Level = level
		}
		findings[i].Fingerprint = stableHash(rule, findings[i].Subject.Key)
	}
	return rules.Outcome{Rule: rule, Level: level, Status: rules.Fail, Findings: findings}
}

func fileFinding(path, message string, layer, line int) rules.Finding {
	f := rules.Finding{
		Message: message, Subject: rules.Subject{Kind: rules.SubjectFile, Key: path},
		Location: &rules.Location{Path: path, Layer: &rules.LayerRef{Index: layer, Digest: "sha256:" + strings.Repeat("c3", 32)}},
	}
	if line > 0 {
		f.Location.Dockerfile = &rules.DockerfileRef{Path: "Dockerfile", Line: line, EndLine: line, Known: "aligned"}
		f.Location.Instruction = strings.Split(sampleDockerfile, "\n")[line-1]
	}
	return f
}

func mixedOutcomes() []rules.Outcome {
	missing := fileFinding("/app/run", "ENTRYPOINT is /app/run, which is not in the image", 2, 11)
	missing.Subject = rules.Subject{Kind: rules.SubjectCommand, Key: "/app/run"}
	missing.Fix = "copy the program to /app/run, or let ENTRYPOINT name a file that the image has"
	reserved := rules.Finding{
		Message: "AWS_REGION is set by Lambda; the image's value eu-west-1 has no effect", Fix: "remove AWS_REGION from ENV",
		Subject:  rules.Subject{Kind: rules.SubjectEnv, Key: "AWS_REGION"},
		Location: &rules.Location{Instruction: "ENV HOME=/root AWS_REGION=eu-west-1", Dockerfile: &rules.DockerfileRef{Path: "Dockerfile", Line: 8, EndLine: 8, Known: "exact"}},
	}
	user := rules.Finding{Message: "USER is 1000; Lambda runs the function as its own user", Subject: rules.Subject{Kind: rules.SubjectConfig, Key: "User"}}
	a := fileFinding("/var/task/app.py", "mode is 0600; only root can read it", 1, 6)
	b := fileFinding("/var/task/util.py", "mode is 0600; only root can read it", 1, 6)
	a.Fix = "RUN chmod -R o+rX /var/task"
	b.Fix = a.Fix
	a.Level = rules.Error
	label := rules.Finding{Message: "there is no label team", Subject: rules.Subject{Kind: rules.SubjectLabel, Key: "team"}}
	return []rules.Outcome{
		fail("entrypoint-exists", rules.Error, missing),
		fail("function-files-readable", rules.Warning, b, a, fileFinding("/var/task/lib/c.py", "mode is 0640; only root can read it", 1, 5)),
		fail("no-reserved-variables", rules.Warning, reserved),
		fail("user-has-no-effect", rules.Note, user),
		fail("team-label", rules.Warning, label),
		{Rule: "workdir-exists", Level: rules.Error, Status: rules.NotApplicable, Reason: "/app/run is missing: entrypoint-exists"},
	}
}

func undecidedOutcomes() []rules.Outcome {
	reason := "a docker save archive has no true manifest"
	return []rules.Outcome{
		{Rule: "gzip-layers", Level: rules.Warning, Status: rules.Undecided, Reason: reason},
		{Rule: "single-image-manifest", Level: rules.Error, Status: rules.Undecided, NotJudged: []rules.NotJudged{{Subject: rules.Subject{Kind: rules.SubjectImage, Key: "image"}, Reason: reason}}},
		{Rule: "function-files-readable", Level: rules.Warning, Status: rules.Undecided, NotJudged: []rules.NotJudged{{Subject: rules.Subject{Kind: rules.SubjectFile, Key: "/opt/x"}, Reason: "the directory was not read", Count: 12}}},
	}
}

// hostileNames are names that an image can hold and that no reader of a report
// must act on.
func hostileNames() []string {
	return []string{
		"/var/task/new\nline", "/var/task/\x1b[31mred\x1b]0;title\a", "/var/task/\n::error file=x::pwned", "/var/task/##[error]pwned ##vso[task.complete]",
		"/var/task/`whoami`$(id)", "/var/task/a|b", "/var/task/<script>alert(1)</script>", "/var/task/]]><x/>", "/var/task/\u202egpj.exe\u2066",
		"/var/task/\xff\xfe.bin", "../../etc/passwd", "/c:/a:b", "/var/task/100%/%2e%2e", "/var/task/with  two spaces", "/var/task/[link](https://example.com)",
		"/var/task/[one](1)", "/var/task/@someone #1 **bold** ~~x~~ www.example.com", "/var/task/\u009b31m\u2028\u0000nul", "::set-output name=x::y", "\r::warning::pwned",
		"/var/task/\"quoted\" 'single' & \\backslash", "/var/task/" + strings.Repeat("long", 60), "/var/task/日本語のファイル名", "javascript:alert(1)",
	}
}

func hostileImage() Image {
	var findings []rules.Finding
	for i, name := range hostileNames() {
		f := fileFinding(name, fmt.Sprintf("%s cannot be read", name), 1, 0)
		f.Fix = "chmod o+r " + name
		f.Location.Instruction = "COPY " + name + " /var/task/"
		if i%5 == 4 {
			f.Location.Dockerfile = &rules.DockerfileRef{Path: "build/Dockerfile " + name, Line: 3, EndLine: 4}
		}
		findings = append(findings, f)
	}
	im := sampleImage(fail("function-files-readable", rules.Warning, findings...),
		rules.Outcome{Rule: "gzip-layers", Level: rules.Warning, Status: rules.Undecided, Reason: hostileNames()[2]},
		rules.Outcome{Rule: "image-size", Level: rules.Error, Status: rules.Errored, Reason: hostileNames()[1]},
		rules.Outcome{Rule: "workdir-exists", Level: rules.Error, Status: rules.NotApplicable, Reason: hostileNames()[6]},
		fail("user-has-no-effect", rules.Note, rules.Finding{Message: hostileNames()[3], Subject: rules.Subject{Kind: rules.SubjectConfig, Key: "User"},
			Waived: &rules.Waived{Reason: hostileNames()[2], Expires: hostileNames()[6], By: hostileNames()[3]}}))
	im.Reference = "a b:\x1b[31m::error::<b>@sha256:x`|"
	im.Key = "we:ird/a b%<x>"
	im.Platform = "linux/\u202ex"
	im.Source = "<i>"
	im.Layers[1].Instruction = "COPY <script>alert(2)</script> | `x` " + hostileNames()[2]
	im.Facts.Boot.Steps[0].Argv = []string{hostileNames()[1], hostileNames()[6]}
	im.Facts.Boot.Steps[0].Why = hostileNames()[2]
	im.Facts.Boot.End.Reason = hostileNames()[3]
	im.Facts.Config.Labels = []inspect.Pair{{Name: "org.opencontainers.image.source", Value: "javascript:alert(1)"}}
	return im
}

// samples are finished reports of each kind, by name.
func samples() map[string]*Report {
	waived := mixedOutcomes()
	for i := range waived {
		for j := range waived[i].Findings {
			if waived[i].Rule != "user-has-no-effect" {
				waived[i].Findings[j].Waived = &rules.Waived{Reason: "read by root only at build time", Expires: "2027-03-31", By: ".lambdalint.yaml"}
			}
		}
	}
	index := sampleImage(fail("single-image-manifest", rules.Error, rules.Finding{
		Message: "the reference names an index with an attestation; Lambda accepts a single image manifest", Fix: "docker buildx build --provenance=false --sbom=false, or deploy sha256:" + strings.Repeat("77", 32),
		Subject: rules.Subject{Kind: rules.SubjectImage, Key: "image"},
	}))
	index.Child = "sha256:" + strings.Repeat("77", 32)
	unread := Image{Reference: "registry.example/shop/missing:1", Key: "shop/missing", Source: "registry", Size: Size{-1, -1, 10 << 30},
		Error: "reading registry.example/shop/missing:1: not found; is the tag right?"}
	broken := sampleImage(rules.Outcome{Rule: "image-size", Level: rules.Error, Status: rules.Errored, Reason: "rule.rego:14: to_number: invalid syntax"},
		fail("no-credentials-in-environment", rules.Error, rules.Finding{Message: "AWS_SECRET_ACCESS_KEY holds a secret key", Subject: rules.Subject{Kind: rules.SubjectEnv, Key: "AWS_SECRET_ACCESS_KEY"}}))
	archive := sampleImage(undecidedOutcomes()...)
	archive.Reference, archive.Key, archive.Source, archive.Digest = "build/orders.tar", "orders", "docker-archive", ""
	second := sampleImage()
	second.Platform = "linux/amd64"
	many := sampleImage(fail("function-files-readable", rules.Warning, manyFindings(35)...))
	return map[string]*Report{
		"clean":      finish("error", sampleImage()),
		"mixed":      finish("error", sampleImage(mixedOutcomes()...)),
		"not-judged": finish("error", archive),
		"errors":     finish("error", broken, unread),
		"waived":     finish("error", sampleImage(waived...)),
		"index":      finish("warning", index),
		"hostile":    finish("error", hostileImage()),
		"several":    finish("never", sampleImage(mixedOutcomes()...), second, archive),
		"many":       finish("error", many),
		"none":       finish("error"),
	}
}

func manyFindings(n int) []rules.Finding {
	var list []rules.Finding
	for i := range n {
		list = append(list, fileFinding(fmt.Sprintf("/var/task/m%05d.py", i), "mode is 0600; only root can read it", 1, 0))
	}
	return list
}

// finish counts a report as the run's end does.
func finish(failOn string, images ...Image) *Report {
	r := &Report{Schema: SchemaName, Tool: Tool{Name: "lambdalint", Version: "1.2.3"}, AsOf: "2026-11-24", FailOn: failOn, Images: images, Rules: sampleRules()}
	r.Summary = Summarise(images)
	s := r.Summary
	worst := map[string]int{"error": s.Error, "warning": s.Error + s.Warning, "note": s.Error + s.Warning + s.Note}[failOn]
	switch {
	case s.Errors > 0:
		r.ExitStatus = 2
	case worst > 0:
		r.ExitStatus = 1
	}
	return r
}
