package source

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

const ecrTestHost = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

// withoutAWS keeps the AWS configuration of the machine out of a test.
func withoutAWS(t *testing.T) {
	t.Helper()
	isolate(t)
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ECR_DISABLE_CACHE", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
}

func resolveECR(t *testing.T, host string) (*ecrKeychain, authn.Authenticator) {
	t.Helper()
	registry, err := name.NewRegistry(host)
	if err != nil {
		t.Fatal(err)
	}
	keychain := &ecrKeychain{}
	auth, err := keychain.ResolveContext(context.Background(), registry)
	if err != nil {
		t.Fatal(err)
	}
	return keychain, auth
}

func TestECRCredentials(t *testing.T) {
	withoutAWS(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), "123456789012") {
			t.Errorf("asked for %s", body)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = fmt.Fprintf(w, `{"authorizationData":[{"authorizationToken":%q,"expiresAt":4102444800,"proxyEndpoint":"https://%s"}]}`,
			base64.StdEncoding.EncodeToString([]byte("AWS:pa55")), ecrTestHost)
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_ECR", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	keychain, auth := resolveECR(t, ecrTestHost)
	got, err := auth.Authorization()
	if err != nil || got.Username != "AWS" || got.Password != "pa55" || keychain.failed() != nil {
		t.Errorf("%+v, %v, %v", got, err, keychain.failed())
	}
	for _, host := range []string{"ghcr.io", "public.ecr.aws", "123456789012.dkr.ecr.eu-west-1.example.com"} {
		if _, auth := resolveECR(t, host); auth != authn.Anonymous {
			t.Errorf("credentials for %s", host)
		}
	}
}

// A broken AWS configuration and a missing one are causes to tell, no panics.
func TestECRWithoutCredentials(t *testing.T) {
	withoutAWS(t)
	keychain, auth := resolveECR(t, ecrTestHost)
	if auth != authn.Anonymous || keychain.failed() == nil {
		t.Errorf("%v, %v", auth, keychain.failed())
	}
	t.Setenv("AWS_PROFILE", "gone")
	keychain, auth = resolveECR(t, ecrTestHost)
	if auth != authn.Anonymous {
		t.Errorf("%v", auth)
	}
	checkError(t, keychain.failed(), "reading the AWS configuration: failed to get shared config profile, gone")

	repository, err := name.NewRepository(ecrTestHost + "/app")
	if err != nil {
		t.Fatal(err)
	}
	checkError(t, refusal(repository, "403 Forbidden", keychain.failed()), "the registry "+ecrTestHost+
		" denies access to app (403 Forbidden): give AWS credentials that may pull from it, none were found "+
		"(reading the AWS configuration: failed to get shared config profile, gone)")
}
