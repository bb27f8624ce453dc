package source

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

type noEngineError struct{ text string }

func (e *noEngineError) Error() string { return e.text }

func openEngine(context.Context, string, Options) (*Image, error) {
	return nil, &noEngineError{"not yet"}
}

// repositoryOf is a reference without tag and digest, "" for an image ID.
func repositoryOf(ref string) string {
	if _, err := name.ParseReference(ref, name.WeakValidation); err != nil || strings.HasPrefix(ref, "sha256:") {
		return ""
	}
	repository, _, _ := strings.Cut(ref, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		repository = repository[:colon]
	}
	return repository
}
