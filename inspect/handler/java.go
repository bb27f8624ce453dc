package handler

import (
	"fmt"
	"path"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
	"github.com/lambdalint/lambdalint/inspect/probe"
	"github.com/lambdalint/lambdalint/inspect/rootfs"
)

// javaMain is the main class of AWS's client.
const javaMain = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"

// java follows the client: CLASS or CLASS::METHOD. The class is looked for
// along the class path, in the working directory, its lib and /opt/java/lib;
// see HandlerInfo and CustomerClassLoader.
func (f *finder) java(t *Target) {
	class, method := t.Value, ""
	if at := strings.LastIndex(t.Value, "::"); at >= 0 {
		class, method = t.Value[:at], t.Value[at+2:]
	}
	if class == "" || strings.HasSuffix(t.Value, "::") || strings.ContainsAny(class, "/ \\") {
		t.Problem, t.Detail = Malformed, "it is not of the form package.Class or package.Class::method"
		return
	}
	t.Name = method
	entry := strings.ReplaceAll(class, ".", "/") + ".class"
	doubt := ""
	if places := strings.Join(f.classPath(), ":"); boot.Unknown(places) {
		doubt = "the class path is known at run time only"
	}
	for _, place := range f.classPath() {
		switch found, why := f.hasClass(place, entry); {
		case found:
			t.File = place
			if node, err := f.files.Stat(place); err == nil {
				t.Layer = node.Layer
			}
			t.Name = ""
			if method != "" {
				t.Undecided = fmt.Sprintf("whether %s has a method %s is not read", class, method)
			}
			return
		case why != "" && doubt == "":
			doubt = why
		}
	}
	if doubt == "" {
		doubt = f.furtherArchives()
	}
	if doubt != "" {
		t.Undecided = fmt.Sprintf("the class %s was not found, and %s", class, doubt)
		return
	}
	t.File = path.Join(f.Chain.Cwd, entry)
	t.Problem, t.Detail = NoFile, fmt.Sprintf("no archive or directory of the class path holds %s", entry)
}

// classPath lists the archives and directories in which classes are looked
// for.
func (f *finder) classPath() []string {
	argv := f.Chain.Steps[len(f.Chain.Steps)-1].Argv
	text := f.Chain.Env["CLASSPATH"]
	for i, word := range argv {
		if (word == "-cp" || word == "-classpath" || word == "--class-path") && i+1 < len(argv) {
			text = argv[i+1]
		}
		if word == "-jar" && i+1 < len(argv) {
			text = argv[i+1]
		}
	}
	var out []string
	for _, part := range strings.Split(text, ":") {
		p := resolve(f.Chain.Cwd, part)
		if path.Base(part) == "*" {
			out = append(out, f.jars(path.Dir(p))...)
			continue
		}
		out = append(out, p)
	}
	out = append(out, f.Chain.Cwd)
	out = append(out, f.jars(path.Join(f.Chain.Cwd, "lib"))...)
	return append(out, f.jars("/opt/java/lib")...)
}

// furtherArchives says where a manifest adds archives to the class path.
func (f *finder) furtherArchives() string {
	for _, place := range f.classPath() {
		node, err := f.files.Stat(place)
		if err != nil || node.IsDir() {
			continue
		}
		answer, ok := f.files.Ask(node, probe.Jar())
		if !ok {
			return place + " has not been read"
		}
		if jar, err := probe.Decode[probe.JarFile](answer); err == nil && len(jar.ClassPath) > 0 {
			return "the manifest of " + place + " adds others"
		}
	}
	return ""
}

func (f *finder) jars(dir string) []string {
	var out []string
	f.files.Under(dir, func(n rootfs.Node) bool {
		if !n.IsDir() && strings.HasSuffix(strings.ToLower(n.Path), ".jar") {
			out = append(out, n.Path)
		}
		return false
	})
	return out
}

// hasClass looks into one place of the class path. why says what could not be
// read.
func (f *finder) hasClass(place, entry string) (found bool, why string) {
	node, err := f.files.Stat(place)
	switch {
	case err != nil:
		return false, ""
	case node.IsDir():
		class, err := f.files.Stat(path.Join(place, entry))
		return err == nil && !class.IsDir(), ""
	}
	answer, ok := f.files.Ask(node, probe.JarEntry(entry))
	if !ok {
		return false, place + " has not been read"
	}
	has, err := probe.Decode[bool](answer)
	if err != nil {
		return false, fmt.Sprintf("%s cannot be read: %v", place, err)
	}
	return has, ""
}
