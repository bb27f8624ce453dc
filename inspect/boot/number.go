package boot

import "strconv"

// compareNumbers decides test's numeric operators.
func compareNumbers(operator, a, b string) int {
	x, err1 := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil {
		return isUnknown
	}
	switch operator {
	case "-lt":
		return truth(x < y)
	case "-gt":
		return truth(x > y)
	case "-le":
		return truth(x <= y)
	default:
		return truth(x >= y)
	}
}
