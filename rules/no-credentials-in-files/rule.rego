# METADATA
# title: No layer holds a file with credentials
# description: >-
#   Files with keys, tokens and passwords are in the hands of everybody who can pull the image, also where a later
#   layer deletes them.
# related_resources:
#   - ref: https://docs.docker.com/build/building/secrets/
#     description: Build secrets
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
#     description: Environment variables, on sensitive values
# custom:
#   category: environment
#   level: warning
#   files: &globs
#     - /**/.aws/credentials
#     - /**/.env
#     - /**/.env.local
#     - /**/.env.production
#     - /**/.npmrc
#     - /**/.netrc
#     - /**/.pypirc
#     - /**/pip.conf
#     - /**/.git-credentials
#     - /**/.git/config
#     - /**/.docker/config.json
#     - /**/.kube/config
#     - /**/id_rsa
#     - /**/id_dsa
#     - /**/id_ecdsa
#     - /**/id_ed25519
#     - "/**/*.pem"
#     - "/**/*.key"
#   contents: *globs
package lambdalint.rules["no-credentials-in-files"]

import data.lambdalint.paths
import data.lambdalint.result
import data.lambdalint.secret

globs := [
	"/**/.aws/credentials", "/**/.env", "/**/.env.local", "/**/.env.production", "/**/.npmrc", "/**/.netrc",
	"/**/.pypirc", "/**/pip.conf", "/**/.git-credentials", "/**/.git/config", "/**/.docker/config.json",
	"/**/.kube/config", "/**/id_rsa", "/**/id_dsa", "/**/id_ecdsa", "/**/id_ed25519", "/**/*.pem", "/**/*.key",
]

visible contains file if {
	some glob in globs
	some file in paths.matching(glob)
	file.type == "file"
	not public(file.path)
}

removed contains file if {
	some glob in globs
	some file in paths.removed_matching(glob)
	not public(file.path)
}

deny contains result.with_fix(result.file(file, message), fix) if {
	some file in visible
	words := held(file)
	message := sprintf("%s holds %s; everybody who can pull the image can read it", [file.path, words])
}

deny contains result.with_fix(result.file(file, message), fix) if {
	some file in removed
	words := held(file)
	message := sprintf("%s holds %s; a later layer hides it, and everybody who can pull the image can read it", [file.path, words])
}

not_judged contains result.file(file, sprintf("its content was not looked at: %s", [file.content_omitted])) if {
	some file in (visible | removed)
	not paths.has_content(file)
}

# What a public package ships, and what belongs to tests and examples, is no secret.
public(path) if {
	regex.match(
		`/(?:node_modules|site-packages|dist-packages|gems|vendor|tests?|testdata|testing|__tests__|fixtures|examples?|certdata|pkg/mod)/`,
		path,
	)
}

# Debian makes this one at each installation, for tests.
public("/etc/ssl/private/ssl-cert-snakeoil.key")

public(path) if regex.match(`^/(?:usr/(?:lib|lib64|share|include|local/go)|var/(?:lang|runtime)|etc/(?:ssl/certs|pki))/`, path)

held(file) := concat(" and ", found) if {
	paths.has_content(file)
	content := paths.content(file)
	found := secrets(file.path, content)
	count(found) > 0
}

secrets(path, content) := (secret.tokens(content) | aws(content)) | (by_name(path, content) | in_address(content))

aws(content) := {"an AWS secret access key" | count(secret.named_aws_secrets(content)) > 0}

# forms gives, by the end of a file's path, where in it a secret stands.
forms := {
	".npmrc": `(?m)^(?:[^#;\n]*:)?_(?:authToken|password|auth)\s*=\s*"?([^"\s]+)`,
	".netrc": `(?m)\bpassword\s+(\S+)`,
	".pypirc": `(?m)^\s*password\s*[:=]\s*(\S+)`,
	".docker/config.json": `"auth"\s*:\s*"([A-Za-z0-9+/=]{12,})"`,
	".kube/config": `(?m)^\s*(?:token|client-key-data|password):\s*"?([^"\s]+)`,
}

says := {
	".npmrc": "a token of npm", ".netrc": "a password", ".pypirc": "a password",
	".docker/config.json": "the credentials of a registry", ".kube/config": "the credentials of a cluster",
}

by_name(path, content) := {says[end] |
	some end, form in forms
	endswith(path, sprintf("/%s", [end]))
	some match in regex.find_all_string_submatch_n(form, content, 20)
	secret.literal(match[1])
}

in_address(content) := {"a password in an address" |
	some match in regex.find_all_string_submatch_n(`://[^/\s:@"']+:([^/\s@"']+)@`, content, 20)
	secret.literal(match[1])
}

fix := concat("", [
	"revoke what it opens, list the file in .dockerignore, ",
	"and give it to the build with `RUN --mount=type=secret`; a later `RUN rm` does not take it out",
])
