package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// Options are what a caller may say about how an image is opened.
type Options struct {
	// Platform is OS/ARCH or OS/ARCH/VARIANT, the child of an index to judge;
	// "" where the caller did not say. An image that is none of this platform
	// is an error.
	Platform string
	// Architecture is the function's architecture in Lambda's words (x86_64,
	// arm64) or Go's. It chooses among several children of an index and
	// refuses nothing.
	Architecture string
	// Quick asks an engine for the configuration alone: nothing is exported.
	Quick bool
	// Offline forbids every connection but those to sockets on this machine.
	Offline bool
	// Stdin is what the reference "-" reads; nil where there is nothing.
	Stdin io.Reader
	// TempDir is where archives are spooled, "" for the system's directory.
	TempDir string
	// UserAgent is what registries and engines are told about the client.
	UserAgent string
	// OpenRecipe opens recipe:PATH; nil where recipes are not known.
	OpenRecipe func(ctx context.Context, path string, opts Options) (*Image, error)
	// Progress is called now and then while bytes are spooled, with the bytes
	// so far and the total, -1 where unknown; one call at a time, from a
	// goroutine of its own. It may be nil.
	Progress func(what string, done, total int64)
}

// NotFoundError says that there is no image where the reference points.
type NotFoundError struct{ text string }

// Error implements error.
func (e *NotFoundError) Error() string { return e.text }

func notFound(format string, args ...any) error {
	return &NotFoundError{fmt.Sprintf(format, args...)}
}

// Open opens the image that ref names: SCHEME:REST, "-" for an archive on
// standard input, or without a scheme a path, else an image of the local
// engine, else one of a registry.
//
// The caller must Close the image. An archive that had to be copied lies in one
// temporary file with the prefix "lambdalint-"; where the system allows, the
// file has no name from its first moment on, else Close removes it. A caller
// that is interrupted cancels ctx and closes what it has opened.
func Open(ctx context.Context, ref string, opts Options) (*Image, error) {
	if _, err := parsePlatform(opts.Platform); err != nil {
		return nil, err
	}
	image, err := open(ctx, ref, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable(ref), err)
	}
	return image, nil
}

func open(ctx context.Context, ref string, opts Options) (*Image, error) {
	scheme, rest := splitScheme(ref)
	if scheme != "" && rest == "" {
		return nil, fmt.Errorf("nothing follows the scheme: write %s:%s", scheme, example(scheme))
	}
	switch scheme {
	case string(Registry):
		return openRegistry(ctx, rest, opts)
	case string(Docker):
		return openEngine(ctx, rest, opts)
	case string(DockerArchive), string(OCIArchive), string(OCIDir):
		return openPath(ctx, Kind(scheme), rest, opts)
	case string(Recipe):
		if opts.OpenRecipe == nil {
			return nil, errors.New("recipes cannot be read here")
		}
		return opts.OpenRecipe(ctx, rest, opts)
	case "-":
		return openStdin(ctx, strings.TrimPrefix(rest, "-"), opts)
	}
	return openAny(ctx, ref, opts)
}

// openAny looks for a path, then at the local engine, then in the registry.
func openAny(ctx context.Context, ref string, opts Options) (*Image, error) {
	if ref == "" {
		return nil, errors.New("the image's name is empty")
	}
	path, _ := splitPath(ref)
	if looksLikePath(ref) || mayBeImage(path) {
		return openPath(ctx, "", ref, opts)
	}
	tried := []string{"no file or directory has this name"}
	if exists(path) {
		tried[0] = "what lies at " + printable(path) + " is neither an archive nor an OCI layout"
	}
	image, err := openEngine(ctx, ref, opts)
	if err != nil {
		if !isAbsent(err) {
			return nil, fmt.Errorf("the local engine: %w", err)
		}
		tried = append(tried, oneLine(err))
		image, err = openRegistry(ctx, ref, opts)
	}
	if err != nil {
		return nil, triedError(tried, err)
	}
	image.Tried = append(tried, image.Tried...)
	return image, nil
}

// triedError keeps err findable by errors.As and tells what came before it.
func triedError(tried []string, err error) error {
	return fmt.Errorf("%w (before that: %s)", err, strings.Join(tried, "; "))
}

// isAbsent reports whether err leaves open that the image is elsewhere: the
// engine does not have it, or there is no engine.
func isAbsent(err error) bool {
	var missing *NotFoundError
	var silent *noEngineError
	return errors.As(err, &missing) || errors.As(err, &silent)
}

// splitScheme splits a scheme off a reference; "-" is one, too, and takes the
// name that follows its colon.
func splitScheme(ref string) (scheme, rest string) {
	if ref == "-" {
		return "-", "-"
	}
	before, after, found := strings.Cut(ref, ":")
	if !found {
		return "", ref
	}
	switch before {
	case "-":
		return "-", "-" + after
	case string(Registry), string(Docker), string(DockerArchive), string(OCIDir), string(OCIArchive), string(Recipe):
		return before, after
	}
	return "", ref
}

func example(scheme string) string {
	switch Kind(scheme) {
	case Registry, Docker:
		return "NAME:TAG"
	case OCIDir, OCIArchive:
		return "PATH[:TAG]"
	default:
		return "PATH"
	}
}

// splitPath splits PATH, PATH:REF or PATH@DIGEST where the path ends: at the
// last colon (or @) before which something exists. Where nothing exists the
// whole is the path.
func splitPath(s string) (path, ref string) {
	if exists(s) {
		return s, ""
	}
	for i := len(s) - 1; i > 0; i-- {
		if s[i] != ':' && s[i] != '@' {
			continue
		}
		if isDrive(s[:i+1]) || !exists(s[:i]) {
			continue
		}
		if s[i] == ':' {
			return s[:i], strings.TrimPrefix(s[i+1:], "@")
		}
		return s[:i], s[i+1:]
	}
	return s, ""
}

// isDrive reports whether s is a drive of Windows, such as "C:".
func isDrive(s string) bool {
	return len(s) == 2 && s[1] == ':' && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z') && os.PathSeparator == '\\'
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// archiveSuffix is the end of a file's name that nobody gives to an image.
var archiveSuffix = regexp.MustCompile(`\.(tar|tar\.gz|tgz|tar\.zst)([:@]|$)`)

// looksLikePath reports whether s can only be meant as a path. A misspelt one
// must not be asked for in a registry.
func looksLikePath(s string) bool {
	return archiveSuffix.MatchString(s) || strings.HasPrefix(s, "/") || strings.HasPrefix(s, ".") || strings.HasPrefix(s, "~") ||
		strings.Contains(s, `\`) || isDrive(s[:min(2, len(s))])
}
