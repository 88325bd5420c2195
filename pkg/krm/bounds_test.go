package krm

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// endless repeats a text after a beginning, and counts what is read.
type endless struct {
	text  string
	at    int
	count int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.at]
		e.at = (e.at + 1) % len(e.text)
	}
	e.count += len(p)
	return len(p), nil
}

// lastLine returns the last line of a text with its line break, where the member or item begins that has no end.
func lastLine(text string) string {
	return text[strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n')+1:]
}

// Each stream has no end. Reading stops where it is certain that no list follows.
func TestEndlessStreamsAreRefused(t *testing.T) {
	const member = "error: standard input: line LINE: begins a member or an item of more than 8 MiB [input/limit]"
	const values = "error: standard input: has too many values; the limit is 8388608 [input/limit]"
	for name, tc := range map[string]struct {
		begin, text string
		most        int // MiB
		want        string
	}{
		"words":            {text: "y\n", most: 1, want: "error: " + noList + " [input/type]"},
		"elements":         {text: "- y\n", most: 1, want: "error: " + noList + " [input/type]"},
		"zeros":            {text: "\x00", most: 9, want: "error: standard input: line 1: contains a NUL byte; save it as UTF-8 text [input/encoding]"},
		"a line":           {text: "y", most: 9, want: member},
		"comments":         {text: "# y\n", most: 9, want: member},
		"blank lines":      {text: "\n", most: 9, want: member},
		"members":          {text: "a: b\n", most: 1, want: "error: standard input: has more than 1000 fields, which no ResourceList has [input/limit]"},
		"an item":          {begin: listHead + "items:\n- a: b\n", text: "  c: d\n", most: 9, want: member},
		"items":            {begin: listHead + "items:\n", text: "- a: b\n", most: 20, want: values},
		"a configuration":  {begin: listHead + "functionConfig:\n", text: "  a: b\n", most: 9, want: member},
		"a quoted string":  {begin: "a: \"", text: "y\n", most: 9, want: member},
		"a text of a list": {begin: listHead + "items:\n- a: |\n", text: "    y\n", most: 9, want: member},
	} {
		t.Run(name, func(t *testing.T) {
			in := &endless{text: tc.text}
			_, ps := ReadList(io.MultiReader(strings.NewReader(tc.begin), in))
			want := strings.ReplaceAll(tc.want, "LINE", strconv.Itoa(1+strings.Count(strings.TrimSuffix(tc.begin, lastLine(tc.begin)), "\n")))
			if diff := cmp.Diff([]string{want}, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if in.count > tc.most<<20 {
				t.Errorf("%d bytes are read", in.count)
			}
		})
	}
}

func TestAFieldTwice(t *testing.T) {
	for text, want := range map[string]string{
		listHead + "items:\n- kind: A\nitems:\n- kind: B\n":                                    "error: standard input:5:1: ResourceList: items: appears more than once; remove one of them [input/duplicate]",
		listHead + "functionConfig: {kind: A}\nfunctionConfig: {kind: B}\n":                    "error: standard input:4:1: ResourceList: functionConfig: appears more than once; remove one of them [input/duplicate]",
		`{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[],"items":[]}`: "error: standard input:1:74: ResourceList: items: appears more than once; remove one of them [input/duplicate]",
	} {
		_, ps := ReadList(strings.NewReader(text))
		if diff := cmp.Diff([]string{want}, lines(ps)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestObjectsInJSONNeedNoSeparator(t *testing.T) {
	text := "{\"apiVersion\": \"v1\", \"kind\": \"A\"}\n{\"apiVersion\": \"v1\", \"kind\": \"B\"} null {\"apiVersion\": \"v1\",\n\"kind\": \"C\"}"
	p, ps := ReadStream(strings.NewReader(text), "-")
	if len(ps) > 0 || len(p.Items) != 3 || p.Items[2].Place.Object.Kind != "C" || p.Items[2].Place.Index != 3 || p.Items[1].Place.Begin != 2 {
		t.Errorf("items %v, problems %v", p.Items, ps)
	}
	if _, ps := Parse("{} {}", standardInput); !strings.Contains(ps[0].Message, "more than one") {
		t.Errorf("problems are %v", ps)
	}
	if _, ps := ParseAll("{} {", standardInput); !ps.HasErrors() {
		t.Error("half an object is no error")
	}
}
