// Command cgo is a function with aws-lambda-go that calls libc.
package main

// #include <stdlib.h>
import "C"

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event map[string]int) (int, error) { return int(C.abs(C.int(event["a"]))), nil })
}
