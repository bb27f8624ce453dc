// Command adapter does what the contract of the Lambda Web Adapter says: it
// registers as an extension, waits for the web server on AWS_LWA_PORT, and then
// fetches events in the server's place and posts them to it.
package main

import (
	"cmp"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")
	server := "http://127.0.0.1:" + cmp.Or(os.Getenv("AWS_LWA_PORT"), "8080") + "/"
	register(api + "/2020-01-01/extension/")
	for {
		if answer, err := http.Get(server); err == nil {
			_ = answer.Body.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for {
		forward(api+"/2018-06-01/runtime/invocation/", server)
	}
}

func register(api string) {
	request, err := http.NewRequest("POST", api+"register", strings.NewReader(`{"events":[]}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Lambda-Extension-Name", "lambda-adapter")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	_ = answer.Body.Close()
	next, err := http.NewRequest("GET", api+"event/next", nil)
	if err != nil {
		log.Fatal(err)
	}
	next.Header.Set("Lambda-Extension-Identifier", answer.Header.Get("Lambda-Extension-Identifier"))
	go func() { _, _ = http.DefaultClient.Do(next) }() // it answers at the end
}

func forward(api, server string) {
	event, err := http.Get(api + "next")
	if err != nil {
		log.Fatal(err)
	}
	defer event.Body.Close()
	page, err := http.Post(server, "application/json", event.Body)
	if err != nil {
		log.Fatal(err)
	}
	defer page.Body.Close()
	done, err := http.Post(api+event.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", page.Body)
	if err != nil {
		log.Fatal(err)
	}
	_ = done.Body.Close()
}
