// Command web is a web server that knows nothing of Lambda.
package main

import (
	"io"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
