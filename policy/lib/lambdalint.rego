# METADATA
# scope: subpackages
# title: What every rule of lambdalint stands on
# description: Types the input of all packages below by the published schema of the facts document.
# schemas:
#   - input: schema.image.v1
package lambdalint
