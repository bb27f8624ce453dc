package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A maker makes one program of the set. It gives the path of the file.
type maker func(ctx context.Context, o *observer, out string) error

// makers are the programs that recipes name.
func makers() map[string]maker {
	const musl = "musl-gcc"
	return map[string]maker{
		"emulator":             takeFile(""),
		"busybox":              takeFile("/bin/busybox"),
		"tini":                 takeFile("/usr/bin/tini-static"),
		"musl":                 takeFile("/lib/ld-musl-x86_64.so.1"),
		"go/fn":                goProgram("fn"),
		"go/fn-stripped":       goProgram("fn", "-trimpath", "-ldflags=-s -w"),
		"go/fn-arm64":          goProgram("fn", "GOARCH=arm64"),
		"go/fn-cgo":            goProgram("cgo", "CGO_ENABLED=1"),
		"go/loop":              goProgram("loop"),
		"go/web":               goProgram("web"),
		"go/extension":         goProgram("extension"),
		"go/events":            goProgram("events"),
		"go/adapter":           goProgram("adapter"),
		"go/invoke":            goProgram("invoke"),
		"c/client":             compiler("gcc", "-O1", "-o", "OUT", "c/client.c"),
		"c/client-musl":        compiler(musl, "-O1", "-o", "OUT", "c/client.c"),
		"c/client-musl-static": compiler(musl, "-O1", "-static", "-o", "OUT", "c/client.c"),
		"c/curl":               compiler("gcc", "-O1", "-o", "OUT", "c/curl.c", "-lcurl"),
		"c/newer-glibc":        newerGlibc,
		"java/client":          javaClass,
		"rust/client":          compiler("rustc", "-O", "-o", "OUT", "rust/client.rs"),
	}
}

// program gives the path of a program, which is made where it is not there yet.
func (o *observer) program(ctx context.Context, name string) (string, error) {
	if name == "emulator" {
		return o.emulator, nil
	}
	out := filepath.Join(o.work, "programs", filepath.FromSlash(name))
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	make, ok := makers()[name]
	if !ok {
		return "", fmt.Errorf("there is no program %q", name)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return "", err
	}
	return out, make(ctx, o, out)
}

// sources is the directory of the programs' sources.
func (o *observer) sources() string { return filepath.Join(o.dir, "programs") }

// goProgram builds a package of the module programs/go. Settings with a "=" and
// without a dash are of the environment, the others are flags.
func goProgram(pkg string, settings ...string) maker {
	return func(ctx context.Context, o *observer, out string) error {
		env, args := []string{"CGO_ENABLED=0", "GOARCH=amd64", "GOOS=linux"}, []string{"build", "-o", out}
		for _, s := range settings {
			if strings.HasPrefix(s, "-") {
				args = append(args, s)
			} else {
				env = append(env, s)
			}
		}
		_, err := command(ctx, filepath.Join(o.sources(), "go"), env, "go", append(args, "./"+pkg)...)
		return err
	}
}

// compiler runs a compiler, with OUT for the file to make.
func compiler(name string, args ...string) maker {
	return func(ctx context.Context, o *observer, out string) error {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%s is %w", name, errNotAtHand)
		}
		var given []string
		for _, arg := range args {
			given = append(given, strings.ReplaceAll(arg, "OUT", out))
		}
		_, err := command(ctx, o.sources(), nil, name, given...)
		return err
	}
}

// takeFile takes a file of this machine, which a package of Debian brought.
func takeFile(path string) maker {
	return func(_ context.Context, _ *observer, out string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s is %w", path, errNotAtHand)
		}
		return os.WriteFile(out, data, 0o755)
	}
}

// newerGlibc links a program against a library that calls itself libc.so.6 and
// defines a version that no Debian 12 has.
func newerGlibc(ctx context.Context, o *observer, out string) error {
	library := filepath.Join(filepath.Dir(out), "libnewer.so")
	err := compiler("gcc", "-shared", "-nostdlib", "-fPIC", "-Wl,-soname,libc.so.6", "-Wl,--version-script=c/newer.map", "-o", "OUT", "c/newer.c")(ctx, o, library)
	if err != nil {
		return err
	}
	return compiler("gcc", "-O1", "-nostdlib", "-o", "OUT", "c/newer-client.c", library)(ctx, o, out)
}

// javaClass compiles the client in Java to its class file.
func javaClass(ctx context.Context, o *observer, out string) error {
	dir := out + ".classes"
	if err := compiler("javac", "--release", "17", "-d", dir, "java/Client.java")(ctx, o, out); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, "Client.class"), out)
}
