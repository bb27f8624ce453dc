package probe

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// JarFile is what a Java archive holds.
type JarFile struct {
	// MainClass is what "java -jar" starts, StartClass what Spring Boot's
	// launcher starts behind it.
	MainClass  string `json:"main_class,omitempty"`
	StartClass string `json:"start_class,omitempty"`
	// ClassPath are the archives and directories that the manifest adds,
	// relative to this one.
	ClassPath []string `json:"class_path,omitempty"`
	JarContent
	// Nested are the archives inside. Java's own class loaders do not look
	// into them; launchers such as Spring Boot's do.
	Nested []NestedJar `json:"nested,omitempty"`
}

// JarContent is what is asked of the entries of an archive.
type JarContent struct {
	// Clients are the classes of Runtime API clients that are there, as their
	// entries are called; see JarClients.
	Clients []string `json:"clients,omitempty"`
	// Natives are the entries below jni/, the client's native libraries.
	Natives []string `json:"natives,omitempty"`
	// Versions are the Maven artifacts of AWS that say their version:
	// artifact to version.
	Versions map[string]string `json:"versions,omitempty"`
}

// NestedJar is an archive inside an archive.
type NestedJar struct {
	Name string `json:"name"`
	JarContent
	// Unread says why it could not be looked into.
	Unread string `json:"unread,omitempty"`
}

// JarClients are the classes that mark a Runtime API client: AWS's, its
// predecessors in AWS's base images, and the loops of Spring Cloud Function,
// Quarkus and Micronaut.
func JarClients() []string {
	return []string{
		"com/amazonaws/services/lambda/runtime/api/client/AWSLambda.class",
		"lambdainternal/AWSLambda.class",
		"org/springframework/cloud/function/adapter/aws/CustomRuntimeEventLoop.class",
		"io/quarkus/amazon/lambda/runtime/AmazonLambdaApi.class",
		"io/micronaut/function/aws/runtime/AbstractMicronautLambdaRuntime.class",
	}
}

// Bounds of what is read of an archive. Only contents that are asked for are
// expanded; each has its own bound, and all nested ones together another.
const (
	jarMaxDirectory = 16 << 20 // bytes of the list of entries
	jarMaxName      = 1024     // bytes of a name that is kept
	jarMaxNames     = 4 << 20  // bytes of all of them
	jarMaxNatives   = 1024
	jarMaxNested    = 1024
	jarMaxManifest  = 1 << 20
	jarMaxVersions  = 64
	jarMaxPom       = 64 << 10
	jarMaxInner     = 64 << 20  // bytes of one nested archive that is compressed
	jarMaxInners    = 256 << 20 // bytes of all of them
	jarMaxLists     = 128 << 20 // bytes of the lists of entries of all nested archives
)

// Jar asks what a Java archive holds: a JarFile. It fails for a file that is
// no zip archive.
func Jar() layer.Question { return question("jar/1", readJar) }

// JarEntry asks whether an archive has an entry of a name, such as
// "com/example/App.class": true or false. Nested archives are not looked into.
func JarEntry(name string) layer.Question {
	return question("jar-entry/1 "+name, func(r io.ReaderAt, size int64) (bool, error) {
		archive, _, err := openZip(r, size, jarMaxDirectory)
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(archive.File, func(f *zip.File) bool { return f.Name == name }), nil
	})
}

// openZip reads the list of entries, of at most most bytes, and tells how many
// were read.
func openZip(r io.ReaderAt, size, most int64) (*zip.Reader, int64, error) {
	// Finding the list takes up to 64 KiB twice and some small pieces.
	allowed := most + 4*(64<<10)
	budget := &budgetReader{r: r, left: allowed}
	archive, err := zip.NewReader(budget, size)
	used := allowed - budget.left
	if budget.left < 0 {
		return nil, used, fmt.Errorf("the archive's list of entries has more than the %d bytes that are read", most)
	}
	if err != nil {
		return nil, used, fmt.Errorf("not a zip archive: %w", err)
	}
	budget.left = math.MaxInt64
	return archive, used, nil
}

// budgetReader refuses to read more than it may.
type budgetReader struct {
	r    io.ReaderAt
	left int64
}

var errBudget = errors.New("more bytes than may be read")

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errBudget
	}
	return b.r.ReadAt(p, off)
}

