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
}

func (r results) cell(program string, set input.Set) *cell {
	for _, c := range r.cells {
		if c.program == program && c.set == set {
			return c
		}
	}
	return nil
}

// failures is an error that lists the programs that failed, those that took too long aside.
func (r results) failures() error {
	var all []error
	for _, c := range r.cells {
		if c.err != nil && !errors.Is(c.err, errLimit) {
			all = append(all, fmt.Errorf("%s, %d APIs: %w", c.program, c.set.APIs, c.err))
		}
	}
	return errors.Join(all...)
}

// page is what stands between the markers.
func (r results) page(p plan, verdicts []verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured by `%s` on %s/%s with %d cores, %s. %s. Medians of up to %d runs.\n",
		p.command(), runtime.GOOS, runtime.GOARCH, r.cores, runtime.Version(), strings.Join(r.versions, ", "), p.most)
	small := func(documents input.Documents) bool { return documents == input.Small }
	r.table(&b, "CPU seconds, documents of 30 lines", small, func(u usage) string { return seconds(cpu(u)) })
	r.table(&b, "Seconds by the clock, documents of 30 lines", small, func(u usage) string { return seconds(wall(u)) })
	r.table(&b, "Memory in MiB, documents of 30 lines", small, func(u usage) string { return fmt.Sprintf("%.0f", memory(u)) })
	if p.big > 0 {
		big := func(documents input.Documents) bool { return documents == input.Big }
		r.table(&b, "CPU seconds, seconds by the clock and MiB, documents of 1,600 lines", big, func(u usage) string {
			return fmt.Sprintf("%s, %s, %.0f", seconds(cpu(u)), seconds(wall(u)), memory(u))
		})
	}
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

// table writes a measure of every program, a column for every number of APIs.
func (r results) table(b *strings.Builder, title string, in func(input.Documents) bool, text func(usage) string) {
	var programs []string
	var sizes []int
	for _, c := range r.cells {
		if !in(c.set.Documents) {
			continue
		}
		if !slices.Contains(programs, c.program) {
			programs = append(programs, c.program)
		}
		if !slices.Contains(sizes, c.set.APIs) {
			sizes = append(sizes, c.set.APIs)
		}
	}
	fmt.Fprintf(b, "\n### %s\n\n| |", title)
	for _, n := range sizes {
		fmt.Fprintf(b, " %s |", apis(n))
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(sizes)) + "\n")
	for _, program := range programs {
		fmt.Fprintf(b, "| %s |", program)
		for _, n := range sizes {
			fmt.Fprintf(b, " %s |", r.entry(program, n, in, text))
		}
		b.WriteString("\n")
	}
}

// entry is one field of a table.
func (r results) entry(program string, n int, in func(input.Documents) bool, text func(usage) string) string {
	for _, c := range r.cells {
		if c.program != program || c.set.APIs != n || !in(c.set.Documents) {
			continue
		}
		switch {
		case errors.Is(c.err, errLimit):
			return fmt.Sprintf("over %.0f s", c.last.Seconds())
		case c.err != nil:
			return "failed"
		}
		return text(c.median())
	}
	return ""
}

// apis is the head of a column.
func apis(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if n == 1 {
		return text + " API"
	}
	return text + " APIs"
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

// versions gives what peers are built from.
func versions(path map[string]string) []string {
	var all []string
	for _, m := range []struct{ binary, module, name string }{
		{"helm", "helm.sh/helm/v3", "helm"},
		{"kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "kustomize"},
		{"kpt", "github.com/kptdev/kpt", "kpt"},
		{identityName, "sigs.k8s.io/kustomize/kyaml", "kyaml"},
		{"yaml-nodes", "go.yaml.in/yaml/v3", "yaml.v3"},
	} {
		info, err := buildinfo.ReadFile(path[m.binary])
		if err != nil {
			continue
		}
		for _, d := range info.Deps {
			if d.Path == m.module {
				all = append(all, m.name+" "+d.Version)
			}
		}
	}
	return all
}

// The markers of the page, between which the tables stand.
const (
	begin = "<!-- make bench: begin -->\n"
	end   = "<!-- make bench: end -->\n"
)

// writeBetweenMarkers replaces what stands between the markers of a page.
func writeBetweenMarkers(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, also := strings.Cut(rest, end)
	if !ok || !also {
		return fmt.Errorf("%s: write the lines %s and %s where the tables belong", file, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
