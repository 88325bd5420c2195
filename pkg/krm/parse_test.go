package krm

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestParse(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want string
	}{
		"a mapping":             {"a: 1\nb: [x, 2, true, null, 1.5]\n", `{"a":1,"b":["x",2,true,null,1.5]}`},
		"JSON":                  {"\n {\"a\": {\"b\": [1, 2.5, true, null, \"x\"]}}\n", `{"a":{"b":[1,2.5,true,null,"x"]}}`},
		"JSON surrogate pairs":  {`{"a": "\ud83d\udce6 \u00e9"}`, `{"a":"📦 é"}`},
		"JSON with tabs":        {"{\n\t\"a\":\t\"b\\tc\"\n}", `{"a":"b\tc"}`},
		"JSON with slashes":     {`{"a\/b": "c\/d"}`, `{"a/b":"c/d"}`},
		"JSON that is YAML":     {"{a: b, 'c': [d,]}", `{"a":"b","c":["d"]}`},
		"JSON in a YAML stream": {"--- {\"a\": 1}\n...\n", `{"a":1}`},
		"a byte order mark":     {"\ufeffa: b\n", `{"a":"b"}`},
		"one before JSON":       {"\ufeff[\"a\"]", `["a"]`},
		"aliases":               {"a: &x {k: [1]}\nb: *x\nc: [*x]\n", `{"a":{"k":[1]},"b":{"k":[1]},"c":[{"k":[1]}]}`},
		"merge keys":            {"a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3\n", `{"a":{"k":1,"l":2},"b":{"k":1,"l":3}}`},
		"a list of merges":      {"a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n", `{"a":{"k":1},"b":{"k":2,"l":2},"c":{"k":1,"l":2}}`},
		"merges in merges":      {"a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n", `{"a":{"k":1},"b":{"k":1,"l":2},"c":{"k":1,"l":2}}`},
		"a quoted merge key":    {"\"<<\": x\n", `{"\u003c\u003c":"x"}`},
		"a scalar":              {"text\n", `"text"`},
		"nothing":               {"", `null`},
		"comments":              {"# nothing\n---\n# more\n", `null`},
		"empty documents":       {"---\n---\na: b\n---\n", `{"a":"b"}`},
	} {
		t.Run(name, func(t *testing.T) {
			n, ps := Parse(tc.in, model.Place{})
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			if diff := cmp.Diff(tc.want, mustText(t, n)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseReportsWhatItRefuses(t *testing.T) {
	at := model.Place{File: "f.yaml", Line: 1}
	for name, tc := range map[string]struct{ in, want string }{
		"two documents":       {"a: b\n---\n\nc: d\n", "error: f.yaml: line 4: contains more than one YAML document; keep only one [input/syntax]"},
		"a bracket":           {"a: [b\n", "error: f.yaml: line 1: is not valid YAML: did not find expected ',' or ']' [input/syntax]"},
		"a tab":               {"a:\n\tb: c\n", "error: f.yaml: line 2: is not valid YAML: found character that cannot start any token [input/syntax]"},
		"an unknown anchor":   {"a: *b\n", "error: f.yaml: is not valid YAML: unknown anchor 'b' referenced [input/syntax]"},
		"a cycle":             {"a: &a [*a]\n", "error: f.yaml: line 1: is nested deeper than 200 levels [input/limit]"},
		"a merge of a scalar": {"a: {<<: b}\n", "error: f.yaml: line 1: merges something that is not a mapping [input/syntax]"},
		"a NUL":               {"a: b\nc: \x00\n", "error: f.yaml: line 2: contains a NUL byte; save it as UTF-8 text [input/encoding]"},
		"Latin-1":             {"a: b\n\nc: \xe9\n", "error: f.yaml: line 3: is not UTF-8; save it as UTF-8 text [input/encoding]"},
		"UTF-16":              {"\xff\xfea\x00:\x00 \x00b\x00", "error: f.yaml: line 1: contains a NUL byte; save it as UTF-8 text [input/encoding]"},
		"UTF-16 without NUL":  {"\xfe\xff\x4e\x2d", "error: f.yaml: line 1: is not UTF-8; save it as UTF-8 text [input/encoding]"},
		"a surrogate":         {"a: \xed\xa0\xbd\n", "error: f.yaml: line 1: is not UTF-8; save it as UTF-8 text [input/encoding]"},
		"a bell":              {"a: \x07\n", "error: f.yaml: is not valid YAML: control characters are not allowed [input/syntax]"},
		"text after JSON":     {"{\"a\": 1}\nb", "error: f.yaml: line 1: is not valid YAML: did not find expected <document start> [input/syntax]"},
		"JSON that is cut":    {"{\"a\":\n [1,\n", "error: f.yaml: line 2: is not valid YAML: did not find expected node content [input/syntax]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := Parse(tc.in, at)
			if diff := cmp.Diff([]string{tc.want}, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseAllCountsEmptyDocuments(t *testing.T) {
	docs, ps := ParseAll("---\n# empty\n---\na: b\n---\nnull\n---\nc: d\n", model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	var got []string
	for _, d := range docs {
		got = append(got, fmt.Sprintf("%d: line %d: %s", d.Index, d.Root.Line, mustText(t, d.Root)))
	}
	if diff := cmp.Diff([]string{`1: line 4: {"a":"b"}`, `3: line 8: {"c":"d"}`}, got); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestJSONNodesHaveLines(t *testing.T) {
	n, ps := Parse("{\n \"a\": [\n  1,\n  {\"b\": \"x\"}\n ],\n \"c\": null}", model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	list := Get(n, "a")
	got := []int{n.Line, list.Line, list.Content[0].Line, list.Content[1].Line, Get(list.Content[1], "b").Line, Get(n, "c").Line}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 4, 6}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// The bounds that every hostile text must end within. They are far above what is measured, because the machine may be
// slow and busy.
const (
	hostileTime  = 90 * time.Second
	hostileBytes = 4 << 30
)

func TestHostileTextsEndInAProblem(t *testing.T) {
	const deep = 100_000
	for name, tc := range map[string]struct{ text, want string }{
		"alias bomb":         {aliasBomb(), "error: line 1: expands to more than 200000 values through aliases [input/limit]"},
		"many aliases":       {"a: &a {}\nb: [" + strings.Repeat("*a,", 300_000) + "]\n", "error: line 1: expands to more than 200000 values through aliases [input/limit]"},
		"chain of merges":    {mergeChain(5000), "error: line 1: is nested deeper than 200 levels [input/limit]"},
		"deep YAML list":     {"a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "error: line 1: is nested deeper than 200 levels [input/limit]"},
		"deeper YAML list":   {"a: " + strings.Repeat("[", deep) + strings.Repeat("]", deep), "error: is nested deeper than 200 levels [input/limit]"},
		"deep JSON":          {strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), "error: line 1: is nested deeper than 200 levels [input/limit]"},
		"deeper JSON":        {strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep), "error: line 1: is nested deeper than 200 levels [input/limit]"},
		"deep indentation":   {deepIndentation(2000), "error: line 1: is nested deeper than 200 levels [input/limit]"},
		"dashes":             {strings.Repeat("- ", deep), "error: is nested deeper than 200 levels [input/limit]"},
		"question marks":     {strings.Repeat("? ", deep), "error: is nested deeper than 200 levels [input/limit]"},
		"many anchors":       {strings.Repeat("&a ", deep), "error: is not valid YAML: did not find expected <document start> [input/syntax]"},
		"too many values":    {strings.Repeat("a: b\n", maxTokens+1), fmt.Sprintf("error: has too many values; the limit is %d [input/limit]", maxTokens)},
		"too many JSON ones": {"[" + strings.Repeat("1,", maxTokens+1) + "1]", fmt.Sprintf("error: has too many values; the limit is %d [input/limit]", maxTokens)},
		"too large":          {strings.Repeat(" ", MaxStream+1), "error: has more than 256 MiB, which is the limit [input/limit]"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func() {
				_, ps := Parse(tc.text, model.Place{})
				if diff := cmp.Diff([]string{tc.want}, lines(ps)); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestHugeTextsAreReadInTime(t *testing.T) {
	if underRace {
		t.Skip("the race detector takes 30 times as long")
	}
	const size = 100 << 20
	for name, text := range map[string]string{
		"a scalar":     "a: " + strings.Repeat("x", size),
		"a text block": "a: |\n" + strings.Repeat("  "+strings.Repeat("x", 97)+"\n", size/100),
		"comments":     strings.Repeat("# x\n", size/4) + "a: b\n",
		"blank lines":  strings.Repeat("\n", size) + "a: b\n",
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func() {
				if n, ps := Parse(text, model.Place{}); len(ps) > 0 || Text(n, "a") == "" {
					t.Errorf("problems: %v", ps)
				}
			})
		})
	}
}

// within runs f and reports if it takes too much time or memory.
func within(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	if took := time.Since(start); took > hostileTime {
		t.Errorf("took %v, more than %v", took, hostileTime)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > hostileBytes {
		t.Errorf("allocated %d MiB, more than %d MiB", used>>20, hostileBytes>>20)
	}
}

// aliasBomb stands for 9 to the power of 10 values.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("a: &a [x, x, x, x, x, x, x, x, x]\n")
	for c := 'b'; c <= 'j'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), ", "))
	}
	return b.String()
}

// mergeChain has n mappings of which each merges the one before.
func mergeChain(n int) string {
	var b strings.Builder
	b.WriteString("m0: &m0 {k: v}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "m%d: &m%d\n  <<: *m%d\n  k%d: v\n", i, i, i-1, i)
	}
	return b.String()
}

func deepIndentation(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestReadersOfNodesTakeAnything(t *testing.T) {
	n, ps := Parse("a: {b: text, n: ~, l: [x], m: {k: 5, l: [y], n: null}}\n", model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	got := []string{
		Text(n, "a", "b"), Text(n, "a", "n"), Text(n, "a", "l"), Text(n, "a"), Text(n, "a", "b", "c"), Text(n, "x", "y"), Text(nil), Text(nil, "x"),
	}
	if diff := cmp.Diff([]string{"text", "", "", "", "", "", "", ""}, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"k": "5", "n": "null"}, TextMap(n, "a", "m")); diff != "" {
		t.Errorf("map (-want +got):\n%s", diff)
	}
	if m := TextMap(n, "a", "b"); m != nil {
		t.Errorf("the map of a text is %v", m)
	}
	if !IsNull(nil) || !IsNull(Get(Get(n, "a"), "n")) || IsNull(Get(n, "a")) || IsNull(&yaml.Node{Kind: yaml.ScalarNode, Tag: fastyaml.StrTag}) {
		t.Error("null is not told from what is none")
	}
}
