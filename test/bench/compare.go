package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// plan is what a comparison measures.
type plan struct {
	small  []int // numbers of APIs with small documents
	big    int   // number of APIs with big documents; 0 leaves them out
	budget time.Duration
	limit  time.Duration
	most   int
	// krmFn is a binary that is measured instead of this repository's krm-fn; file is the page for the tables.
	krmFn, file string
	// resume is a file for what was measured, "" for none.
	resume string
}

// compare measures everything and writes the tables. It fails if a program fails or a bar is missed.
func compare(ctx context.Context, args []string, s streams) error {
	var p plan
	var sizes string
	flags := flag.NewFlagSet("bench compare", flag.ContinueOnError)
	flags.SetOutput(s.err)
	flags.StringVar(&sizes, "sizes", "1,100,1000,10000", "numbers of APIs with documents of 30 lines")
	flags.IntVar(&p.big, "big", 1000, "number of APIs with documents of 1,600 lines; 0 for none")
	flags.DurationVar(&p.budget, "budget", 10*time.Second,
		"how long one program is measured on one input; what takes longer runs once, or three times if a bar refers to it")
	flags.DurationVar(&p.limit, "limit", 90*time.Second, "time limit of one run")
	flags.IntVar(&p.most, "runs", 15, "how often one program is run on one input at most")
	flags.StringVar(&p.krmFn, "krm-fn", "",
		"binary to measure, for example of an older version, instead of building this one; its name must be krm-fn")
	flags.StringVar(&p.resume, "resume", "", "file for what was measured: an interrupted comparison continues with it")
	flags.StringVar(&p.file, "o", "", "page to write the tables to, between its markers, instead of standard output")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			return fmt.Errorf("-sizes: %q is not a number of APIs", size)
		}
		p.small = append(p.small, n)
	}
	r, k, err := p.measure(ctx, s)
	if err != nil {
		return err
	}
	verdicts := judge(slices.Concat(bars, simulationBars), r)
	text := r.page(p, verdicts)
	if p.file == "" {
		_, err = fmt.Fprint(s.out, text)
	} else {
		err = writeBetweenMarkers(p.file, text)
	}
	if err != nil {
		return err
	}
	return errors.Join(k.forget(), r.failures(), missed(verdicts))
}

// measure runs all programs on all inputs.
func (p plan) measure(ctx context.Context, s streams) (results, *kept, error) {
	l, err := p.lab(ctx, s)
	if err != nil {
		return results{}, nil, err
	}
	defer os.RemoveAll(l.dir)
	if err := l.build(p.krmFn); err != nil {
		return results{}, nil, err
	}
	of, err := l.identity(p)
	if err != nil {
		return results{}, nil, err
	}
	k, err := open(p.resume, of)
	if err != nil {
		return results{}, nil, err
	}
	r := results{cores: runtime.NumCPU(), versions: l.versions()}
	for _, set := range p.sets() {
		cells, done := k.cells(set)
		if !done {
			if cells, err = l.compare(programs[set.Documents], set, k); err != nil {
				return results{}, nil, err
			}
		}
		r.cells = append(r.cells, cells...)
	}
	r.simulations, err = l.simulate()
	return r, k, err
}

// sets are the inputs, in the order in which they are measured.
func (p plan) sets() []input.Set {
	var all []input.Set
	for _, n := range p.small {
		all = append(all, input.Set{APIs: n, Documents: input.Small})
	}
	if p.big > 0 {
		all = append(all, input.Set{APIs: p.big, Documents: input.Big})
	}
	return all
}

// lab makes a lab in a new directory.
func (p plan) lab(ctx context.Context, s streams) (*lab, error) {
	dir, err := os.MkdirTemp("", "krm-fn-bench-")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"bin", "home", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return nil, err
		}
	}
	return &lab{
		ctx: ctx, dir: dir, budget: p.budget, limit: p.limit, most: p.most, progress: s.err,
	}, nil
}
