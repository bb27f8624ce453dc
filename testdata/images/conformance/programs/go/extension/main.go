// Command extension registers as an external extension and waits for events.
package main

import (
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/"
	id := ask("POST", api+"register", "Lambda-Extension-Name", filepath.Base(os.Args[0]))
	for {
		ask("GET", api+"event/next", "Lambda-Extension-Identifier", id)
	}
}

func ask(method, url, header, value string) string {
	request, err := http.NewRequest(method, url, strings.NewReader(`{"events":["INVOKE","SHUTDOWN"]}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set(header, value)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.Header.Get("Lambda-Extension-Identifier")
}
