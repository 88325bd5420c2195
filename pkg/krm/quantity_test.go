package krm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestDecodeRefusesQuantitiesThatTakeTooLongToParse(t *testing.T) {
	for in, want := range map[string][]string{
		"q: 1e3":         nil,
		"q: 1E-999":      nil,
		`{"q": "1e+10"}`: nil,
		"q: '1e-2000000000'": {
			`error: q: "1e-2000000000" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
		},
		`{"q": "9e00009"}`: {
			`error: q: "9e00009" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
		},
		"q: '" + strings.Repeat("9", 63) + "'": {
			`error: q: "` + strings.Repeat("9", 63) + `" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
		},
	} {
		n, ps := Parse(in, model.Place{})
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		var out struct {
			Q resource.Quantity `json:"q"`
		}
		if diff := cmp.Diff(want, lines(Decode(n, model.Place{}, &out))); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", in, diff)
		}
	}
}
