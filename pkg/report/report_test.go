package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/picture"
)

var update = flag.Bool("update", false, "write the expected files")

// problemAt is a problem of a severity about an object.
func problemAt(s model.Severity, name string) model.Problem {
	return model.Problem{
		ID: model.ScrapePort, Severity: s, Message: `"http" is the name of the container port; use "web"`,
		Place:  model.Place{Object: model.Object{Kind: "ServiceMonitor", Namespace: "shop", Name: name}, File: "a.yaml", Field: "spec.endpoints[0].port"},
		Source: model.Source{File: "a.yaml", Line: 49, Column: 5},
	}
}

// chainOf returns the chain of a scaler whose monitor has problems.
func chainOf(name string, ps ...model.Problem) *check.Link {
	at := model.Place{Object: model.Object{Kind: "HorizontalPodAutoscaler", Namespace: "shop", Name: name}, File: "a.yaml"}
	return &check.Link{
		Role: "scaler", What: at.Object.String() + ", 2 to 10 replicas", Place: at, Source: model.Source{File: "a.yaml", Line: 3},
		Links: []*check.Link{
			{Role: "target", What: "Deployment shop/" + name},
			{
				Role: "metric", What: "Pods orders_per_second at 5 a pod", Place: at.Child("spec").Child("metrics").Item(0),
				Links: []*check.Link{{Role: "monitor", What: "none in the input", Problems: ps}},
			},
		},
	}
}

