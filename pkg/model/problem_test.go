package model

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var shop = Object{APIVersion: "wso2.com/v1alpha1", Kind: "API", Namespace: "shop", Name: "products"}

func TestPlaces(t *testing.T) {
	root := Place{}
	for want, p := range map[string]Place{
		"":                                   root,
		"spec":                               root.Child("spec"),
		"spec.ports[0].name":                 root.Child("spec").Child("ports").Item(0).Child("name"),
		`data["swagger.yaml"].paths["/a"]`:   root.Child("data").Child("swagger.yaml").Child("paths").Child("/a"),
		`a["x[0]"]["b c"][""]`:               root.Child("a").Child("x[0]").Child("b c").Child(""),
		`["a\"b.c"]`:                         root.Child(`a"b.c`),
		"line 3":                             root.At(3),
		"a.yaml: line 3":                     {File: "a.yaml", Line: 3},
		"a.yaml":                             {File: "a.yaml", Index: 2},
		"API shop/products":                  {Object: shop},
		"a.yaml: API shop/products: spec[1]": Place{File: "a.yaml", Object: shop}.Child("spec").Item(1),
		"a.yaml: API shop/products: spec: line 7": Place{File: "a.yaml", Object: shop}.Child("spec").At(7),
		"API": {Object: Object{Kind: "API"}},
		"x":   {Object: Object{Name: "x"}},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStepsTakesPathsApart(t *testing.T) {
	member := func(key string) Step { return Step{key, -1} }
	for field, want := range map[string][]Step{
		"":                               nil,
		"spec":                           {member("spec")},
		"spec.ports[0].name":             {member("spec"), member("ports"), {"", 0}, member("name")},
		`data["swagger.yaml"].paths[12]`: {member("data"), member("swagger.yaml"), member("paths"), {"", 12}},
		`["a\"b.c"][""]`:                 {member(`a"b.c`), member("")},
		`a"b\c`:                          {member(`a"b\c`)},
		"[3]":                            {{"", 3}},
		// What Child and Item do not make.
		"a..b": {member("a")}, "a[b]": {member("a")}, ".a": nil, "a[-1]": {member("a")}, `a["b`: {member("a")}, `a["b"c`: {member("a")},
		"a[1]b": {member("a"), {"", 1}}, "a/b": {member("a")}, "a.": {member("a")}, "a[1": {member("a")},
	} {
		if diff := cmp.Diff(want, Steps(field)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
}

// FuzzSteps makes places of any names, and takes them apart again.
func FuzzSteps(f *testing.F) {
	f.Add("spec", "a.b", uint8(3), "")
	f.Add(`"`, "\\", uint8(0), "]")
	f.Add("\x00\xff", "[0]", uint8(255), "é 中")
	f.Fuzz(func(t *testing.T, a, b string, i uint8, c string) {
		p := Place{}.Child(a).Child(b).Item(int(i)).Child(c)
		want := []Step{{a, -1}, {b, -1}, {"", int(i)}, {c, -1}}
		if diff := cmp.Diff(want, Steps(p.Field)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", p.Field, diff)
		}
		for range Steps(a) { // Of any text it makes some steps, and ends.
		}
	})
}

func TestProblemsSayWhereTheyAre(t *testing.T) {
	in := Place{File: "a.yaml", Object: shop, Field: "data.x.y", Line: 3}
	own := Place{Object: shop, Field: "spec"}
	for want, p := range map[string]Problem{
		"a.yaml: API shop/products: data.x.y: line 3":               {Place: in},
		"a.yaml:12:5: API shop/products: data.x.y":                  {Place: in, Source: Source{File: "a.yaml", Line: 12, Column: 5}},
		"a.yaml:12: API shop/products: data.x.y":                    {Place: in, Source: Source{File: "a.yaml", Line: 12}},
		"a.yaml:10:5: API shop/products: data.x.y: line 3":          {Place: in, Source: Source{File: "a.yaml", Line: 10, Column: 5, Inside: true}},
		"a.yaml (standard input:12:5): API shop/products: data.x.y": {Place: in, Source: Source{File: "a.yaml", Line: 12, Column: 5, Stream: true}},
		"standard input:12:5: API shop/products: spec":              {Place: own, Source: Source{Line: 12, Column: 5, Stream: true}},
		"origin.yaml:1:1: API shop/products: spec":                  {Place: own, Source: Source{File: "origin.yaml", Line: 1, Column: 1}},
		"standard input:6": {Place: Place{File: StandardInput, Line: 6}, Source: Source{File: StandardInput, Line: 6}},
	} {
		if got := p.Where(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Where an object begins, and where a problem was found, does not make two problems of one.
func TestSortedIgnoresPositions(t *testing.T) {
	a := Problem{ID: HPAMetric, Place: Place{Begin: 2}, Source: Source{Line: 1}}
	b := Problem{ID: HPAMetric, Place: Place{Begin: 7}}
	if diff := cmp.Diff(Problems{a}, Problems{b, a}.Sorted()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProblemsAreOneLineOfPrintableText(t *testing.T) {
	for name, tc := range map[string]struct {
		p    Problem
		want string
	}{
		"plain": {
			Problem{ID: InputField, Severity: Error, Message: "unknown field", Place: Place{File: "a.yaml", Object: shop, Field: "spec.x", Line: 2}},
			"error: a.yaml: API shop/products: spec.x: line 2: unknown field [input/field]",
		},
		"without a place": {
			Problem{ID: HPAConfig, Severity: Info, Message: "is absent"},
			"info: is absent [hpa/config]",
		},
		"line breaks": {
			Problem{ID: InputValue, Severity: Warning, Message: "is \"a\nerror: forged\r\n\"", Place: Place{File: "a\n.yaml", Field: "b\u2028c\u2029\u0085"}},
			"warning: a .yaml: b\\u2028c\\u2029\\u0085: is \"a error: forged \" [input/value]",
		},
		"commands of a terminal": {
			Problem{ID: InputValue, Severity: Error, Message: "\x1b[2J\x1b]0;title\a\u009b31mred\x7f", Place: Place{Object: Object{Kind: "API", Name: "\x1b[1m"}}},
			`error: API \u001b[1m: \u001b[2J\u001b]0;title\u0007\u009b31mred\u007f [input/value]`,
		},
		"text that changes its direction": {
			Problem{ID: InputValue, Severity: Error, Message: "a\u202eb\u2066c\u200bd\ufeffe"},
			`error: a\u202eb\u2066c\u200bd\ufeffe [input/value]`,
		},
		"other languages stay": {
			Problem{ID: InputValue, Severity: Error, Message: "é 中 📦"},
			"error: é 中 📦 [input/value]",
		},
		"bytes that are no text": {
			Problem{ID: InputValue, Severity: Error, Message: "a\xffb"},
			"error: a\ufffdb [input/value]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.p.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsCollect(t *testing.T) {
	var ps Problems
	if ps.HasErrors() {
		t.Error("no problems have errors")
	}
	at := Place{Field: "f"}
	ps.Infof(InputIgnored, at, "%d left out", 1)
	ps.Warnf(InputField, at, "50%%")
	if ps.HasErrors() {
		t.Error("warnings are errors")
	}
	ps.Errorf(InputType, at, "is %q", "x")
	ps.Valuef(InputValue, at, "v", "is %s", "bad")
	ps.Add(Problem{ID: InputName, Severity: Error, Message: "more"})
	want := Problems{
		{ID: InputIgnored, Severity: Info, Place: at, Message: "1 left out"},
		{ID: InputField, Severity: Warning, Place: at, Message: "50%"},
		{ID: InputType, Severity: Error, Place: at, Message: `is "x"`},
		{ID: InputValue, Severity: Error, Place: at, Value: "v", Message: "is bad"},
		{ID: InputName, Severity: Error, Message: "more"},
	}
	if diff := cmp.Diff(want, ps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !ps.HasErrors() {
		t.Error("errors are none")
	}
}

// sorted are problems in their order, each different from the one before it by one thing only.
func sortedProblems() Problems {
	first := Problem{ID: "a/a", Severity: Error, Message: "a"}
	ps := Problems{first}
	next := func(change func(*Problem)) {
		p := ps[len(ps)-1]
		change(&p)
		ps = append(ps, p)
	}
	next(func(p *Problem) { p.Suggestion = "b" })
	next(func(p *Problem) { p.Suggestion, p.Value = "", "b" })
	next(func(p *Problem) { p.Value, p.Message = "", "b" })
	next(func(p *Problem) { p.Message, p.ID = "a", "a/b" })
	next(func(p *Problem) { p.ID, p.Place.Field = "a/a", "b" })
	next(func(p *Problem) { p.Place.Object.APIVersion = "v1" })
	next(func(p *Problem) { p.Place.Object.Name = "b" })
	next(func(p *Problem) { p.Place.Object.Namespace = "b" })
	next(func(p *Problem) { p.Place.Object.Kind = "B" })
	next(func(p *Problem) { p.Place.Index = 1 })
	next(func(p *Problem) { p.Place.Index, p.Place.File = 0, "b" })
	next(func(p *Problem) { *p = first; p.Severity = Warning })
	next(func(p *Problem) { p.Severity = Info })
	return ps
}

func TestSortedDependsOnTheContentOnly(t *testing.T) {
	want := sortedProblems()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		shuffled := append(Problems{}, want...)
		shuffled = append(shuffled, want[:5]...) // each problem is reported once
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		before := append(Problems{}, shuffled...)
		if diff := cmp.Diff(want, shuffled.Sorted()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(before, shuffled); diff != "" {
			t.Fatalf("sorting changed the problems given (-before +after):\n%s", diff)
		}
	}
	if got := Problems(nil).Sorted(); len(got) > 0 {
		t.Errorf("no problems become %v", got)
	}
}

// Problems in one text come in the order of its lines, and those of another text of the same object apart from them.
func TestSortedKeepsTheLinesOfOneTextTogether(t *testing.T) {
	at := func(field string, line int32) Problem {
		return Problem{ID: HPAMetric, Severity: Error, Place: Place{Object: shop, Field: field, Line: line}}
	}
	want := Problems{
		at("data.behavior.scaleUp", 1), at("data.behavior.scaleDown", 2),
		at("data.metrics[0].b", 1), at("data.metrics[1].a", 3), at("data.metrics[10].a", 20),
		at(`data["swagger.yaml"].b`, 2), at(`data["swagger.yaml"].a`, 9),
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		shuffled := append(Problems{}, want...)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, shuffled.Sorted()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

func TestParseMode(t *testing.T) {
	for in, want := range map[string]Mode{
		"": "", "privateJet": PrivateJet, "PRIVATEJET": PrivateJet, "Sidecar": Sidecar, "shared": Shared, "serverLess": Serverless,
	} {
		if got, ok := ParseMode(in); got != want || !ok {
			t.Errorf("ParseMode(%q) is %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"jet", " sidecar", "private-jet"} {
		if got, ok := ParseMode(in); got != "" || ok {
			t.Errorf("ParseMode(%q) is %q, %v", in, got, ok)
		}
	}
}

func TestRefs(t *testing.T) {
	for want, r := range map[string]Ref{"a": {Name: "a"}, "n/a": {Namespace: "n", Name: "a"}} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Nobody reads a line of a megabyte, and what made it is no text that a user wrote.
func TestLongMessagesAreCut(t *testing.T) {
	p := Problem{ID: InputValue, Severity: Error, Message: strings.Repeat("é\n", 1<<20)}
	got := p.String()
	if strings.ContainsAny(got, "\n\r") || !utf8.ValidString(got) || len(got) > 2100 {
		t.Errorf("%d bytes: %.100q", len(got), got)
	}
	if !strings.HasSuffix(got, "... [input/value]") {
		t.Errorf("it ends with %q", got[len(got)-30:])
	}
}

func TestPrintableKeepsTheMeaningOfJSON(t *testing.T) {
	for _, s := range []string{"plain", "a\tb\nc", "\x1b[2J \u009b \u202e \u200b \U000e0001 é"} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal([]byte(Printable(string(text))), &got); err != nil || got != s {
			t.Errorf("%q became %q, %v", s, got, err)
		}
		if rest := strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) || strings.ContainsRune("\n\t", r) {
				return -1
			}
			return r
		}, Printable(s)); rest != "" {
			t.Errorf("%q has %q", s, rest)
		}
	}
}

func TestLimited(t *testing.T) {
	many := func(n, size int) (ps Problems) {
		for i := range n {
			ps.Reportf(Problem{ID: InputField, Severity: []Severity{Error, Warning}[min(1, i*2/n)]}, "%d %s", i, strings.Repeat("x", size))
		}
		return ps
	}
	for name, tc := range map[string]struct {
		ps   Problems
		want int
		last string
	}{
		"few":      {many(1000, 1), 1000, "warning: 999 x [input/field]"},
		"many":     {many(1003, 1), 1001, "warning: 3 more problems are not shown; fix these first [input/limit]"},
		"long":     {many(400, 1500), 175, "error: 226 more problems are not shown; fix these first [input/limit]"},
		"too long": {many(1, 1<<20), 1, "error: 0 " + strings.Repeat("x", 1991) + "... [input/field]"},
		"none":     {},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.ps.Limited()
			if len(got) != tc.want || len(got) > 0 && got[len(got)-1].String() != tc.last {
				t.Errorf("%d problems, the last is %.200s", len(got), got[max(0, len(got)-1):])
			}
		})
	}
}
