# METADATA
# title: The operating system still gets fixes
# description: >-
#   A distribution gives fixes for its packages until a date that it names in advance. After that an image built on it stays as
#   vulnerable as it is.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
#     description: Creating a Lambda function using a container image
#   - ref: https://endoflife.date
#     description: Dates of the distributions
# custom:
#   category: lifecycle
#   level: warning
#   params:
#     stale_months: 12
package lambdalint.rules["os-supported"]

import data.lambdalint.dates
import data.lambdalint.result

system := input.lifecycle.system

listed := sprintf("list of %s", [input.lifecycle.systems_as_of])

not_applicable := "AWS patches the base image as long as its runtime is supported: runtime-supported" if on_aws_base

not_applicable := "the image has no /etc/os-release" if {
	system.id == ""
	system.reason == ""
	not on_aws_base
}

on_aws_base if {
	input.runtime.base.name != ""
	input.lifecycle.runtime.identifier != ""
}

deny contains result.with_fix(result.image(message), fix) if {
	system.listed
	system.free_until <= input.as_of
	message := sprintf("%s has had no fixes since %s (%s)", [system.name, system.free_until, listed])
	fix := "build on a newer release"
}

deny contains result.at_level(result.with_fix(result.image(message), fix), "note") if {
	system.listed
	system.standard_until <= input.as_of
	system.free_until > input.as_of
	message := sprintf("%s has been in long term support since %s, which ends on %s (%s)", [
		system.name, system.standard_until,
		system.free_until, listed,
	])
	fix := "plan the move to a newer release"
}

deny contains result.at_level(result.with_fix(result.image(message), fix), "note") if {
	system.listed
	system.standard_until > input.as_of
	dates.months_later(input.lifecycle.systems_as_of, data.lambdalint.params["os-supported"].stale_months) <= input.as_of
	message := sprintf("%s is supported by the %s, which is old by now", [system.name, listed])
	fix := "install a newer lambdalint"
}

not_judged contains result.image(message) if {
	system.id != ""
	not system.listed
	message := sprintf("%s is not in the %s", [trim_space(sprintf("%s %s", [system.id, system.version])), listed])
}

not_judged contains result.image(message) if {
	system.reason != ""
	message := sprintf("/etc/os-release cannot be read: %s", [system.reason])
}
