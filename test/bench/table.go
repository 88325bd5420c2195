package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// results are all cells of a comparison, and where they were measured.
type results struct {
	cells    []*cell
	cores    int
	versions []string
	simulations
}

func (r results) cell(program string, set input.Set) *cell {
	for _, c := range r.cells {
		if c.program == program && c.set == set {
			return c
		}
	}
	return nil
}

// failures is an error that lists the programs that failed.
func (r results) failures() error {
	var all []error
	for _, c := range r.cells {
		if c.failed() {
			all = append(all, fmt.Errorf("%s, %d APIs: %w", c.program, c.set.APIs, c.err))
		}
	}
	return errors.Join(all...)
}

// page is the text between the markers.
func (r results) page(p plan, verdicts []verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured by `%s` on %s/%s with %d cores, %s. %s. Medians of up to %d runs.\n",
		p.command(), runtime.GOOS, runtime.GOARCH, r.cores, runtime.Version(), strings.Join(r.versions, ", "), p.most)
	times := func(u, of usage) string {
		if of.CPU == 0 {
			return seconds(cpu(u))
		}
		return fmt.Sprintf("%s (%.1f)", seconds(cpu(u)), cpu(u)/cpu(of))
	}
	r.table(&b, input.Small, "CPU seconds (and as a multiple of "+render+")", times)
	r.growth(&b, p.small)
	r.table(&b, input.Small, "Seconds by the clock", func(u, _ usage) string { return seconds(wall(u)) })
	r.table(&b, input.Small, "Memory in MiB", func(u, _ usage) string { return fmt.Sprintf("%.0f", memory(u)) })
	if p.big > 0 {
		title := "CPU seconds (and as a multiple of " + render + "), seconds by the clock, MiB"
		r.table(&b, input.Big, title, func(u, of usage) string {
			return fmt.Sprintf("%s, %s, %.0f", times(u, of), seconds(wall(u)), memory(u))
		})
	}
	b.WriteString(r.simulations.table())
	b.WriteString("\n### Bars\n\n| | at most | measured | |\n| --- | --- | --- | --- |\n")
	for _, v := range verdicts {
		measured := "-"
		if v.done {
			measured = fmt.Sprintf("%.2f%s", v.measured, v.bar.unit)
		}
		fmt.Fprintf(&b, "| %s | %v%s | %s | %s |\n", v.bar.text, v.bar.limit, v.bar.unit, measured, v.word())
	}
	return b.String()
}

// table writes a measure of every program, a column for every number of APIs. text gets what the program took and what
// krm-fn render took; the latter is zero if it was not measured.
func (r results) table(b *strings.Builder, documents input.Documents, title string, text func(u, of usage) string) {
	var programs []string
	var sizes []int
	for _, c := range r.cells {
		if c.set.Documents != documents {
			continue
		}
		if !slices.Contains(programs, c.program) {
			programs = append(programs, c.program)
		}
		if !slices.Contains(sizes, c.set.APIs) {
			sizes = append(sizes, c.set.APIs)
		}
	}
	fmt.Fprintf(b, "\n### %s, %s\n\n| |", title, lines[documents])
	for _, n := range sizes {
		fmt.Fprintf(b, " %s |", apis(n))
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(sizes)) + "\n")
	for _, program := range programs {
		fmt.Fprintf(b, "| %s |", program)
		for _, n := range sizes {
			fmt.Fprintf(b, " %s |", r.entry(program, input.Set{APIs: n, Documents: documents}, text))
		}
		b.WriteString("\n")
	}
}

// growth writes how CPU grows from one number of APIs to the next: as their number does, if the cost of each stays the same.
func (r results) growth(b *strings.Builder, sizes []int) {
	if len(sizes) < 2 {
		return
	}
	b.WriteString("\n### How CPU grows with the number of APIs\n\n| |")
	for i, n := range sizes[1:] {
		fmt.Fprintf(b, " %s to %s |", thousands(sizes[i]), apis(n))
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(sizes)-1) + "\n| number of APIs |")
	for i, n := range sizes[1:] {
		fmt.Fprintf(b, " %.0f |", float64(n)/float64(sizes[i]))
	}
	for _, p := range smallPrograms {
		var row []string
		for i, n := range sizes[1:] {
			set := func(n int) at { return at{p.name, input.Set{APIs: n, Documents: input.Small}} }
			text := ""
			if factor, ok := ratio(cpu, set(n), set(sizes[i]))(r); ok {
				text = fmt.Sprintf("%.1f", factor)
			}
			row = append(row, text)
		}
		if strings.Join(row, "") != "" {
			fmt.Fprintf(b, "\n| %s | %s |", p.name, strings.Join(row, " | "))
		}
	}
	b.WriteString("\n")
}

// lines are how titles name the documents.
var lines = map[input.Documents]string{input.Small: "documents of 30 lines", input.Big: "documents of 1,600 lines"}

// entry is one field of a table.
func (r results) entry(program string, set input.Set, text func(u, of usage) string) string {
	c := r.cell(program, set)
	switch {
	case c == nil:
		return ""
	case errors.Is(c.err, errLimit):
		return fmt.Sprintf("over %.0f s", c.last.Seconds())
	case c.err != nil:
		return "failed"
	}
	var of usage
	if base := r.cell(render, set); base != nil && base.err == nil {
		of = base.median()
	}
	return text(c.median(), of)
}

// apis is the head of a column.
func apis(n int) string {
	if n == 1 {
		return "1 API"
	}
	return thousands(n) + " APIs"
}

// thousands sets commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// seconds has two digits that count, or all before the point.
func seconds(s float64) string {
	switch {
	case s < 0.1:
		return fmt.Sprintf("%.3f", s)
	case s < 10:
		return fmt.Sprintf("%.2f", s)
	}
	return fmt.Sprintf("%.0f", s)
}

// command is the command that measures the same.
func (p plan) command() string {
	var sizes []string
	for _, n := range p.small {
		sizes = append(sizes, fmt.Sprint(n))
	}
	text := fmt.Sprintf("go run ./test/bench compare -sizes %s -big %d -runs %d -budget %s -limit %s",
		strings.Join(sizes, ","), p.big, p.most, p.budget, p.limit)
	if p.krmFn != "" {
		text += " -krm-fn FILE"
	}
	return text
}

// versions returns what peers are built from.
func (l *lab) versions() []string {
	var all []string
	for _, m := range []struct{ binary, module, name string }{
		{"helm", "helm.sh/helm/v3", "helm"},
		{"kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "kustomize"},
		{"kpt", "github.com/kptdev/kpt", "kpt"},
		{"kube-score", "github.com/zegl/kube-score", "kube-score"},
		{identityName, "sigs.k8s.io/kustomize/kyaml", "kyaml"},
		{"yaml-nodes", "go.yaml.in/yaml/v3", "yaml.v3"},
	} {
		info, err := buildinfo.ReadFile(l.path[m.binary])
		if err != nil {
			continue
		}
		for _, d := range append(info.Deps, &info.Main) {
			if d.Path == m.module {
				all = append(all, m.name+" "+d.Version)
			}
		}
	}
	return all
}

// The markers around the tables of the page.
const (
	begin = "<!-- make bench: begin -->\n"
	end   = "<!-- make bench: end -->\n"
)

// writeBetweenMarkers replaces the text between the markers of a page.
func writeBetweenMarkers(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, also := strings.Cut(rest, end)
	if !ok || !also {
		return fmt.Errorf("%s: add the lines %s and %s around the tables", file, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
