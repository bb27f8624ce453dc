package probe

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"sync"

	"github.com/lambdalint/lambdalint/inspect/layer"
)

// MarkerSet are the texts of Runtime API clients and their kin that a file
// holds, by the names below.
type MarkerSet struct {
	// Found are the names, sorted.
	Found []string `json:"found"`
	// Wide are those of them that stand there as UTF-16LE, as the string
	// literals of .NET do.
	Wide []string `json:"wide,omitempty"`
}

// Has tells whether a marker was found.
func (m MarkerSet) Has(name string) bool {
	_, ok := slices.BinarySearch(m.Found, name)
	return ok
}

// Texts gives one text for each marker that was found, such that a file that
// holds these texts, each in a line of its own, has the same markers.
func (m MarkerSet) Texts() []string {
	var texts []string
	last := ""
	for _, known := range markers() { // those of one name stand together
		if m.Has(known.name) && known.name != last {
			texts = append(texts, known.text)
			last = known.name
		}
	}
	return texts
}

// The names of markers.
const (
	// The Runtime API, whole and in the pieces that compilers leave of it.
	MarkRuntimeAPI     = "runtime-api"     // AWS_LAMBDA_RUNTIME_API
	MarkNextURL        = "next-url"        // 2018-06-01/runtime/invocation/next
	MarkVersion        = "version"         // 2018-06-01
	MarkVersionRuntime = "version-runtime" // 2018-06-01/runtime
	MarkInvocation     = "invocation"      // runtime/invocation
	MarkInvocationNext = "invocation-next" // runtime/invocation/next
	MarkNext           = "next"            // invocation/next
	MarkRequestID      = "request-id"      // Lambda-Runtime-Aws-Request-Id
	MarkTaskRoot       = "task-root"       // LAMBDA_TASK_ROOT

	// Its other sides: extensions, and what sends invocations.
	MarkExtension = "extension" // 2020-01-01/extension
	MarkTelemetry = "telemetry" // 2022-07-01/telemetry
	MarkLogs      = "logs"      // 2020-08-15/logs
	MarkInvoke    = "invoke"    // 2015-03-31/functions/function/invocations
	MarkEmulator  = "emulator"  // aws-lambda-runtime-interface-emulator

	// Clients.
	MarkRust         = "rust"          // aws-lambda-rust/, the user agent
	MarkRustCrate    = "rust-crate"    // lambda_runtime
	MarkCPP          = "cpp"           // AWS_Lambda_Cpp
	MarkSwift        = "swift"         // Swift-Lambda/
	MarkSwiftModule  = "swift-module"  // AWSLambdaRuntime
	MarkDotnet       = "dotnet"        // Amazon.Lambda.RuntimeSupport
	MarkGo           = "go"            // github.com/aws/aws-lambda-go/lambda.
	MarkJava         = "java"          // com/amazonaws/services/lambda/runtime/api/client/AWSLambda, or with dots
	MarkPython       = "python"        // awslambdaric
	MarkPythonNative = "python-native" // PyInit_runtime_client
	MarkNode         = "node"          // aws-lambda-ric
	MarkNodeNative   = "node-native"   // rapid-client.node
	MarkRuby         = "ruby"          // aws_lambda_ric
	MarkBref         = "bref"          // /bref/bootstrap.php
	MarkLLRT         = "llrt"          // LAMBDA_HANDLER
	MarkBun          = "bun"           // BUN_INSTALL
	MarkDeno         = "deno"          // DENO_INSTALL_ROOT
	MarkAdapter      = "web-adapter"   // aws-lambda-adapter or AWS_LWA_PORT

	// A Go program that holds one of them may start another program: its
	// function tables name os/exec.(*Cmd).Start or syscall.Exec.
	MarkGoStarts = "go-starts"

	// AWS's entry script refuses more or fewer than one argument with it.
	MarkEntryScript = "entry-script" // entrypoint requires the handler name
)

// marker is a text that is looked for, as bytes and as UTF-16LE. None is
// shorter than markerWindow.
type marker struct{ name, text string }

func markers() []marker {
	return []marker{
		{MarkRuntimeAPI, "AWS_LAMBDA_RUNTIME_API"},
		{MarkNextURL, "2018-06-01/runtime/invocation/next"},
		{MarkVersion, "2018-06-01"},
		{MarkVersionRuntime, "2018-06-01/runtime"},
		{MarkInvocation, "runtime/invocation"},
		{MarkInvocationNext, "runtime/invocation/next"},
		{MarkNext, "invocation/next"},
		{MarkRequestID, "Lambda-Runtime-Aws-Request-Id"},
		{MarkRequestID, "lambda-runtime-aws-request-id"},
		{MarkTaskRoot, "LAMBDA_TASK_ROOT"},
		{MarkExtension, "2020-01-01/extension"},
		{MarkTelemetry, "2022-07-01/telemetry"},
		{MarkLogs, "2020-08-15/logs"},
		{MarkInvoke, "2015-03-31/functions/function/invocations"},
		{MarkEmulator, "aws-lambda-runtime-interface-emulator"},
		{MarkRust, "aws-lambda-rust/"},
		{MarkRustCrate, "lambda_runtime"},
		{MarkCPP, "AWS_Lambda_Cpp"},
		{MarkSwift, "Swift-Lambda/"},
		{MarkSwiftModule, "AWSLambdaRuntime"},
		{MarkDotnet, "Amazon.Lambda.RuntimeSupport"},
		{MarkDotnet, "amazonlambdaruntimesupport"},
		{MarkGo, goLambdaName},
		{MarkJava, "com/amazonaws/services/lambda/runtime/api/client/AWSLambda"},
		{MarkJava, "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"},
		{MarkPython, "awslambdaric"},
		{MarkPythonNative, "PyInit_runtime_client"},
		{MarkNode, "aws-lambda-ric"},
		{MarkNodeNative, "rapid-client.node"},
		{MarkRuby, "aws_lambda_ric"},
		{MarkBref, "/bref/bootstrap.php"},
		{MarkLLRT, "LAMBDA_HANDLER"},
		{MarkBun, "BUN_INSTALL"},
		{MarkDeno, "DENO_INSTALL_ROOT"},
		{MarkAdapter, "aws-lambda-adapter"},
		{MarkAdapter, "AWS_LWA_PORT"},
		{MarkGoStarts, "os/exec.(*Cmd).Start"},
		{MarkGoStarts, "\x00syscall.Exec\x00"},
		{MarkEntryScript, "entrypoint requires the handler name"},
	}
}

