package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/awslabs/amazon-ecr-credential-helper/ecr-login/api"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// maxDownloads bounds the blobs of one image that are fetched at once.
const maxDownloads = 16

// openRegistry opens an image of a registry. It asks for the descriptor that
// the reference names before anything else, so an index is seen as an index.
func openRegistry(ctx context.Context, s string, opts Options) (*Image, error) {
	ref, err := name.ParseReference(s, name.WeakValidation)
	if err != nil {
		return nil, errors.New("this is no valid reference: write [HOST/]NAME[:TAG] or [HOST/]NAME@sha256:DIGEST, the name in lower case")
	}
	host := ref.Context().RegistryStr()
	if opts.Offline {
		return nil, fmt.Errorf("the registry %s is not asked because of --offline", host)
	}
	aws := &ecrKeychain{}
	puller, err := remote.NewPuller(remote.WithAuthFromKeychain(authn.NewMultiKeychain(authn.DefaultKeychain, aws)),
		remote.WithJobs(maxDownloads), remote.WithUserAgent(opts.UserAgent))
	if err != nil {
		return nil, err
	}
	blobs := &registryBlobs{puller: puller, repository: ref.Context(), aws: aws}
	blobs.top, err = puller.Get(ctx, ref)
	if err != nil {
		return nil, blobs.failure(ctx, err, "image "+ref.Identifier())
	}
	image, err := FromDescriptor(ctx, Registry, blobs.top.Descriptor, blobs, opts)
	if err != nil {
		return nil, err
	}
	image.Reference = s
	image.Repository = ref.Context().Name()
	return image, nil
}

// registryBlobs are the manifests and blobs of one repository.
type registryBlobs struct {
	puller     *remote.Puller
	repository name.Repository
	top        *remote.Descriptor
	aws        *ecrKeychain
}

// Blob does not ask the registry for blobs yet, except for those that usually
// lie elsewhere.
func (b *registryBlobs) Blob(ctx context.Context, d v1.Descriptor) (Blob, error) {
	if d.Digest == b.top.Digest {
		// The puller has computed the digest; for a signed schema 1 manifest
		// it is that of the content without its signatures.
		return verifiedBlob(b.top.Manifest), nil
	}
	reference := b.repository.Digest(d.Digest.String())
	if isDocument(string(d.MediaType)) {
		return Blob{Size: -1, Verified: true, Open: func(ctx context.Context) (io.ReadCloser, error) {
			got, err := b.puller.Get(ctx, reference)
			if err != nil {
				return nil, b.failure(ctx, err, "manifest "+d.Digest.String())
			}
			return io.NopCloser(bytes.NewReader(got.Manifest)), nil
		}}, nil
	}
	if !d.MediaType.IsDistributable() || len(d.URLs) > 0 {
		if err := b.find(ctx, reference); err != nil {
			return Blob{}, err
		}
	}
	return Blob{Size: -1, Verified: true, Open: func(ctx context.Context) (io.ReadCloser, error) {
		return b.open(ctx, reference)
	}}, nil
}

func verifiedBlob(content []byte) Blob {
	blob := sectionBlob(bytes.NewReader(content), int64(len(content)))
	blob.Verified = true
	return blob
}

// find asks whether a blob is in the registry.
func (b *registryBlobs) find(ctx context.Context, reference name.Digest) error {
	layer, err := b.puller.Layer(ctx, reference)
	if err != nil {
		return b.blobError(ctx, err, reference)
	}
	found, err := partial.Exists(layer)
	if err != nil {
		return b.blobError(ctx, err, reference)
	}
	if !found {
		return fs.ErrNotExist
	}
	return nil
}

// open starts the download of a blob. Its reader verifies the digest.
func (b *registryBlobs) open(ctx context.Context, reference name.Digest) (io.ReadCloser, error) {
	layer, err := b.puller.Layer(ctx, reference)
	if err != nil {
		return nil, b.blobError(ctx, err, reference)
	}
	reader, err := layer.Compressed()
	if err != nil {
		return nil, b.blobError(ctx, err, reference)
	}
	return &namedReader{inner: reader, host: b.repository.RegistryStr()}, nil
}

func (b *registryBlobs) blobError(ctx context.Context, err error, reference name.Digest) error {
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return fmt.Errorf("the registry %s does not have this blob: push the image again", b.repository.RegistryStr())
	}
	return b.failure(ctx, err, "blob "+reference.DigestStr())
}

// namedReader says in its errors what was read from.
type namedReader struct {
	inner io.ReadCloser
	host  string
}

func (r *namedReader) Read(p []byte) (int, error) {
	n, err := r.inner.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return n, fmt.Errorf("the registry %s broke the connection off: try again: %w", r.host, err)
	}
	return n, fmt.Errorf("reading from %s: %w", r.host, withoutURL(err))
}

func (r *namedReader) Close() error { return r.inner.Close() }

// failure says what a registry answered, without URLs: they may carry tokens.
func (b *registryBlobs) failure(ctx context.Context, err error, what string) error {
	host := b.repository.RegistryStr()
	if ctx.Err() != nil {
		return fmt.Errorf("asking the registry %s: %w", host, ctx.Err())
	}
	var answer *transport.Error
	if !errors.As(err, &answer) {
		var inURL *url.Error
		if errors.As(err, &inURL) {
			return fmt.Errorf("the registry %s cannot be reached: %w: check the name, the network and that it is up", host, withoutURL(err))
		}
		return fmt.Errorf("asking the registry %s: %s", host, oneLine(err))
	}
	status := fmt.Sprintf("%d %s%s", answer.StatusCode, http.StatusText(answer.StatusCode), diagnosis(answer))
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return refusal(b.repository, status, b.aws.failed())
	case http.StatusNotFound:
		return notFound("the registry %s has no %s in %s (%s): check the name and the tag", host, what, b.repository.RepositoryStr(), status)
	case http.StatusTooManyRequests:
		return fmt.Errorf("the registry %s limits the rate of requests (%s): wait, or log in", host, status)
	}
	return fmt.Errorf("the registry %s failed (%s): try again later", host, status)
}

// refusal says that a registry wants other credentials, and which. noAWS is
// why there were none for ECR.
func refusal(repository name.Repository, status string, noAWS error) error {
	host := repository.RegistryStr()
	hint := "check the permission to pull, or docker login " + host
	switch _, err := api.ExtractRegistry(host); {
	case noAWS != nil:
		hint = "give AWS credentials that may pull from it, none were found (" + printable(oneLine(noAWS)) + ")"
	case err == nil:
		hint = "give AWS credentials that may pull from it (ecr:BatchGetImage, ecr:GetDownloadUrlForLayer)"
	case host == name.DefaultRegistry:
		hint = "check that the repository exists, or docker login"
	}
	return fmt.Errorf("the registry %s denies access to %s (%s): %s", host, repository.RepositoryStr(), status, hint)
}

// diagnosis is the registry's own word on an error, made fit for one line.
func diagnosis(answer *transport.Error) string {
	for _, d := range answer.Errors {
		return ", " + printable(strings.Join(strings.Fields(string(d.Code)+" "+d.Message), " "))
	}
	return ""
}

// withoutURL takes the request off an error of the HTTP client.
func withoutURL(err error) error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		return inURL.Err
	}
	return err
}
