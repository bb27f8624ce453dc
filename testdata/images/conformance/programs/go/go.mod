// The Go programs of the conformance set. They are a module of their own, so
// that what they need is no need of lambdalint.
module example.com/functions

go 1.26

require github.com/aws/aws-lambda-go v1.55.1
