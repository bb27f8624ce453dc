package probe

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type jarEntry struct {
	name, text string
	stored     bool
}

func makeJar(t testing.TB, entries ...jarEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		method := zip.Deflate
		if e.stored {
			method = zip.Store
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const clientClass = "com/amazonaws/services/lambda/runtime/api/client/AWSLambda.class"

func clientJar(t testing.TB) []byte {
	return makeJar(t,
		jarEntry{name: clientClass, text: "\xca\xfe\xba\xbe"},
		jarEntry{name: "jni/", text: ""},
		jarEntry{name: "jni/libaws-lambda-jni.linux-x86_64.so", text: "\x7fELF"},
		jarEntry{name: "META-INF/maven/com.amazonaws/aws-lambda-java-runtime-interface-client/pom.properties",
			text: "#made\nartifactId=aws-lambda-java-runtime-interface-client\nversion=2.10.1\r\n"})
}

func TestJar(t *testing.T) {
	manifest := "Manifest-Version: 1.0\r\nMain-Class: com.amazonaws.services.lambda.runtime.api.client.A\r\n WSLambda\r\nclass-path: lib/a.jar lib/b.jar\r\n\r\nName: x\r\nMain-Class: Wrong\r\n"
	client := string(clientJar(t))
	data := makeJar(t,
		jarEntry{name: "META-INF/MANIFEST.MF", text: manifest},
		jarEntry{name: "com/example/App.class", text: "x"},
		jarEntry{name: "BOOT-INF/lib/stored.jar", text: client, stored: true},
		jarEntry{name: "BOOT-INF/lib/deflated.jar", text: client},
		jarEntry{name: "BOOT-INF/lib/broken.jar", text: "no zip"},
	)
	j := mustAsk[JarFile](t, Jar(), data)
	if j.MainClass != "com.amazonaws.services.lambda.runtime.api.client.AWSLambda" || !slices.Equal(j.ClassPath, []string{"lib/a.jar", "lib/b.jar"}) || len(j.Clients) != 0 {
		t.Errorf("got %+v", j)
	}
	if len(j.Nested) != 3 {
		t.Fatalf("nested: %+v", j.Nested)
	}
	for _, n := range j.Nested[:2] {
		if n.Unread != "" || !slices.Equal(n.Clients, []string{clientClass}) || !slices.Equal(n.Natives, []string{"jni/libaws-lambda-jni.linux-x86_64.so"}) ||
			n.Versions["aws-lambda-java-runtime-interface-client"] != "2.10.1" {
			t.Errorf("nested: %+v", n)
		}
	}
	if !strings.Contains(j.Nested[2].Unread, "not a zip archive") {
		t.Errorf("nested: %+v", j.Nested[2])
	}
	if !mustAsk[bool](t, JarEntry("com/example/App.class"), data) || mustAsk[bool](t, JarEntry("com/example/Nope.class"), data) {
		t.Error("JarEntry is wrong")
	}
	// A shell script before an archive makes it executable.
	if j := mustAsk[JarFile](t, Jar(), append([]byte("#!/bin/sh\nexec java -jar $0\n"), clientJar(t)...)); len(j.Clients) != 1 {
		t.Errorf("behind a script: %+v", j)
	}
}

func TestJarThatIsHostile(t *testing.T) {
	wantFailed(t, Jar(), []byte("no zip"), "not a zip archive")
	wantFailed(t, Jar(), nil, "not a zip archive")
	wantFailed(t, JarEntry("x"), []byte("PK\x03\x04"), "not a zip archive")
	whole := clientJar(t)
	wantFailed(t, Jar(), whole[:len(whole)-30], "not a zip archive")
	j := mustAsk[JarFile](t, Jar(), makeJar(t, jarEntry{name: "bomb.jar", text: strings.Repeat("\x00", jarMaxInner+1)}))
	if len(j.Nested) != 1 || !strings.Contains(j.Nested[0].Unread, "more than the 67108864 bytes") {
		t.Errorf("bomb: %+v", j)
	}
	wantFailed(t, Jar(), makeJar(t, jarEntry{name: "META-INF/MANIFEST.MF", text: strings.Repeat("x", jarMaxManifest+1)}), "more than the 1048576 bytes")
	wantFailed(t, Jar(), makeJar(t, jarEntry{name: "META-INF/MANIFEST.MF", text: "Main-Class: \xff\n"}), "not UTF-8")
	wantFailed(t, Jar(), makeJar(t, jarEntry{name: strings.Repeat("x", jarMaxName) + ".jar"}), "more than the 1024")
	var nested, natives []jarEntry
	for i := range jarMaxNested + 1 {
		nested = append(nested, jarEntry{name: fmt.Sprint(i, ".jar")})
		natives = append(natives, jarEntry{name: fmt.Sprint("jni/", i)})
	}
	wantFailed(t, Jar(), makeJar(t, nested...), "nested archives")
	wantFailed(t, Jar(), makeJar(t, natives...), "native libraries")
}

func TestJarOfTooManyEntries(t *testing.T) {
	// A list of nothing but small records, and the record that ends it.
	record := make([]byte, 46)
	copy(record, "PK\x01\x02")
	count := jarMaxDirectory/len(record) + 10000
	data := bytes.Repeat(record, count)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(count))
	binary.LittleEndian.PutUint16(end[10:], uint16(count))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(data)))
	wantFailed(t, Jar(), append(data, end...), "list of entries has more than")
}

// TestJarsOfThisMachine reads every archive of a Java installation, if any.
func TestJarsOfThisMachine(t *testing.T) {
	files := corpus(t, 20, func(name string) bool { return filepath.Ext(name) == ".jar" }, "/usr/share/java", "/usr/lib/jvm", "/usr/share/maven")
	if len(files) == 0 {
		t.Skip("no jars here")
	}
	read := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if _, err := ask[JarFile](t, Jar(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		read++
	}
	t.Logf("%d archives read", read)
}

func FuzzJar(f *testing.F) {
	f.Add(clientJar(f))
	f.Add(makeJar(f, jarEntry{name: "META-INF/MANIFEST.MF", text: "Main-Class: x\r\n y\r\n"}, jarEntry{name: "a.jar", text: string(clientJar(f)), stored: true}))
	f.Fuzz(func(t *testing.T, data []byte) {
		noPanic(t, Jar(), data)
		noPanic(t, JarEntry("x"), data)
	})
}
