package boot

import (
	"path"
	"regexp"
	"strings"
)

func isShell(base string) bool {
	switch base {
	case "sh", "bash", "dash", "ash", "ksh", "zsh":
		return true
	default:
		return false
	}
}

// started goes on behind a program that was started: wrappers start another
// program, shells and interpreters read a file, all others are the end.
func (f *follower) started(s *Step) {
	base := path.Base(s.Path)
	arguments := s.Argv[1:]
	if base == "busybox" && len(arguments) > 0 {
		base, arguments = arguments[0], arguments[1:]
	}
	why := origin{why: "started by " + base}
	switch {
	case isShell(base):
		f.shell(s, arguments)
	case strings.HasPrefix(base, "aws-lambda-rie"):
		f.emulator(s)
	case base == "env":
		f.envCommand(arguments, why)
	case f.wrapper(base, arguments):
	default:
		f.interpreterArgs(base, arguments, s)
	}
}

// wrapper goes on with what a wrapper starts, be it a program or a script.
func (f *follower) wrapper(base string, arguments []string) bool {
	why := origin{why: "started by " + base}
	switch {
	case environments[base] != "":
		f.environment(base, arguments, why)
	case wrappers[base] != nil:
		rest, ok := wrappers[base](arguments)
		if !ok {
			f.end("unknown", "what "+base+" starts cannot be told from its arguments")
			return true
		}
		f.exec(rest, ByKernel, why)
	default:
		return false
	}
	return true
}

// emulator notes that the emulator is started on Lambda too. It is the end: it
// waits for a request that never comes.
func (f *follower) emulator(*Step) {
	f.chain.Emulator = "started"
	f.end("program", "")
}

// wrappers cut their own words off and give what they start.
var wrappers = map[string]func([]string) ([]string, bool){
	"tini":                     skipFlags("-p", "-e"),
	"tini-static":              skipFlags("-p", "-e"),
	"dumb-init":                skipFlags("-r", "--rewrite"),
	"catatonit":                skipFlags(),
	"nice":                     skipFlags("-n", "--adjustment"),
	"nohup":                    skipFlags(),
	"setsid":                   skipFlags(),
	"stdbuf":                   skipFlags("-i", "-o", "-e"),
	"time":                     skipFlags(),
	"exec":                     skipFlags("-a"),
	"ddtrace-run":              skipFlags(),
	"opentelemetry-instrument": skipFlags("--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name"),
	"datadog-init":             skipFlags(),
	"newrelic-admin":           afterWord("run-program", "run-python"),
}

// environments are programs that start another one in an environment of their
// own, and the word that does it.
var environments = map[string]string{"bundle": "exec", "uv": "run", "poetry": "run", "pipenv": "run", "pdm": "run"}

// environment goes on with the program, where the environment lies beside the
// application: .venv for Python. What Bundler starts is looked for along PATH,
// and where that has it not, its own directories may.
func (f *follower) environment(base string, arguments []string, why origin) {
	rest, ok := afterWord(environments[base])(arguments)
	if !ok {
		f.end("unknown", "what "+base+" starts cannot be told from its arguments")
		return
	}
	if base == "bundle" {
		if !f.onPath(rest[0]) {
			f.end("unknown", "where Bundler finds "+rest[0]+" is not known")
			return
		}
		f.exec(rest, ByKernel, why)
		return
	}
	bin := path.Join(f.cwd, ".venv/bin")
	if node, err := f.files.Stat(bin); err != nil || !node.IsDir() {
		f.end("unknown", "which environment "+base+" activates is not known")
		return
	}
	f.setEnv("VIRTUAL_ENV", path.Dir(bin), true)
	f.setEnv("PATH", bin+":"+f.env["PATH"], true)
	f.exec(rest, ByKernel, why)
}

// onPath reports whether a program can be found, by its path or along PATH.
func (f *follower) onPath(name string) bool {
	if strings.Contains(name, "/") {
		_, err := f.files.Stat(f.absolute(name))
		return err == nil
	}
	for _, dir := range strings.Split(f.env["PATH"], ":") {
		if node, err := f.files.Stat(path.Join(dir, name)); err == nil && !node.IsDir() {
			return true
		}
	}
	return false
}

// skipFlags gives what follows the flags; the named ones take a value.
func skipFlags(withValue ...string) func([]string) ([]string, bool) {
	return func(arguments []string) ([]string, bool) {
		for len(arguments) > 0 && strings.HasPrefix(arguments[0], "-") {
			if arguments[0] == "--" {
				return arguments[1:], len(arguments) > 1
			}
			skip := 1
			for _, flag := range withValue {
				if arguments[0] == flag {
					skip = 2
				}
			}
			if len(arguments) < skip {
				return nil, false
			}
			arguments = arguments[skip:]
		}
		return arguments, len(arguments) > 0
	}
}

