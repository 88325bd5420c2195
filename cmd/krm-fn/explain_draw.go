package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/picture"
	reportfile "github.com/krm-fn/krm-fn/pkg/report"
)

// drawSVG draws chains as a picture.
func drawSVG(w io.Writer, chains []*check.Link) {
	var roots []*picture.Node
	for _, l := range chains {
		roots = append(roots, reportfile.Node(l))
	}
	title := "The chain of " + roots[0].Text
	if len(roots) > 1 {
		title = fmt.Sprintf("The chains of %d scalers", len(roots))
	}
	_, _ = w.Write(picture.Forest(title, roots, picture.Options{Prefix: "chain"}))
}

// sentence is the message of a problem, with the ID by which the pages explain it.
func sentence(p model.Problem) string { return fmt.Sprintf("%s [%s]", p.Message, p.ID) }

// lines returns the text of a link, its place, and its problems, each in a line.
func lines(l *check.Link) []string {
	first := l.Role + ": " + oneLine(l.What)
	if l.Broken() {
		first = "BROKEN " + first
	}
	out := []string{first}
	if at := l.Where(); at != "" {
		out = append(out, oneLine(at))
	}
	for _, p := range l.Problems {
		out = append(out, fmt.Sprintf("%s: %s", p.Severity, oneLine(sentence(p))), oneLine(p.Where()))
	}
	return out
}

// drawMermaid draws chains for https://mermaid.js.org.
func drawMermaid(w io.Writer, chains []*check.Link) {
	_, _ = fmt.Fprintln(w, "flowchart LR")
	quote := strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br>")
	eachEdge(chains, func(id, parent int, l *check.Link) {
		_, _ = fmt.Fprintf(w, "  n%d[\"%s\"]\n", id, quote.Replace(strings.Join(lines(l), "\n")))
		edge := "-->"
		if l.Broken() {
			_, _ = fmt.Fprintf(w, "  style n%d stroke:#c00,stroke-width:3px\n", id)
			edge = "-.-x"
		}
		if parent >= 0 {
			_, _ = fmt.Fprintf(w, "  n%d %s n%d\n", parent, edge, id)
		}
	})
}

// The labels of Graphviz have lines of this many characters, so that five links beside each other fit on a page of A4 in landscape.
const dotColumns = 30

// drawDot draws chains for Graphviz. size scales them down to the width of a page, if they are wider
// (https://graphviz.org/docs/attrs/size/).
func drawDot(w io.Writer, chains []*check.Link) {
	_, _ = fmt.Fprintf(w, "digraph chain {\n  graph [rankdir=LR, size=\"11,%d\", margin=0.2, ranksep=0.3, nodesep=0.12]\n"+
		"  node [shape=box, fontname=\"Helvetica\", fontsize=10, margin=\"0.08,0.05\", height=0.2]\n"+
		"  edge [arrowsize=0.6]\n", 8*len(chains))
	eachEdge(chains, func(id, parent int, l *check.Link) {
		var label strings.Builder
		for _, line := range lines(l) {
			for _, part := range picture.Wrap(line, dotColumns) {
				quoted := fmt.Sprintf("%q", part)
				label.WriteString(quoted[1:len(quoted)-1] + `\l`)
			}
		}
		style, edge := "", ""
		if l.Broken() {
			style, edge = ", color=red, penwidth=3", " [style=dashed, color=red]"
		}
		_, _ = fmt.Fprintf(w, "  n%d [label="+`"%s"`+"%s]\n", id, &label, style)
		if parent >= 0 {
			_, _ = fmt.Fprintf(w, "  n%d -> n%d%s\n", parent, id, edge)
		}
	})
	_, _ = fmt.Fprintln(w, "}")
}

// eachEdge numbers the links and calls f for each, with the number of its parent. The parent of a root is -1.
func eachEdge(chains []*check.Link, f func(id, parent int, l *check.Link)) {
	next := 0
	for _, root := range chains {
		parents := []int{-1}
		root.Walk(func(l *check.Link, depth int) {
			parents = append(parents[:depth+1], next)
			f(next, parents[depth], l)
			next++
		})
	}
}

// jsonLink is a link in the JSON format.
type jsonLink struct {
	Role     string        `json:"role"`
	Text     string        `json:"text"`
	Broken   bool          `json:"broken"`
	Place    *jsonPlace    `json:"place,omitempty"`
	Problems []jsonProblem `json:"problems"`
	Links    []jsonLink    `json:"links"`
}

// jsonPlace is where a link is defined. Its names are those of a problem.
type jsonPlace struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
	Field      string `json:"field,omitempty"`
	File       string `json:"file,omitempty"`
	Index      int    `json:"index"`
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty"`
}

func drawJSON(w io.Writer, chains []*check.Link) {
	out := make([]jsonLink, 0, len(chains))
	for _, l := range chains {
		out = append(out, jsonLinkOf(l))
	}
	_ = encode(w, struct {
		Chains []jsonLink `json:"chains"`
	}{out})
}

func jsonLinkOf(l *check.Link) jsonLink {
	out := jsonLink{Role: l.Role, Text: l.What, Broken: l.Broken(), Problems: jsonProblems(l.Problems), Links: []jsonLink{}}
	if p := l.Place; p.Object.Name != "" || p.File != "" {
		o := p.Object
		out.Place = &jsonPlace{
			o.APIVersion, o.Kind, o.Namespace, o.Name, p.Field, p.File, p.Index, l.Source.Line, l.Source.Column,
		}
	}
	for _, c := range l.Links {
		out.Links = append(out.Links, jsonLinkOf(c))
	}
	return out
}
