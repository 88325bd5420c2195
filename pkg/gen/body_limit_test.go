package gen

import (
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1048576": 1048576, "512Ki": 512 << 10, "10Mi": 10 << 20, "1.5Mi": 3 << 19, "1M": 1e6, "1e3": 1000, "8Gi": 8 << 30, "2000m": 2,
		"": 0, "0": 0, "-1": 0, "1500m": 0, "0.5": 0, "1 Mi": 0, "1MB": 0, "ten": 0, "none": 0, "0x10": 0, "1_000": 0, "1e99999": 0,
	} {
		var ps model.Problems
		if got := parseSize(text, model.Place{}, "", &ps); got != want || ps.HasErrors() != (want == 0) {
			t.Errorf("%q: got %d, want %d; %v", text, got, want, ps)
		}
	}
}