func write(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// body returns a page without its head.
func body(page string) string {
	_, rest, _ := strings.Cut(page, "\n<body>")
	return "<body>" + strings.TrimSuffix(rest, "</html>\n")
}

func small() *Report {
	bad, risky := problemAt(model.Error, "orders"), problemAt(model.Warning, "web")
	return &Report{
		Title: "Shop & Söhne",
		Summary: check.Summary{
			Objects: 9, Scalers: 3, Metrics: 3, Proved: 1, Broken: 1, NotJudged: 1, Reasons: map[string]int{"no adapter rules in the input": 1},
		},
		Problems: model.Problems{bad, risky},
		Chains:   []*check.Link{chainOf("sound"), chainOf("web", risky, problemAt(model.Info, "web")), chainOf("orders", bad)},
		Simulations: []Simulation{{
			Scaler: "HorizontalPodAutoscaler shop/orders", Sentences: []string{"It reaches 10 replicas, its maximum, after 6m."},
			Chart: picture.Chart{
				Title: "Replicas", Desc: "Replicas over time", End: time.Minute,
				Panels: []picture.Panel{{Title: "Replicas", Series: []picture.Series{
					{Name: "replicas", Points: []picture.Point{{Value: 2}, {At: time.Minute, Value: 10}}},
				}}},
			},
			Table: Table{Head: []string{"time", "replicas"}, Rows: [][]string{{"0s", "2"}, {"1m0s", "10"}}},
		}},
	}
}

// The pictures in it are those of package picture, whose expected files show them.
var pictures = regexp.MustCompile(`(?s)<svg.*?</svg>`)

func TestGolden(t *testing.T) {
	for name, r := range map[string]*Report{
		"small": small(),
		"empty": {Title: "Report on manifests"},
	} {
		t.Run(name, func(t *testing.T) {
			got := pictures.ReplaceAllString(body(write(t, r)), "<svg></svg>")
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s is written; review it", file)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// The policy allows the style of the page, and nothing else.
func TestPolicy(t *testing.T) {
	page := write(t, small())
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
	if got := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page); len(got) == 0 || html.UnescapeString(got[1]) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	if n := strings.Count(page, "<style"); n != 1 {
		t.Errorf("the page has %d style sheets", n)
	}
	if n := len(pictures.FindAllString(page, -1)); n != 4 {
		t.Errorf("the page has %d pictures", n)
	}
}

// wellFormed fails the test if elements of a page are not closed in their order, or two have the same ID.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids := map[string]bool{}
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			for _, a := range e.Attr {
				if a.Name.Local == "id" && ids[a.Value] {
					t.Errorf("two elements have the ID %q", a.Value)
				}
				if a.Name.Local == "id" {
					ids[a.Value] = true
				}
			}
		case xml.EndElement:
			if last := open[len(open)-1]; last != e.Name.Local {
				t.Fatalf("</%s> closes %s", e.Name.Local, last)
			}
			open = open[:len(open)-1]
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which does not exist", m[1])
		}
	}
}

func TestWellFormed(t *testing.T) { wellFormed(t, body(write(t, small()))) }

// What the input contains is text, wherever it is shown.
func TestHostileTextsAreInert(t *testing.T) {
	const evil = "</title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)> \" ' javascript:alert(1)\x00\x1b[2J\u202egnp.\u2066\n{{.}} <!-- ]]>"
	p := problemAt(model.Error, evil)
	p.Message, p.Place.File, p.Place.Field, p.Source.File = evil, evil, evil, evil
	chain := chainOf(evil, p)
	chain.Role, chain.Place.File, chain.Source.File = evil, evil, evil
	r := small()
	r.Title, r.Problems, r.Chains, r.Summary.Reasons = evil, model.Problems{p}, append(r.Chains, chain), map[string]int{evil: 1}
	s := &r.Simulations[0]
	s.Scaler, s.Sentences, s.Table = evil, []string{evil}, Table{Head: []string{evil}, Rows: [][]string{{evil}}}
	s.Chart.Title, s.Chart.Desc, s.Chart.Panels[0].Title, s.Chart.Panels[0].Series[0].Name = evil, evil, evil, evil
	page := write(t, r)
	for _, bad := range []string{"<script", "<img", "\x00", "\x1b", "\u202e", "\u2066", "<!--", " onerror=alert(1)>"} {
		if i := strings.Index(page, bad); i >= 0 {
			t.Errorf("%q is in the page: %q", bad, page[max(0, i-100):min(len(page), i+100)])
		}
	}
	if n := strings.Count(page, "<title>"); n != 1 {
		t.Errorf("the page has %d titles", n)
	}
	wellFormed(t, body(page))
}

// A file of thousands of scalers stays usable: broken chains come first, others lose their pictures, then their texts.
func TestLimits(t *testing.T) {
	const scalers = 7000
	r := &Report{Title: "many"}
	for i := range scalers {
		var ps []model.Problem
		if i%10 == 9 {
			ps = []model.Problem{problemAt(model.Error, "orders")}
		}
		r.Chains = append(r.Chains, chainOf(fmt.Sprintf("s%d", i), ps...))
	}
	for i := range 1500 {
		r.Problems.Add(problemAt(model.Error, fmt.Sprintf("s%d", i)))
	}
	page := write(t, r)
	wellFormed(t, body(page))
	if n := strings.Count(page, "<svg"); n != mostDrawn/4 {
		t.Errorf("%d pictures", n)
	}
	if n := strings.Count(page, `<th scope="row">`); n != scalers {
		t.Errorf("%d scalers are in the table", n)
	}
	for _, want := range []string{
		"<p>Chains without a picture, to keep this file small: 4500. Those with errors come first. krm-fn explain draws any of them.</p>",
		"<p>Scalers that are only in the table of all scalers: 2000. Those with errors come first. krm-fn explain shows any of them.</p>",
		`<a href="#broken">Broken chains</a> (700)`, "<dt>errors</dt><dd>1500</dd>", `<a href="#problems">All problems</a> (1500)`,
		"500 more problems are not shown; fix these first", `<a href="#sound">Chains without errors or warnings</a> (4300)`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if most := 16 << 20; len(page) > most {
		t.Errorf("%d bytes", len(page))
	}
	if first, _, _ := strings.Cut(page, `id="sound"`); strings.Count(first, "<strong class=\"status bad\">BROKEN") != 700 {
		t.Error("broken chains are not all before the others")
	}
}

func TestSameInputSameBytes(t *testing.T) {
	first := write(t, small())
	for range 3 {
		if write(t, small()) != first {
			t.Fatal("the file differs")
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrors(t *testing.T) {
	if err := small().Write(full{}); err == nil || err.Error() != "no space left" {
		t.Errorf("got %v", err)
	}
}
