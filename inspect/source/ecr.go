package source

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	"github.com/awslabs/amazon-ecr-credential-helper/ecr-login/api"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/sirupsen/logrus"
)

// ecrKeychain finds the credentials of private ECR registries as the AWS SDK
// finds them. It calls the helper's client and not the helper itself, which
// panics on a broken AWS configuration, hides why there are no credentials,
// and lets the SDK write to standard error.
type ecrKeychain struct {
	mu    sync.Mutex
	cause error
}

// Resolve implements authn.Keychain.
func (k *ecrKeychain) Resolve(target authn.Resource) (authn.Authenticator, error) {
	return k.ResolveContext(context.Background(), target)
}

// ResolveContext implements authn.ContextKeychain. Without credentials it is
// for the registry to refuse; failed then tells why there were none.
func (k *ecrKeychain) ResolveContext(ctx context.Context, target authn.Resource) (authn.Authenticator, error) {
	host := target.RegistryStr()
	registry, err := api.ExtractRegistry(host)
	if err != nil || registry.Service != api.ServiceECR {
		return authn.Anonymous, nil //nolint:nilerr // the host is none of ECR's, which is no error
	}
	type result struct {
		auth *api.Auth
		err  error
	}
	done := make(chan result, 1)
	go func() { // the helper's client takes no context
		auth, err := ecrCredentials(ctx, host, registry)
		done <- result{auth, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-done:
		if got.err != nil {
			k.mu.Lock()
			k.cause = got.err
			k.mu.Unlock()
			return authn.Anonymous, nil //nolint:nilerr // failed tells the error
		}
		return authn.FromConfig(authn.AuthConfig{Username: got.auth.Username, Password: got.auth.Password}), nil
	}
}

// failed is why no credentials were found, nil where they were or were not
// looked for.
func (k *ecrKeychain) failed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cause
}

func ecrCredentials(ctx context.Context, host string, registry *api.Registry) (*api.Auth, error) {
	logrus.SetOutput(io.Discard) // the helper's client logs there, and nothing else here does
	options := []func(*config.LoadOptions) error{config.WithRegion(registry.Region), config.WithLogger(logging.Nop{})}
	if registry.FIPS {
		options = append(options, config.WithUseFIPSEndpoint(aws.FIPSEndpointStateEnabled))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	return api.DefaultClientFactory{}.NewClient(settings).GetCredentials(host)
}
