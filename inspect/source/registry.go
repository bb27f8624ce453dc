package source

import (
	"context"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

type registryBlobs struct{}

func (*registryBlobs) Blob(context.Context, v1.Descriptor) (Blob, error) { return Blob{}, nil }

func openRegistry(context.Context, string, Options) (*Image, error) {
	return nil, errors.New("not yet")
}
