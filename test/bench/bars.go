package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// A bar is a limit for krm-fn: of a ratio of two measurements in the same minute, or of an amount of memory.
type bar struct {
	text  string
	limit float64
	unit  string
	// value returns what is compared with the limit; false if this comparison did not measure it.
	value func(r results) (float64, bool)
}

// A verdict is a bar and what was measured.
type verdict struct {
	bar      bar
	measured float64
	// done is false if it was not measured.
	done bool
}

func (v verdict) passed() bool { return !v.done || v.measured <= v.bar.limit }

// word returns the text for the table.
func (v verdict) word() string {
	switch {
	case !v.done:
		return "not measured"
	case v.passed():
		return "met"
	}
	return "not met"
}

// The inputs that bars refer to.
var (
	one         = input.Set{APIs: 1, Documents: input.Small}
	thousand    = input.Set{APIs: 1000, Documents: input.Small}
	tenThousand = input.Set{APIs: 10000, Documents: input.Small}
	thousandBig = input.Set{APIs: 1000, Documents: input.Big}
)

// bars contains two of each kind, for the command and for the function, and one for the checks.
var bars = func() []bar {
	var all []bar
	for _, p := range []struct{ name, oneCore string }{{render, render1}, {fn, fn1}} {
		all = append(all,
			bar{"CPU of " + p.name + " to that of helm, 1 API", 0.5, "", ratio(cpu, at{p.name, one}, at{helm, one})},
			bar{
				"CPU of " + p.name + " to that of the kyaml identity function, 1 API", 1.5, "",
				ratio(cpu, at{p.name, one}, at{identity, one}),
			},
			bar{"CPU of " + p.name + " to that of helm, 1,000 APIs", 0.5, "", ratio(cpu, at{p.name, thousand}, at{helm, thousand})},
			bar{
				"CPU of " + p.name + " to that of the kyaml identity function on the inputs, 1,000 APIs", 1, "",
				ratio(cpu, at{p.name, thousand}, at{identity, thousand}),
			},
			bar{"memory of " + p.name + ", 1,000 APIs", 64, " MiB", amount(memory, at{p.name, thousand})},
			bar{"CPU of " + p.name + ", 10,000 APIs to 1,000", 11, "", ratio(cpu, at{p.name, tenThousand}, at{p.name, thousand})},
			bar{"memory of " + p.name + ", 10,000 APIs", 256, " MiB", amount(memory, at{p.name, tenThousand})},
			bar{
				"CPU of " + p.name + " to that of parsing the documents, 1,000 APIs with 1,600 lines each", 1.3, "",
				ratio(cpu, at{p.name, thousandBig}, at{nodes, thousandBig}),
			},
			bar{
				"time of " + p.name + " on all cores to that on one, 1,000 APIs with 1,600 lines each", 0.75, "",
				severalCores(ratio(wall, at{p.name, thousandBig}, at{p.oneCore, thousandBig})),
			},
		)
	}
	growth := ratio(cpu, at{check, tenThousand}, at{check, thousand})
	return append(all, bar{"CPU of " + check + ", 10,000 APIs to 1,000", 11, "", growth})
}()

// judged are the programs that bars refer to. Each of them has at least leastJudged runs.
var judged = []string{render, fn, check, render1, fn1, helm, identity, nodes}

const leastJudged = 3

// at names a cell.
type at struct {
	program string
	set     input.Set
}

func cpu(u usage) float64    { return u.CPU.Seconds() }
func wall(u usage) float64   { return u.Wall.Seconds() }
func memory(u usage) float64 { return mebibytes(u.Memory) }

// ratio returns the quotient of two measures.
func ratio(of func(usage) float64, a, b at) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		x, ok := amount(of, a)(r)
		y, also := amount(of, b)(r)
		if !ok || !also {
			return 0, false
		}
		return x / y, true
	}
}

// amount returns a measure of a cell. Some systems do not report the memory.
func amount(of func(usage) float64, a at) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		c := r.cell(a.program, a.set)
		if c == nil || c.err != nil {
			return 0, false
		}
		v := of(c.median())
		return v, v > 0
	}
}

// severalCores omits a bar on a machine with one core.
func severalCores(value func(results) (float64, bool)) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		if r.cores < 2 {
			return 0, false
		}
		return value(r)
	}
}

// judge compares what was measured with the bars.
func judge(bars []bar, r results) []verdict {
	var all []verdict
	for _, b := range bars {
		v, ok := b.value(r)
		all = append(all, verdict{bar: b, measured: v, done: ok})
	}
	return all
}

// missed is an error that lists the bars that were missed.
func missed(all []verdict) error {
	var lines []string
	for _, v := range all {
		if !v.passed() {
			b := v.bar
			lines = append(lines, fmt.Sprintf("%s: %.2f%s; at most %v%s", b.text, v.measured, b.unit, b.limit, b.unit))
		}
	}
	if lines == nil {
		return nil
	}
	return errors.New("missed bars:\n" + strings.Join(lines, "\n"))
}
