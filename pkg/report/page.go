package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // of the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/picture"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// pages returns the template. It is parsed on first use, so that other commands do not pay for it.
var pages = sync.OnceValues(func() (*template.Template, error) { return template.New("page").Parse(pageText) })

// The limits of a file. Broken chains come first.
const (
	// mostDrawn is the number of links in pictures, after which chains have only their text.
	mostDrawn = 2000
	// mostTold is the number of links in texts, after which scalers are only in the table.
	mostTold = 20000
	// maxText is the maximum number of bytes of a text.
	maxText = 2000
)

// page is what the template shows.
type page struct {
	Title, Policy string
	Style         template.CSS
	Verdict       string
	Counts        []count
	// Unjudged are the reasons why metrics are not judged.
	Unjudged []count
	// Scalers are in the order of the groups.
	Scalers []*chain
	Groups  []group
	// Undrawn and Untold are the numbers of scalers without a picture, and of those that are only in the table.
	Undrawn, Untold int
	Simulations     []simulation
	// Problems are those that are shown, of Found ones.
	Problems []problem
	Found    int
}

type count struct {
	N           int
	What, Class string
}

// group has the scalers of one status.
type group struct {
	ID, Title string
	Open      bool
	Chains    []*chain
}

// chain is a scaler with its links.
type chain struct {
	// ID is that of the element, empty if the scaler is only in the table.
	ID, Name, Status, Class string
	Picture                 template.HTML
	Root                    *link
	Problems                []problem
}

type link struct {
	Role, What, At string
	Broken         bool
	Problems       []problem
	Links          []*link
}

type problem struct{ Severity, Message, Where, ID string }

type simulation struct {
	ID, Scaler string
	Sentences  []string
	Picture    template.HTML
	Table      Table
}

func newPage(r *Report) *page {
	style := picture.Style + "\n" + pageStyle
	sum := sha256.Sum256([]byte(style))
	p := &page{
		Title: text(r.Title), Style: template.CSS(style),
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
			"base-uri 'none'; form-action 'none'",
		Verdict: text(r.Summary.String()), Problems: problems(slices.Clone(r.Problems).Limited()), Found: len(r.Problems),
	}
	p.Counts = counts(r)
	for _, why := range slices.Sorted(maps.Keys(r.Summary.Reasons)) {
		p.Unjudged = append(p.Unjudged, count{N: r.Summary.Reasons[why], What: text(why)})
	}
	p.addChains(r.Chains)
	for i, s := range r.Simulations {
		id := fmt.Sprintf("simulation-%d", i+1)
		table := Table{Head: texts(s.Table.Head)}
		for _, row := range s.Table.Rows {
			table.Rows = append(table.Rows, texts(row))
		}
		p.Simulations = append(p.Simulations, simulation{
			id, text(s.Scaler), texts(s.Sentences), inline(picture.Plot(s.Chart, picture.Options{Prefix: id})), table,
		})
	}
	return p
}

// counts are the numbers of the summary.
func counts(r *Report) []count {
	of := map[model.Severity]int{}
	for _, p := range r.Problems {
		of[p.Severity]++
	}
	s := r.Summary
	return []count{
		{of[model.Error], "errors", "bad"},
		{of[model.Warning], "warnings", "warn"},
		{s.Metrics, "metrics", ""},
		{s.Proved, "metrics proved", "good"},
		{s.Broken, "metrics broken", "bad"},
		{s.NotJudged, "metrics not judged", "warn"},
	}
}

// addChains adds all scalers, and shows as many of them as a file can have.
func (p *page) addChains(roots []*check.Link) {
	p.Groups = []group{
		{ID: "broken", Title: "Broken chains", Open: true},
		{ID: "warned", Title: "Chains with warnings"},
		{ID: "sound", Title: "Chains without errors or warnings"},
	}
	inGroup := make([][]*check.Link, len(p.Groups))
	found := map[*check.Link]model.Problems{}
	for _, root := range roots {
		ps := root.Problematic()
		found[root] = ps
		i := 2
		switch {
		case ps.HasErrors():
			i = 0
		case slices.ContainsFunc(ps, func(p model.Problem) bool { return p.Severity == model.Warning }):
			i = 1
		}
		inGroup[i] = append(inGroup[i], root)
	}
	links := 0
	for i := range p.Groups {
		g := &p.Groups[i]
		for _, root := range inGroup[i] {
			c := newChain(root, found[root])
			root.Walk(func(*check.Link, int) { links++ })
			p.Scalers = append(p.Scalers, c)
			if links > mostTold {
				p.Untold++
				continue
			}
			c.ID = fmt.Sprintf("scaler-%d", len(p.Scalers))
			c.Root = newLink(root)
			if links <= mostDrawn {
				c.Picture = inline(picture.Tree(Node(root), picture.Options{Prefix: c.ID}))
			} else {
				p.Undrawn++
			}
			g.Chains = append(g.Chains, c)
		}
	}
	p.Groups = slices.DeleteFunc(p.Groups, func(g group) bool { return len(g.Chains) == 0 })
}

// newChain describes a scaler without its links.
func newChain(root *check.Link, ps model.Problems) *chain {
	c := &chain{Name: text(root.Place.Object.String()), Problems: problems(ps)}
	var parts []string
	for _, s := range []struct {
		of    model.Severity
		class string
	}{{model.Error, "bad"}, {model.Warning, "warn"}, {model.Info, ""}} {
		n := 0
		for _, p := range ps {
			if p.Severity == s.of {
				n++
			}
		}
		if n == 0 {
			continue
		}
		if c.Class == "" {
			c.Class = s.class
		}
		plural := "s"
		if n == 1 {
			plural = ""
		}
		parts = append(parts, fmt.Sprintf("%d %s%s", n, s.of, plural))
	}
	if c.Class == "" {
		c.Class = "good"
	}
	c.Status = strings.Join(parts, ", ")
	if len(parts) == 0 {
		c.Status = "no problems"
	}
	return c
}

func newLink(l *check.Link) *link {
	out := &link{Role: text(l.Role), What: text(l.What), At: text(l.Where()), Broken: l.Broken(), Problems: problems(l.Problems)}
	for _, c := range l.Links {
		out.Links = append(out.Links, newLink(c))
	}
	return out
}

func problems(ps model.Problems) []problem {
	var out []problem
	for _, p := range ps {
		out = append(out, problem{string(p.Severity), text(p.Message), text(p.Where()), string(p.ID)})
	}
	return out
}

// text returns a text as it is shown: in one line, short enough, and without characters that change how others are read.
func text(s string) string {
	return model.Printable(strings.Join(strings.Fields(model.Shorten(s, maxText)), " "))
}

func texts(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, text(s))
	}
	return out
}

// inline returns a picture for a page that has the style of all pictures. Package picture has escaped its texts.
func inline(svg []byte) template.HTML {
	return template.HTML(bytes.Replace(svg, []byte("<style>"+picture.Style+"</style>\n"), nil, 1))
}
