package krm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// decodeTarget has one field of every kind that Decode supports.
type decodeTarget struct {
	Name    string                     `json:"name"`
	Count   int32                      `json:"count"`
	On      bool                       `json:"on"`
	Ratio   *int64                     `json:"ratio,omitempty"`
	Labels  map[string]string          `json:"labels,omitempty"`
	List    []string                   `json:"list,omitempty"`
	Metrics []autoscalingv2.MetricSpec `json:"metrics,omitempty"`
}

func TestDecodeReportsEveryProblemWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"sound":              {in: "name: a\ncount: 0x10\non: TRUE\nratio: 2\nlabels: {a: b}\nlist: [x]\n"},
		"null is absent":     {in: "name:\nlist: ~\n"},
		"a date is a string": {in: "name: 2020-01-01\n"},
		"unknown field with a suggestion": {
			in:   "nmae: a\n",
			want: []string{`error: nmae: line 1: unknown field "nmae"; did you mean "name"? [input/field]`},
		},
		"unknown field without one": {
			in:   "zzzzzz: a\n",
			want: []string{`error: zzzzzz: line 1: unknown field "zzzzzz"; known fields: count, labels, list, metrics, name, on, ratio [input/field]`},
		},
		"wrong types": {
			in: "name: 8080\ncount: \"5\"\non: \"true\"\nratio: 1.5\nlabels: [a]\nlist: {a: b}\n",
			want: []string{
				`error: name: line 1: is a number (8080); use a string in quotes: "8080" [input/type]`,
				`error: count: line 2: is a string ("5"); use a whole number [input/type]`,
				`error: on: line 3: is a string ("true"); use true or false [input/type]`,
				`error: ratio: line 4: is a number (1.5); use a whole number [input/type]`,
				`error: labels: line 5: is a list; use a mapping [input/type]`,
				`error: list: line 6: is a mapping; use a list [input/type]`,
			},
		},
		"twice": {
			in:   "name: a\nname: b\n",
			want: []string{`error: name: line 2: appears more than once; remove one of them [input/duplicate]`},
		},
		"a key that is no string": {
			in:   "? [a]\n: b\n",
			want: []string{`error: line 1: has a key that is a list; use a string [input/type]`},
		},
		"out of range": {
			in:   "count: 3000000000\n",
			want: []string{`error: count: line 1: 3000000000 is out of range; the largest number is 2147483647 [input/value]`},
		},
		"inside a metric": {
			in: "metrics:\n- type: Pods\n  pods:\n    metric: {nmae: x}\n    target: {type: AverageValue, averageValue: ten}\n",
			want: []string{
				`error: metrics[0].pods.metric.nmae: line 4: unknown field "nmae"; did you mean "name"? [input/field]`,
				`error: metrics[0].pods.target.averageValue: line 5: "ten" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
			},
		},
		"not a mapping": {in: "[a]", want: []string{`error: line 1: is a list; use a mapping [input/type]`}},
	} {
		t.Run(name, func(t *testing.T) {
			n, ps := Parse(tc.in, model.Place{Line: 1})
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			var out decodeTarget
			if diff := cmp.Diff(tc.want, lines(Decode(n, model.Place{Line: 1}, &out))); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeFillsWhatIsSound(t *testing.T) {
	n, _ := Parse("name: a\ncount: seven\nlist: [x, y]\nlabels: {k: v}\nratio: 3\non: true", model.Place{})
	var out decodeTarget
	ps := Decode(n, model.Place{}, &out)
	ratio := int64(3)
	want := decodeTarget{Name: "a", On: true, Ratio: &ratio, List: []string{"x", "y"}, Labels: map[string]string{"k": "v"}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("value (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`error: count: is a string ("seven"); use a whole number [input/type]`}, lines(ps)); diff != "" {
		t.Errorf("problems without lines (-want +got):\n%s", diff)
	}
}

// What a struct holds under a name is not its own: only inlined structs are.
func TestDecodeKeepsNamedStructsApart(t *testing.T) {
	n, _ := Parse("labels: {a: b}\nmetadata: {labels: {c: d}}\nspec: {}", model.Place{})
	var out corev1.PodTemplateSpec
	ps := Decode(n, model.Place{}, &out)
	if diff := cmp.Diff(map[string]string{"c": "d"}, out.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`error: labels: unknown field "labels"; known fields: metadata, spec [input/field]`}, lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func lines(ps model.Problems) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// Malicious input can have any number of unknown fields.
func TestManyUnknownFields(t *testing.T) {
	var text strings.Builder
	for i := range mostReported + 5 {
		fmt.Fprintf(&text, "abcdefghijklmnopqrstuvwxyz%d: 1\n", i)
	}
	n, ps := Parse(text.String(), model.Place{})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	var out struct {
		Alphabet int32 `json:"abcdefghijklmnopqrstuvwxyz"`
	}
	ps = Decode(n, model.Place{}, &out)
	if len(ps) != mostReported+1 || ps[mostReported].Message != "has 5 more unknown fields" {
		t.Fatalf("%d problems, the last one %v", len(ps), ps[len(ps)-1])
	}
	for i, suggested := range map[int]bool{0: true, mostSuggested - 1: true, mostSuggested: false, mostReported - 1: false} {
		if (ps[i].Suggestion != "") != suggested {
			t.Errorf("problem %d: %v", i, ps[i])
		}
	}
}

func TestDecodeLast(t *testing.T) {
	n, ps := Parse("name: a\ncount: 1\nname: b\nname: c\n", model.Place{})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	for want, decode := range map[string]func(*yaml.Node, model.Place, any) model.Problems{"a": Decode, "c": DecodeLast} {
		var out decodeTarget
		ps := decode(n, model.Place{}.At(1), &out)
		if out.Name != want || out.Count != 1 || len(ps) != 2 || ps[0].Place.Line != 3 || ps[1].Place.Line != 4 {
			t.Errorf("name %q, want %q; problems %v", out.Name, want, ps)
		}
	}
}
