# METADATA
# title: What is a secret by its shape
# description: >-
#   Tells credentials by their form and alphabet, never by a name alone. What documents print as examples, and fillers such
#   as xxxxxxxx, are none.
package lambdalint.secret

# key_ids gives AWS access key IDs in a text: AKIA for long-lived keys, ASIA for temporary ones.
key_ids(value) := {id |
	some id in regex.find_n(`\b(?:AKIA|ASIA)[A-Z2-7]{16}\b`, value, 20)
	not contains(id, "EXAMPLE")
	_varied(substring(id, 4, -1), 6)
}

# aws_secret is true for an AWS secret access key: 40 characters of base64, of both cases.
aws_secret(value) if {
	regex.match(`^[A-Za-z0-9/+]{40}$`, value)
	regex.match(`[a-z]`, value)
	regex.match(`[A-Z]`, value)
	not contains(value, "EXAMPLE")
	_varied(value, 16)
}

# named_aws_secrets gives the secret access keys in a text that stand behind a name that says what they are.
named_aws_secrets(value) := {match[1] |
	some match in regex.find_all_string_submatch_n(_named, value, 20)
	aws_secret(match[1])
}

_named := `(?i)secret_?(?:access_?)?key["']?(?:\s*[=:]\s*|\s+)["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)`

# tokens gives what else a text holds that is a secret by its shape, in words.
tokens(value) := {kind |
	some kind, pattern in _patterns
	some found in regex.find_n(pattern, value, 20)
	_varied(found, 12)
}

_patterns := {
	"a GitHub token": `\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})\b`,
	"a GitLab token": `\bglpat-[A-Za-z0-9_-]{20}`,
	"an npm token": `\bnpm_[A-Za-z0-9]{36}\b`,
	"a PyPI token": `\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}`,
	"a Slack token": `\bxox[abprs]-[0-9]{8,}-[A-Za-z0-9-]{16,}`,
	"a Stripe key": `\bsk_live_[A-Za-z0-9]{24,}`,
	"a private key": `-----BEGIN (?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----(?:\\n|\s)+[A-Za-z0-9+/=]{16,}`,
}

# literal is true for a value that somebody wrote in: no reference to a variable, no filler.
literal(value) if {
	count(value) >= 8
	not regex.match(`[$<>{}*]|(?i:example|changeme|password|placeholder|your[-_]|dummy)`, value)
	_varied(value, 5)
}

# masked shows enough of a key ID to find it, and no more.
masked(id) := sprintf("%s…%s", [substring(id, 0, 4), substring(id, count(id) - 4, -1)])

# _varied is true for a text of so many different characters.
_varied(value, least) if count({character | some character in split(value, "")}) >= least
