package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// report writes a line for each run, the worst first, and totals. It returns an error if runs panicked or were stopped.
func report(w io.Writer, all []verdict) error {
	slices.SortStableFunc(all, func(a, b verdict) int {
		return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(sum(b.problems), sum(a.problems)), cmp.Compare(b.cpu, a.cpu))
	})
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "VERDICT\tEXIT\tCOMMAND\tCPU S\tMIB\tPATH\tPROBLEMS\tNOTE")
	for _, v := range all {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%.2f\t%d\t%s\t%s\t%s\n",
			v.state, v.exit, v.command, v.cpu.Seconds(), v.memory>>20, v.input.path, byID(v.problems), v.note())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	bad := 0
	for _, c := range commands {
		states, problems := map[string]int{}, map[string]int{}
		for _, v := range all {
			if v.command != c.name {
				continue
			}
			states[v.state.String()]++
			if v.state < failed || v.rejected != "" {
				bad++
			}
			for id, n := range v.problems {
				problems[id] += n
			}
		}
		if _, err := fmt.Fprintf(w, "\n%s: %d runs: %s\n%s\n", c.name, sum(states), byID(states), byID(problems)); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d runs panicked, were stopped at a limit, or rendered what HAProxy rejects", bad, len(all))
	}
	return nil
}

// byID lists numbers, the largest first.
func byID(numbers map[string]int) string {
	ids := slices.SortedFunc(maps.Keys(numbers), func(a, b string) int {
		return cmp.Or(cmp.Compare(numbers[b], numbers[a]), cmp.Compare(a, b))
	})
	for i, id := range ids {
		ids[i] = fmt.Sprintf("%s %d", id, numbers[id])
	}
	return strings.Join(ids, ", ")
}

func sum(numbers map[string]int) int {
	n := 0
	for _, v := range numbers {
		n += v
	}
	return n
}
