# METADATA
# title: AWS still patches the base image's runtime
# description: >-
#   AWS patches its base images as long as their runtime is supported. Owners of image functions get no notice of the end, and
#   have to rebuild on a newer one by themselves.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
#     description: Lambda runtimes, with their deprecation dates
# custom:
#   category: lifecycle
#   level: warning
#   params:
#     notice_months: 6
#     stale_months: 12
package lambdalint.rules["runtime-supported"]

import data.lambdalint.dates
import data.lambdalint.result

runtime := input.lifecycle.runtime

listed := sprintf("AWS's list of %s", [input.lifecycle.runtimes_as_of])

not_applicable := "the image is not built on one of AWS's base images" if input.runtime.base.name == ""

deny contains result.with_fix(result.image(message), fix) if {
	runtime.deprecated != ""
	runtime.deprecated <= input.as_of
	message := sprintf("AWS deprecated %s on %s and no longer patches its base image (%s)", [runtime.identifier, runtime.deprecated, listed])
	fix := "build on the base image of a newer version"
}

deny contains result.at_level(result.with_fix(result.image(message), fix), "note") if {
	runtime.deprecated > input.as_of
	runtime.deprecated <= dates.months_later(input.as_of, data.lambdalint.params["runtime-supported"].notice_months)
	message := sprintf("AWS will deprecate %s on %s and then no longer patch its base image (%s)", [
		runtime.identifier,
		runtime.deprecated, listed,
	])
	fix := "plan the move to the base image of a newer version"
}

# What the list does not say yet must not look like support.
deny contains result.at_level(result.with_fix(result.image(message), fix), "note") if {
	runtime.identifier != ""
	not announced
	dates.months_later(input.lifecycle.runtimes_as_of, data.lambdalint.params["runtime-supported"].stale_months) <= input.as_of
	message := sprintf("%s is not known to be deprecated, but %s is old by now", [runtime.identifier, listed])
	fix := "install a newer lambdalint"
}

announced if {
	runtime.deprecated != ""
	runtime.deprecated <= dates.months_later(input.as_of, data.lambdalint.params["runtime-supported"].notice_months)
}

not_judged contains result.image("which runtime the AWS base image holds could not be told") if {
	input.runtime.base.name != ""
	input.runtime.base.runtime == ""
}

not_judged contains result.image(message) if {
	input.runtime.base.runtime != ""
	runtime.identifier == ""
	message := sprintf("%s is not in %s", [input.runtime.base.runtime, listed])
}