// afterWord gives what follows one of the words, where it stands first and no
// flag follows it.
func afterWord(words ...string) func([]string) ([]string, bool) {
	return func(arguments []string) ([]string, bool) {
		for _, word := range words {
			if len(arguments) > 1 && arguments[0] == word {
				rest := arguments[1:]
				if rest[0] == "--" {
					rest = rest[1:]
				}
				return rest, len(rest) > 0 && !strings.HasPrefix(rest[0], "-")
			}
		}
		return nil, false
	}
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// envCommand follows env(1): assignments, a few flags, and a program.
func (f *follower) envCommand(arguments []string, why origin) {
	for len(arguments) > 0 {
		word := arguments[0]
		switch {
		case word == "-" || word == "-i" || word == "--ignore-environment":
			f.env = map[string]string{}
		case word == "-S" || word == "--split-string":
			if len(arguments) < 2 {
				f.end("unknown", "env -S without a text")
				return
			}
			arguments = append(append([]string{""}, strings.Fields(arguments[1])...), arguments[2:]...)
		case strings.HasPrefix(word, "-S"):
			arguments = append(append([]string{""}, strings.Fields(word[2:])...), arguments[1:]...)
		case word == "-u" || word == "--unset":
			if len(arguments) < 2 {
				f.end("unknown", "env -u without a name")
				return
			}
			f.setEnv(arguments[1], "", false)
			arguments = arguments[1:]
		case strings.HasPrefix(word, "-"):
			f.end("unknown", "env "+word+" is not followed")
			return
		case assignment.MatchString(word):
			name, value, _ := strings.Cut(word, "=")
			f.setEnv(name, value, true)
		default:
			f.exec(arguments, ByKernel, why)
			return
		}
		arguments = arguments[1:]
	}
	f.end("unknown", "env starts no program")
}

// setEnv changes the environment from here on, without touching the map that
// earlier steps have seen.
func (f *follower) setEnv(name, value string, set bool) {
	changed := make(map[string]string, len(f.env)+1)
	for key, old := range f.env {
		changed[key] = old
	}
	delete(changed, name)
	if set {
		changed[name] = value
	}
	f.env = changed
}

// interpreters are programs that read the file named by their first word that
// is no flag. Flags that take a value are listed; a flag that stands for the
// program itself ends the search.
var interpreters = map[string]struct{ withValue, instead []string }{
	"python": {[]string{"-W", "-X", "-Q"}, []string{"-m", "-c"}},
	"node": {[]string{"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file"},
		[]string{"-e", "--eval", "-p", "--print", "--test", "--run"}},
	"ruby": {[]string{"-I", "-r", "-C", "-E"}, []string{"-e", "-S"}},
	"php":  {[]string{"-d", "-c", "-z"}, []string{"-r", "-S", "-f"}},
	"perl": {[]string{"-I", "-M"}, []string{"-e", "-E"}},
}

var versioned = regexp.MustCompile(`^(python|ruby|php|node|perl)[0-9.]*t?$`)

// interpreterName is the name of an interpreter without its version.
func interpreterName(base string) string {
	if m := versioned.FindStringSubmatch(base); m != nil {
		base = m[1]
	}
	if base == "nodejs" {
		return "node"
	}
	return base
}

// interpreterArgs adds the file that an interpreter reads as a step of its
// own. All other programs are the end of the chain.
func (f *follower) interpreterArgs(base string, arguments []string, s *Step) {
	name := interpreterName(base)
	spec, ok := interpreters[name]
	if !ok {
		f.end("program", "")
		return
	}
	file, rest := sourceFile(arguments, spec.withValue, spec.instead)
	if file == "" {
		f.end("program", "")
		return
	}
	source := f.step(Step{
		Name: file, Argv: append([]string{file}, rest...), Kind: KindSource, By: ByInterpreter,
		Why: "read by " + s.Path, Layer: -1,
	})
	p := f.absolute(file)
	if name == "node" {
		p = f.nodeFile(p)
	}
	node, ok := f.statProgram(source, p)
	if !ok {
		return
	}
	source.Resolved, source.Layer = node.Path, node.Layer
	if node.IsDir() {
		// python DIR and node DIR look for a main file of their own.
		f.end("program", "")
		return
	}
	if f.permitted(source, node) && !f.wrapper(path.Base(source.Path), rest) {
		f.end("program", "")
	}
}

// nodeFile gives the file that Node.js reads for a main module: the name, or
// with an extension.
func (f *follower) nodeFile(p string) string {
	for _, extension := range []string{"", ".js", ".json", ".node"} {
		if node, err := f.files.Stat(p + extension); err == nil && (!node.IsDir() || extension == "") {
			return p + extension
		}
	}
	return p
}

func sourceFile(arguments, withValue, instead []string) (string, []string) {
	for i := 0; i < len(arguments); i++ {
		word := arguments[i]
		if !strings.HasPrefix(word, "-") || word == "-" {
			if word == "-" {
				return "", nil
			}
			return word, arguments[i+1:]
		}
		for _, flag := range instead {
			if word == flag || strings.HasPrefix(word, flag) && !strings.HasPrefix(flag, "--") && len(flag) == 2 && !strings.HasPrefix(word, "--") {
				return "", nil
			}
		}
		for _, flag := range withValue {
			if word == flag {
				i++
			}
		}
	}
	return "", nil
}
