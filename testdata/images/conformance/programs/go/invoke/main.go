// Command invoke sends an event to the emulator that listens on the port given,
// and prints the status and the answer as JSON. It runs beside the emulator, in
// a container without a network.
package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	address := "127.0.0.1:" + os.Args[1]
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	var result struct {
		Status int
		Body   string
	}
	client := http.Client{Timeout: 40 * time.Second}
	answer, err := client.Post("http://"+address+"/2015-03-31/functions/function/invocations", "application/json", strings.NewReader(`{"a": 1}`))
	if err == nil {
		data, _ := io.ReadAll(answer.Body) // an answer that is cut off is none
		result.Status, result.Body = answer.StatusCode, string(data)
	}
	_ = json.NewEncoder(os.Stdout).Encode(result)
}
