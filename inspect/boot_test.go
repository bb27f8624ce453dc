package inspect_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdalint/lambdalint/inspect"
	"github.com/lambdalint/lambdalint/inspect/recipe"
)

// debian has what the cases below stand on: a shell, a loader, Python.
const debian = `FROM scratch
ADD rootfs /
	0755 /bin/sh elf loader=/lib64/ld-linux-x86-64.so.2
	0755 /bin/bash elf loader=/lib64/ld-linux-x86-64.so.2
	0755 /usr/bin/env elf loader=/lib64/ld-linux-x86-64.so.2
	0755 /usr/bin/tini elf
	0755 /usr/bin/python3.11 elf loader=/lib64/ld-linux-x86-64.so.2
	link /usr/bin/python3 -> python3.11
	0755 /usr/bin/node elf
	0755 /usr/local/bin/aws-lambda-rie elf
	0755 /lib64/ld-linux-x86-64.so.2 elf
	0755 /app elf
	0755 /arm elf arch=arm64
	0755 /musl elf loader=/lib/ld-musl-x86_64.so.1
	0755 /root/
	0644 /var/task/app.py "def handler(): pass"
	0644 /var/task/index.js ""
ENV PATH=/usr/local/bin:/usr/bin:/bin
`

func facts(t *testing.T, text string) *inspect.Image {
	t.Helper()
	parsed, err := recipe.Parse("case", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	image, err := parsed.Build(func(string) ([]byte, error) { return []byte(debian), nil })
	if err != nil {
		t.Fatal(err)
	}
	doc, err := inspect.Inspect(context.Background(), image.Image, inspect.Request{}, inspect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// chain writes a boot chain on one line.
func chain(b inspect.Boot) string {
	var out []string
	for _, s := range b.Steps {
		text := s.Path
		if text == "" {
			text = s.Name
		}
		if s.Problem != "" {
			text += fmt.Sprintf(" %s(%s)", s.Problem, s.Detail)
		}
		out = append(out, text)
	}
	end := b.End.Kind
	if b.End.Kind == "program" && len(b.Steps) > 0 {
		end = fmt.Sprintf("%q", b.Steps[len(b.Steps)-1].Argv)
	}
	if b.End.Reason != "" {
		end += ": " + b.End.Reason
	}
	if b.Emulator != "" {
		end += " emulator " + b.Emulator
	}
	return strings.Join(append(out, end), " > ")
}

func TestBootChains(t *testing.T) {
	script := func(text string) string {
		return "COPY e /\n\t0755 /e.sh @e\nENTRYPOINT [\"/e.sh\"]\nCMD [\"app.handler\"]\n-- e --\n" + text
	}
	const sh = "/e.sh > /bin/sh > "
	for text, want := range map[string]string{
		"ENTRYPOINT [\"/app\"]\nCMD [\"x\"]":                              `/app > ["/app" "x"]`,
		`CMD ["/app"]`:                                                    `/app > ["/app"]`,
		"USER 1":                                                          `none`,
		`ENTRYPOINT ["/nothing"]`:                                         `/nothing not-found(/nothing) > broken`,
		`ENTRYPOINT ["nothing"]`:                                          `nothing not-found(PATH=/usr/local/bin:/usr/bin:/bin) > broken`,
		`ENTRYPOINT ["/root"]`:                                            `/root not-a-file(directory) > broken`,
		"WORKDIR /var\nENTRYPOINT [\"./task/app.py\"]":                    `/var/task/app.py not-executable(0644) > broken`,
		`ENTRYPOINT ["/arm"]`:                                             `/arm wrong-architecture(arm64) > broken`,
		`ENTRYPOINT ["/musl"]`:                                            `/musl loader-missing(/lib/ld-musl-x86_64.so.1 does not exist) > broken`,
		"ENV PATH=\nENTRYPOINT [\"app\"]":                                 `app not-found(PATH=) > broken`,
		`ENTRYPOINT ["python3", "-m", "awslambdaric"]`:                    `/usr/bin/python3 > ["python3" "-m" "awslambdaric"]`,
		`ENTRYPOINT ["tini", "--", "python3", "-m", "x"]`:                 `/usr/bin/tini > /usr/bin/python3 > ["python3" "-m" "x"]`,
		`ENTRYPOINT ["env", "A=1", "-u", "B", "/app"]`:                    `/usr/bin/env > /app > ["/app"]`,
		`ENTRYPOINT ["env", "-S", "/app x"]`:                              `/usr/bin/env > /app > ["/app" "x"]`,
		"WORKDIR /var/task\nENTRYPOINT [\"python3\", \"-u\", \"app.py\"]": `/usr/bin/python3 > /var/task/app.py > ["app.py"]`,
		"WORKDIR /var/task\nENTRYPOINT [\"node\", \"index\"]":             `/usr/bin/node > /var/task/index.js > ["index"]`,
		`ENTRYPOINT ["python3", "/var/task/gone.py"]`:                     `/usr/bin/python3 > /var/task/gone.py not-found(/var/task/gone.py) > broken`,
		"ENTRYPOINT /app one\nCMD [\"app.handler\"]":                      `/bin/sh > /app > ["/app" "one"]`,
		`ENTRYPOINT ["/usr/local/bin/aws-lambda-rie", "/app"]`:            `/usr/local/bin/aws-lambda-rie > ["/usr/local/bin/aws-lambda-rie" "/app"] emulator started`,

		"COPY e /\n\tlink /a -> /b\n\tlink /b -> /a\nENTRYPOINT [\"/a\"]":           `/a symlink-loop(/a) > broken`,
		"COPY e /\n\tlink /a -> /gone\nENTRYPOINT [\"/a\"]":                         `/a dangling-symlink(/gone) > broken`,
		"COPY e /\n\tfifo /a\nENTRYPOINT [\"/a\"]":                                  `/a not-a-file(fifo) > broken`,
		"COPY e /\n\t0700 /root/\n\t0755 /root/app elf\nENTRYPOINT [\"/root/app\"]": `/root/app not-reachable(/root) > broken`,
		"COPY e /\n\t0755 /e \"\"\nENTRYPOINT [\"/e\"]":                             `/e no-shebang(it is empty) > broken`,
		"COPY e /\n\t0755 /e \"echo\"\nENTRYPOINT [\"/e\"]":                         `/e no-shebang(it begins with "echo") > broken`,
		"COPY e /\n\t0755 /e \"#!/bin/sh\\r\\n\"\nENTRYPOINT [\"/e\"]":              `/e crlf(/bin/sh) > broken`,
		"COPY e /\n\t0755 /e \"#!/bin/zsh\\n\"\nENTRYPOINT [\"/e\"]":                `/e interpreter-missing(/bin/zsh does not exist) > broken`,
		"COPY e /\n\t0711 /e \"#!/bin/sh\\n\"\nENTRYPOINT [\"/e\"]":                 `/e not-readable(0711) > broken`,
		"COPY e /\n\t0755 /e \"#!/usr/bin/env python3\\n\"\nENTRYPOINT [\"/e\"]":    `/e > /usr/bin/env > /usr/bin/python3 > /e > ["/e"]`,
		"COPY e /\n\t0755 /tmp/e elf\nENTRYPOINT [\"/tmp/e\"]":                      `/tmp/e not-found(/tmp/e) > broken`,
		"COPY e /\n\t0755 /tmp/e elf\n\tlink /e -> tmp/e\nENTRYPOINT [\"/e\"]":      `/e dangling-symlink(/tmp/e) > broken`,
		"COPY e /\n\t0644 /e \"echo\"\nENTRYPOINT [\"sh\", \"/e\"]":                 `/bin/sh > /e > ["/e"]`,
		"COPY e /\n\t0755 /e \"\\x7fELFgarbage\"\nENTRYPOINT [\"/e\"]":              `/e bad-elf(*) > broken`,

		script("#!/bin/sh\nset -e\nexec python3 -m awslambdaric \"$@\"\n"):                                                                                   sh + `/usr/bin/python3 > ["python3" "-m" "awslambdaric" "app.handler"]`,
		script("#!/bin/sh\nmkdir -p /tmp/x\npython3 -m awslambdaric $1\n"):                                                                                   sh + `/usr/bin/python3 > ["python3" "-m" "awslambdaric" "app.handler"]`,
		script("#!/bin/sh\nif [ -z \"${AWS_LAMBDA_RUNTIME_API}\" ]; then\n  exec /usr/local/bin/aws-lambda-rie /app \"$@\"\nelse\n  exec /app \"$@\"\nfi\n"): sh + `/app > ["/app" "app.handler"] emulator guarded`,
		script("#!/bin/sh\nexec /usr/local/bin/aws-lambda-rie /app\n"):                                                                                       sh + `/usr/local/bin/aws-lambda-rie > ["/usr/local/bin/aws-lambda-rie" "/app"] emulator started`,
		script("#!/bin/sh\n[ -n \"$AWS_LAMBDA_RUNTIME_API\" ] && exec /app\nexec /gone\n"):                                                                   sh + `/app > ["/app"]`,
		script("#!/bin/sh\nif [ \"$(date)\" = x ]; then exec /gone; fi\nexec /app\n"):                                                                        sh + `unknown: /e.sh, line 2: a condition may start another program`,
		script("#!/bin/sh\n$(which app)\n"):                                                                                                                  sh + `unknown: /e.sh, line 2: what is started is known at run time only`,
		script("#!/bin/sh\nwhile true; do curl http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next; done\n"):                                   sh + `["/bin/sh"]`,
		script("#!/bin/bash\ncase \"$1\" in\n  app.*) exec /app ;;\n  *) exec /gone ;;\nesac\n"):                                                             `/e.sh > /bin/bash > /app > ["/app"]`,
		script("#!/bin/bash\n[[ -v AWS_LAMBDA_RUNTIME_API ]] && cmd=/app\nexec \"$cmd\"\n"):                                                                  `/e.sh > /bin/bash > /app > ["/app"]`,
		script("#!/bin/sh\ncd /var/task\nexport A=1\nexec python3 app.py\n"):                                                                                 sh + `/usr/bin/python3 > /var/task/app.py > ["app.py"]`,
		script("#!/bin/sh\nexec ${CMD:-/app} \"$1\" &\nwait\n"):                                                                                              sh + `["/bin/sh"]`,
		script("#!/bin/sh\ncp /app /tmp/a\nexec /tmp/a\n"):                                                                                                   sh + `/tmp/a > unknown: /tmp/a lies in /tmp, which is empty when the function starts: what runs before may put it there`,
		script("#!/bin/sh\nif then\n"):                                                                                                                       sh + `unknown: /e.sh cannot be parsed: *`,
	} {
		got := chain(facts(t, "FROM debian\n"+text).Boot)
		if before, after, ok := strings.Cut(want, "*"); ok {
			if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
				t.Errorf("%s\n  got  %s\n  want %s", text, got, want)
			}
			continue
		}
		if got != want {
			t.Errorf("%s\n  got  %s\n  want %s", text, got, want)
		}
	}
}

func TestWorkingDirectory(t *testing.T) {
	for text, want := range map[string]string{
		"USER 1":                       "/  ",
		"WORKDIR /var/task":            "/var/task  ",
		"config WorkingDir /missing/x": "/missing/x missing /missing",
		"config WorkingDir relative":   "/relative relative relative",
		"config WorkingDir /app":       "/app not-a-directory /app",
		"WORKDIR /tmp":                 "/tmp  ",
		"WORKDIR /tmp/w":               "/tmp/w missing /tmp/w",
		"WORKDIR /w\n\t0700 /w/":       "/w not-reachable /w",
		"COPY l /\n\tlink /w -> /var/task\nconfig WorkingDir /w": "/w  ",
	} {
		w := facts(t, "FROM debian\n"+text).Boot.WorkingDir
		if got := fmt.Sprintf("%s %s %s", w.Path, w.Problem, w.Detail); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
