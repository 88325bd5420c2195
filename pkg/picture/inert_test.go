package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// elements are all that a picture can have, with their attributes.
var elements = map[string][]string{
	"svg":   {"xmlns", "class", "width", "height", "viewBox", "role", "aria-labelledby"},
	"title": {"id"}, "desc": {"id"}, "style": {},
	"rect":    {"class", "x", "y", "width", "height", "rx", "fill"},
	"text":    {"class", "x", "y", "text-anchor"},
	"path":    {"class", "d"},
	"pattern": {"id", "width", "height", "patternUnits"},
}

// geometry is all that an attribute with numbers can contain.
var geometry = regexp.MustCompile(`^[MLHVlhmv0-9. -]+$`)

// inert fails unless a text is XML without anything that runs, loads, or leads anywhere, and whose numbers are finite.
func inert(t *testing.T, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	ids, style := map[string]bool{}, false
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			allowed, ok := elements[e.Name.Local]
			if !ok || (depth == 1) != (e.Name.Local == "svg") {
				t.Fatalf("element %s in\n%s", e.Name.Local, text)
			}
			style = e.Name.Local == "style"
			for _, a := range e.Attr {
				name := a.Name.Local
				if !slices.Contains(allowed, name) {
					t.Fatalf("attribute %s of %s", name, e.Name.Local)
				}
				switch {
				case name == "id" && ids[a.Value]:
					t.Fatalf("ID %s appears twice", a.Value)
				case name == "id":
					ids[a.Value] = true
				case name == "fill" && !ids[strings.TrimSuffix(strings.TrimPrefix(a.Value, "url(#"), ")")]:
					t.Fatalf("no pattern %s", a.Value)
				case slices.Contains([]string{"x", "y", "width", "height", "d"}, name) && !geometry.MatchString(a.Value):
					t.Fatalf("%s=%q", name, a.Value)
				}
			}
		case xml.EndElement:
			depth--
			style = false
		case xml.CharData:
			if style && string(e) != Style {
				t.Fatalf("style %s", e)
			}
			for _, r := range string(e) {
				if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Fatalf("%q in %q", r, e)
				}
			}
		default:
			t.Fatalf("%T", e)
		}
	}
}

var hostile = []string{
	"<script>alert(1)</script>", `" onload="alert(1)`, "</text><a href='javascript:alert(1)'>", "]]>", "<![CDATA[", "&amp;&lt;&#0;",
	"a\x00b\x1b[31m", "\u202egnp.exe", "\xff\xfe", "\ufffe\uffff", strings.Repeat("x", 100_000), strings.Repeat("日本", 3000), "", " \n\t ",
}

func FuzzTree(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "info", true, 3)
		f.Add("a b", s, false, 40)
	}
	f.Fuzz(func(t *testing.T, text, severity string, broken bool, depth int) {
		var n *Node
		for range min(max(depth, 0), 50) + 1 {
			leaf := &Node{Role: severity, Text: text}
			n = &Node{Role: text, Text: text, At: text, Broken: broken, Notes: []Note{{model.Severity(severity), text, text}, {model.Error, severity, ""}}, Children: []*Node{leaf, n, leaf}}
			if n.Children[1] == nil {
				n.Children = n.Children[:1]
			}
		}
		inert(t, Forest(text, []*Node{n, n}, Options{Prefix: text, Width: depth}))
	})
}

func FuzzPlot(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 5e-324}[i%6], float64(i), int64(i)*int64(time.Hour), int64(i)*1e9)
	}
	f.Add("x", 1e300, -1e-300, int64(math.MaxInt64), int64(math.MinInt64))
	f.Add("x", 1e16, 1e16+2, int64(math.MaxInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, text string, v, w float64, end, at int64) {
		p := []Point{{0, v}, {time.Duration(at), w}, {time.Duration(end / 2), math.NaN()}, {time.Duration(end), v}}
		c := Chart{Title: text, Desc: text, End: time.Duration(end), Start: time.Unix(at, 0).UTC(), Panels: []Panel{{
			Title: text, Unit: text, Series: []Series{{text, p, true, Stroke(at)}, {text, p, false, Muted}, {Name: text}},
			Lines: []Line{{text, v}, {text, w}}, Bands: []Band{{time.Duration(at), time.Duration(end), text}, {0, time.Duration(at), "b"}},
		}}}
		inert(t, Plot(c, Options{Prefix: text, Width: int(end % 3000)}))
		c.Start = time.Time{}
		if got := Plot(c, Options{}); len(got) > 50_000 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
