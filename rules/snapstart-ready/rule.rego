# METADATA
# title: The image can be used with SnapStart
# description: >-
#   With SnapStart, AWS takes images on its Java 11+, Python 3.12+ and .NET 8+ bases as they are. Any other image has to say in a
#   label that it can be restored, or to call the restore hook; else no version can be published.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
#     description: Improving startup performance with Lambda SnapStart
# custom:
#   category: lifecycle
#   level: error
package lambdalint.rules["snapstart-ready"]

import data.lambdalint.result
import data.lambdalint.runtime

label := "com.amazonaws.lambda.feature.snapstart"

not_applicable := "the function does not ask for SnapStart" if not input.function.snap_start

deny contains result.with_fix(result.image(message), fix) if {
	input.function.snap_start
	not ready
	hookless
	message := sprintf("SnapStart needs the label %s=Allow in this image: it is not on an AWS base that has SnapStart by itself", [label])
	fix := sprintf("LABEL %s=\"Allow\", once the program can go on from a snapshot", [label])
}

not_judged contains result.image(message) if {
	input.function.snap_start
	not ready
	not hookless
	message := sprintf("whether the program calls SnapStart's restore hook cannot be told; without it the label %s=Allow is needed", [label])
}

ready if allowed

ready if {
	input.runtime.base.name != ""
	input.runtime.base.entry_script
	newer(input.runtime.base.language, input.runtime.base.version)
}

allowed if {
	some found in input.config.labels
	found.name == label
	lower(found.value) == "allow"
}

newer(language, version) if {
	least := {"java": [11, 0], "python": [3, 12], "dotnet": [8, 0]}[language]
	parts := [to_number(part) | some part in regex.find_n(`\d+`, version, 2)]
	count(parts) > 0
	parts >= least
}

# hookless is true where AWS's base or the only clients are of languages whose clients have no restore hook.
hookless if {
	input.runtime.base.entry_script
	input.runtime.base.language in {"nodejs", "ruby"}
}

hookless if {
	runtime.client_installed
	every client in runtime.clients {
		client.language in {"nodejs", "ruby", "go"}
	}
}
