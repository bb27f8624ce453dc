// Command loop speaks the Runtime API by itself.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		event, err := http.Get(api + "next")
		if err != nil {
			log.Fatal(err)
		}
		id := event.Header.Get("Lambda-Runtime-Aws-Request-Id")
		answer, err := http.Post(api+id+"/response", "application/json", event.Body)
		if err != nil {
			log.Fatal(err)
		}
		_ = answer.Body.Close()
		_ = event.Body.Close()
	}
}
