package history

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestInstructionsHoldNoSecrets(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz"
	for _, createdBy := range []string{
		"ENV AWS_SECRET_ACCESS_KEY=" + secret,
		"ENV AWS_SECRET_ACCESS_KEY " + secret,
		"/bin/sh -c #(nop)  ENV DB_PASSWORD=" + secret,
		"RUN |1 NPM_TOKEN=" + secret + " /bin/sh -c npm ci # buildkit",
		"RUN /bin/sh -c aws configure set aws_secret_access_key " + secret + " # buildkit",
		"RUN /bin/sh -c pip install --index-url https://ci:" + strings.ReplaceAll(secret, "/", "") + "@pypi.example.com/simple app # buildkit",
		"RUN /bin/sh -c npm config set //registry.example.com/:_authToken=" + secret + " # buildkit",
		"RUN /bin/sh -c git clone https://ghp_" + strings.ReplaceAll(secret, "/", "") + "@github.com/o/r # buildkit",
	} {
		entry := Read([]v1.History{{CreatedBy: createdBy}}, 1)[0]
		for _, text := range []string{entry.Instruction, entry.Key} {
			if strings.Contains(text, secret) || strings.Contains(text, strings.ReplaceAll(secret, "/", "")) {
				t.Errorf("%q tells the secret: %q", createdBy, text)
			}
		}
	}
}

func TestInstructionsKeepWhatIsNoSecret(t *testing.T) {
	for _, instruction := range []string{
		"RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci",
		"ENV TOKENIZERS_PARALLELISM=false",
		"ENV SECRET_ARN=$SECRET_ARN_OF_BUILD",
		"COPY secrets.py /var/task/",
		"RUN cat /run/secrets/token && make install",
		"ADD https://example.com/a:b/c.tar.gz /opt/",
	} {
		if got := parse(instruction).Instruction; got != instruction {
			t.Errorf("%q became %q", instruction, got)
		}
	}
}
