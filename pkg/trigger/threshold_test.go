package trigger

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

func TestThreshold(t *testing.T) {
	for quantity, want := range map[string]string{
		"1": "1", "100": "100", "500m": "0.5", "2500m": "2.5", "1m": "0.001", "1k": "1000", "1e3": "1000", "0.250": "0.25", "10Mi": "10485760",
		"1Ki": "1024", "1500u": "has 3 decimals", "100u": "has 3 decimals", "1n": "has 3 decimals", "999999999999999": "999999999999999",
		"100P": "has 15 digits", "100000000000.0001": "has 3 decimals", "1234567890123.456": "has 15 digits",
	} {
		got, problem := threshold(resource.MustParse(quantity))
		if limit, refused := strings.CutPrefix(want, "has "); refused {
			if got != "" || !strings.Contains(problem, limit) {
				t.Errorf("%s: got %q, %q; want a problem about %s", quantity, got, problem, limit)
			}
			continue
		}
		var n float64 // As KEDA reads it.
		if got != want || problem != "" || json.Unmarshal([]byte(got), &n) != nil {
			t.Errorf("%s: got %q, %q; want %q", quantity, got, problem, want)
		}
	}
}
