# METADATA
# title: Words for people
# description: Writes numbers as people read them.
package lambdalint.text

# bytes writes a number of bytes in binary units with two decimals: 10.00 GiB.
bytes(count) := sprintf("%d bytes", [count]) if count < 1024

bytes(count) := _scaled(count, 1024, "KiB") if {
	count >= 1024
	count < 1048576
}

bytes(count) := _scaled(count, 1048576, "MiB") if {
	count >= 1048576
	count < 1073741824
}

bytes(count) := _scaled(count, 1073741824, "GiB") if count >= 1073741824

_scaled(count, unit, name) := sprintf("%d.%02d %s", [floor(hundredths / 100), hundredths % 100, name]) if {
	hundredths := floor((count * 100) / unit)
}
