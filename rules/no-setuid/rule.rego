# METADATA
# title: Nothing runs with other rights than the function's
# description: >-
#   Programs with the set-user-ID or set-group-ID bit are of no use to Lambda's unprivileged user, and a way up for whoever
#   gets into the function.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
# custom:
#   category: lifecycle
#   level: note
package lambdalint.rules["no-setuid"]

import data.lambdalint.result

# common are programs that the packages of distributions install with these bits: there is nothing special about an image that
# has them.
common := {
	"bbsuid", "chage", "chfn", "chsh", "crontab", "dbus-daemon-launch-helper", "dotlockfile", "expiry", "fusermount",
	"fusermount3", "gpasswd", "locate", "mount", "newgidmap", "newgrp", "newuidmap", "pam_extrausers_chkpwd",
	"pam_timestamp_check", "passwd", "plocate", "polkit-agent-helper-1", "sg", "ssh-agent", "ssh-keysign", "su", "umount",
	"unix_chkpwd", "unix_update", "usernetctl", "utempter", "wall", "write", "write.ul",
}

deny contains result.with_fix(result.file(file, message), fix) if {
	some file in input.set_id
	not distribution(file)
	not input.layers[file.layer].base
	message := sprintf("%s has mode %s: it runs with the rights of %s, which helps no function", [file.path, file.mode_text, whose(file)])
	fix := sprintf("remove the bit (`chmod u-s,g-s %s`), or the program", [file.path])
}

distribution(file) if {
	parts := split(file.path, "/")
	parts[count(parts) - 1] in common
	regex.match(`^/(?:usr/)?(?:bin|sbin|lib|lib64|libexec)/`, file.path)
}

whose(file) := sprintf("its owner (uid %d)", [file.uid]) if regex.match(`^[46]`, file.mode_text)

whose(file) := sprintf("its group (gid %d)", [file.gid]) if startswith(file.mode_text, "2")
