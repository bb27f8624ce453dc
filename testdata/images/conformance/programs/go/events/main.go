// Command events knows the events of aws-lambda-go and waits for none.
package main

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"
)

func main() { fmt.Println(events.SQSEvent{Records: []events.SQSMessage{{Body: "nobody asked"}}}) }