// Markers asks for the markers in a file of any size: a MarkerSet. It reads
// the file once, as it streams by. Texts that are compressed, encrypted or put
// together when the program runs are not found.
func Markers() layer.Question {
	search := sync.OnceValue(newMarkerSearch)
	return layer.Question{Name: "markers/3", Scan: func(int64) layer.Scanner {
		s := search()
		return &markerScanner{search: s, found: make([]bool, len(s.patterns))}
	}}
}

// The search skips as Wu and Manber's does ("A fast algorithm for
// multi-pattern searching", 1994): it looks at the last markerBlock bytes of a
// window of markerWindow bytes, and moves on by as much as no beginning of a
// text allows. Blocks are told apart by a hash of markerBits bits.
const (
	markerWindow = 10
	markerBlock  = 4
	markerBits   = 15
	markerBuffer = 128 << 10
)

type markerPattern struct {
	name string
	text []byte
	wide bool
}

type markerSearch struct {
	patterns []markerPattern
	longest  int
	shift    [1 << markerBits]uint8
	// at says which of lists holds the patterns whose window ends in a block
	// of this hash.
	at    [1 << markerBits]uint8
	lists [][]int
}

func newMarkerSearch() *markerSearch {
	s := &markerSearch{lists: [][]int{nil}}
	for _, m := range markers() {
		wide := make([]byte, 0, 2*len(m.text))
		for _, b := range []byte(m.text) {
			wide = append(wide, b, 0)
		}
		s.patterns = append(s.patterns, markerPattern{m.name, []byte(m.text), false}, markerPattern{m.name, wide, true})
	}
	for i := range s.shift {
		s.shift[i] = markerWindow - markerBlock + 1
	}
	for i, p := range s.patterns {
		s.longest = max(s.longest, len(p.text))
		for end := markerBlock; end <= markerWindow; end++ {
			h := markerHash(p.text[end-markerBlock:])
			s.shift[h] = min(s.shift[h], uint8(markerWindow-end))
			if end == markerWindow {
				if s.at[h] == 0 {
					s.at[h] = uint8(len(s.lists))
					s.lists = append(s.lists, nil)
				}
				s.lists[s.at[h]] = append(s.lists[s.at[h]], i)
			}
		}
	}
	return s
}

func markerHash(block []byte) uint32 {
	return binary.LittleEndian.Uint32(block) * 0x9e3779b1 >> (32 - markerBits)
}

// markerScanner searches a stream. What it has not searched stays in its
// buffer, with as much before it as the longest text needs.
type markerScanner struct {
	search *markerSearch
	found  []bool
	buffer []byte
}

// Write takes the next bytes of the file.
func (m *markerScanner) Write(p []byte) (int, error) {
	if m.buffer == nil {
		m.buffer = make([]byte, 0, markerBuffer)
	}
	for rest := p; len(rest) > 0; {
		n := min(cap(m.buffer)-len(m.buffer), len(rest))
		m.buffer = append(m.buffer, rest[:n]...)
		rest = rest[n:]
		if len(m.buffer) == cap(m.buffer) {
			m.scan()
			keep := copy(m.buffer, m.buffer[len(m.buffer)-m.search.longest+1:])
			m.buffer = m.buffer[:keep]
		}
	}
	return len(p), nil
}

// scan searches the buffer.
func (m *markerScanner) scan() {
	data, shift := m.buffer, &m.search.shift
	for end := markerWindow; end <= len(data); {
		h := markerHash(data[end-markerBlock:])
		step := shift[h]
		if step == 0 {
			m.match(data[end-markerWindow:], h)
			step = 1
		}
		end += int(step)
	}
}

func (m *markerScanner) match(data []byte, h uint32) {
	for _, i := range m.search.lists[m.search.at[h]] {
		text := m.search.patterns[i].text
		if !m.found[i] && len(data) >= len(text) && string(data[:len(text)]) == string(text) {
			m.found[i] = true
		}
	}
}

// Answer searches what is left and names what was found.
func (m *markerScanner) Answer() ([]byte, error) {
	m.scan()
	result := MarkerSet{Found: []string{}}
	for i, p := range m.search.patterns {
		if !m.found[i] {
			continue
		}
		result.Found = append(result.Found, p.name)
		if p.wide {
			result.Wide = append(result.Wide, p.name)
		}
	}
	slices.Sort(result.Found)
	result.Found = slices.Compact(result.Found)
	slices.Sort(result.Wide)
	result.Wide = slices.Compact(result.Wide)
	return json.Marshal(result)
}