func readJar(r io.ReaderAt, size int64) (JarFile, error) {
	archive, _, err := openZip(r, size, jarMaxDirectory)
	if err != nil {
		return JarFile{}, err
	}
	var result JarFile
	left := &jarBudget{inners: jarMaxInners, lists: jarMaxLists, names: jarMaxNames}
	if result.JarContent, err = jarContent(archive, left); err != nil {
		return JarFile{}, err
	}
	for _, f := range archive.File {
		if strings.EqualFold(f.Name, "META-INF/MANIFEST.MF") {
			text, err := expand(f, jarMaxManifest)
			if err != nil {
				return JarFile{}, fmt.Errorf("reading the manifest: %w", err)
			}
			if err := result.readManifest(text); err != nil {
				return JarFile{}, err
			}
			break
		}
	}
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".jar") {
			continue
		}
		if len(result.Nested) == jarMaxNested {
			return JarFile{}, fmt.Errorf("more than the %d nested archives that are read", jarMaxNested)
		}
		if err := left.keep(f.Name); err != nil {
			return JarFile{}, err
		}
		nested := NestedJar{Name: f.Name}
		if nested.JarContent, err = innerJar(r, f, left); err != nil {
			nested.Unread = err.Error()
		}
		result.Nested = append(result.Nested, nested)
	}
	return result, nil
}

// jarBudget is how many bytes of nested archives may still be read, and of
// names kept.
type jarBudget struct{ inners, lists, names int64 }

func (b *jarBudget) keep(name string) error {
	if len(name) > jarMaxName {
		return fmt.Errorf("a name has %d bytes, more than the %d that are kept", len(name), jarMaxName)
	}
	if b.names -= int64(len(name)); b.names < 0 {
		return fmt.Errorf("the names have more than the %d bytes that are kept", jarMaxNames)
	}
	return checkText("a name in the archive", name)
}

// innerJar looks into a nested archive: where it lies when it is stored as it
// is, expanded in memory when it is compressed.
func innerJar(r io.ReaderAt, f *zip.File, left *jarBudget) (JarContent, error) {
	var inner io.ReaderAt
	size := int64(f.UncompressedSize64)
	if f.Method == zip.Store {
		offset, err := f.DataOffset()
		if err != nil {
			return JarContent{}, err
		}
		if size < 0 || size > math.MaxInt64-offset {
			return JarContent{}, errors.New("its size is impossible")
		}
		inner = io.NewSectionReader(r, offset, size)
	} else {
		most := min(jarMaxInner, left.inners)
		data, err := expand(f, most)
		if err != nil {
			left.inners -= most
			return JarContent{}, err
		}
		left.inners -= int64(len(data))
		inner, size = bytes.NewReader(data), int64(len(data))
	}
	archive, used, err := openZip(inner, size, min(jarMaxDirectory, left.lists))
	left.lists = max(0, left.lists-used)
	if err != nil {
		return JarContent{}, err
	}
	return jarContent(archive, left)
}

// expand gives the content of an entry, whatever size the archive claims.
func expand(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s has more than the %d bytes that are read", bounded(f.Name, 80), most)
	}
	return data, nil
}

func jarContent(archive *zip.Reader, left *jarBudget) (JarContent, error) {
	var result JarContent
	clients := JarClients()
	for _, f := range archive.File {
		switch {
		case slices.Contains(clients, f.Name) && !slices.Contains(result.Clients, f.Name):
			result.Clients = append(result.Clients, f.Name)
		case strings.HasPrefix(f.Name, "jni/") && !strings.HasSuffix(f.Name, "/"):
			if len(result.Natives) == jarMaxNatives {
				return result, fmt.Errorf("more than the %d native libraries that are read", jarMaxNatives)
			}
			if err := left.keep(f.Name); err != nil {
				return result, err
			}
			result.Natives = append(result.Natives, f.Name)
		case strings.HasPrefix(f.Name, "META-INF/maven/com.amazonaws/") && strings.HasSuffix(f.Name, "/pom.properties"):
			if err := result.readPom(f, left); err != nil {
				return result, err
			}
		}
	}
	slices.Sort(result.Clients)
	slices.Sort(result.Natives)
	return result, nil
}

func (c *JarContent) readPom(f *zip.File, left *jarBudget) error {
	if len(c.Versions) == jarMaxVersions {
		return fmt.Errorf("more than the %d Maven artifacts that are read", jarMaxVersions)
	}
	if err := left.keep(f.Name); err != nil {
		return err
	}
	text, err := expand(f, jarMaxPom)
	if err != nil {
		return fmt.Errorf("reading a pom.properties: %w", err)
	}
	artifact, version := "", ""
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "artifactId":
			artifact = value
		case "version":
			version = value
		}
	}
	if err := left.keep(artifact); err != nil {
		return err
	}
	if err := left.keep(version); err != nil {
		return err
	}
	if artifact != "" {
		if c.Versions == nil {
			c.Versions = make(map[string]string)
		}
		c.Versions[artifact] = version
	}
	return nil
}

// readManifest reads the main section of a manifest: "Name: value" lines, a
// line that begins with a space goes on with the one before. See the JAR File
// Specification.
func (j *JarFile) readManifest(data []byte) error {
	if err := checkText("the manifest", string(data)); err != nil {
		return err
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
	main, _, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(strings.ReplaceAll(main, "\n ", "")) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "main-class":
			j.MainClass = value
		case "start-class":
			j.StartClass = value
		case "class-path":
			j.ClassPath = strings.Fields(value)
		}
	}
	return nil
}
