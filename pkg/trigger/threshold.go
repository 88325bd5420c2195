package trigger

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// digits is the number of decimals that KEDA keeps (pkg/scalers/scaler.go, quantityFromFloat64).
const digits = 3

// threshold returns a quantity as a plain decimal, which is what KEDA reads, and why it cannot.
func threshold(q resource.Quantity) (text, problem string) {
	d := q.AsDec()
	text = d.String()
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	_, decimals, _ := strings.Cut(text, ".")
	const longest = 15 // A float64 holds as many digits.
	switch {
	case len(decimals) > digits:
		return "", fmt.Sprintf("is %s, but KEDA keeps %d decimals; use a multiple of 1m", q.String(), digits)
	case len(strings.Replace(text, ".", "", 1)) > longest:
		return "", fmt.Sprintf("is %s, but KEDA reads at most %d digits; use a smaller number", q.String(), longest)
	}
	return text, ""
}
