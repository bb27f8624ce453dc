package client

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/boot"
)

var pythonName = regexp.MustCompile(`^python(?:3(?:\.\d+)?t?)?$`)

// python decides on an interpreter that was given a module: -m awslambdaric
// is AWS's client, a known server is none, and all else is not known.
func (f *finder) python(last *boot.Step, base string) bool {
	if !pythonName.MatchString(base) && !pythonName.MatchString(path.Base(last.Path)) {
		return false
	}
	f.out.Program = "python"
	module, ok := afterFlag(last.Argv, "-m")
	if !ok {
		f.decide(Unknown, "what "+last.Path+" runs is not known")
		return true
	}
	top, _, _ := strings.Cut(module, ".")
	switch {
	case top == "awslambdaric":
		f.pythonClient(last)
	case pythonServers[top]:
		f.out.Program = "server"
		f.decide(No, fmt.Sprintf("%s is a server and speaks no Runtime API", module))
	default:
		f.decide(Unknown, "what the module "+module+" does is not known")
	}
	return true
}

var pythonServers = map[string]bool{
	"http": true, "gunicorn": true, "uvicorn": true, "hypercorn": true, "daphne": true, "waitress": true, "flask": true,
	"streamlit": true, "celery": true, "jupyter": true,
}

// pythonClient looks for the client where the interpreter looks for modules.
func (f *finder) pythonClient(last *boot.Step) {
	var elsewhere []string
	search := f.pythonPath(last)
	for _, c := range f.installed {
		if c.Name != "awslambdaric" {
			continue
		}
		if slices.Contains(search, path.Dir(c.Path)) {
			f.found(c, last.Path+" imports awslambdaric")
			return
		}
		elsewhere = append(elsewhere, c.Path)
	}
	if len(elsewhere) > 0 {
		f.decide(Unknown, fmt.Sprintf("whether %s finds %s is not known", last.Path, elsewhere[0]))
		return
	}
	f.decide(No, last.Path+" is to run awslambdaric, which is not in the image")
}

var pythonVersion = regexp.MustCompile(`python(\d\.\d+)`)

// pythonPath lists where an interpreter looks for modules, as far as paths
// alone tell: the working directory, PYTHONPATH, and the directories of its
// own and of its virtual environment.
func (f *finder) pythonPath(last *boot.Step) []string {
	out := []string{f.real(f.chain.Cwd)}
	for _, dir := range strings.Split(f.chain.Env["PYTHONPATH"], ":") {
		if dir != "" {
			out = append(out, f.real(dir))
		}
	}
	version := pythonVersion.FindStringSubmatch(last.Resolved)
	if version == nil {
		return out
	}
	library := "python" + version[1]
	for _, bin := range []string{path.Dir(last.Resolved), path.Dir(last.Path)} {
		prefix := path.Dir(bin)
		for _, dir := range []string{"lib/" + library, "lib64/" + library} {
			out = append(out, f.real(path.Join(prefix, dir, "site-packages")), f.real(path.Join(prefix, dir, "dist-packages")))
		}
		if prefix == "/usr" {
			out = append(out, "/usr/lib/python3/dist-packages",
				path.Join("/usr/local/lib", library, "dist-packages"), path.Join("/usr/local/lib", library, "site-packages"))
		}
	}
	return out
}

// real follows the links of a directory's path, where there is one.
func (f *finder) real(dir string) string {
	if node, err := f.files.Stat(dir); err == nil {
		return node.Path
	}
	return path.Clean(dir)
}

func afterFlag(argv []string, flag string) (string, bool) {
	for i := 1; i < len(argv); i++ {
		switch {
		case argv[i] == flag && i+1 < len(argv):
			return argv[i+1], true
		case strings.HasPrefix(argv[i], flag) && len(argv[i]) > len(flag):
			return argv[i][len(flag):], true
		case !strings.HasPrefix(argv[i], "-"):
			return "", false
		}
	}
	return "", false
}
