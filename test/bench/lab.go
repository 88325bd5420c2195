package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/test/bench/input"
	"github.com/krm-fn/krm-fn/test/tools"
)

// A lab is what programs are measured in.
type lab struct {
	ctx context.Context
	// dir is the directory of the lab.
	dir string
	// path has the binaries by name.
	path map[string]string
	// budget is the total time of the runs of one program on one input, limit the time of one run.
	budget, limit time.Duration
	// most is how often a program is run on one input.
	most int
	// progress gets a line for every program and input.
	progress io.Writer
}

// peers are the programs that are built from modules under tools/.
var peers = []string{"helm", "kpt", "kube-score", "kustomize", identityName, "yaml-nodes"}

// build finds or builds all binaries. An empty krmFn means the one of this repository.
func (l *lab) build(krmFn string) error {
	root, err := tools.FindRoot()
	if err != nil {
		return err
	}
	l.path = map[string]string{}
	for _, name := range peers {
		if l.path[name], err = tools.Program(root, name); err != nil {
			return err
		}
	}
	if krmFn != "" {
		l.path[krmFnName], err = filepath.Abs(krmFn)
		return err
	}
	l.path[krmFnName] = filepath.Join(l.dir, "bin", krmFnName)
	cmd := exec.CommandContext(l.ctx,
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", l.path[krmFnName], "./cmd/krm-fn")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}

// request is one run of a trial. Programs see the binaries and their own home, and nothing else of the user.
func (l *lab) request(t trial, stdout string) request {
	var folders []string
	for _, path := range l.path {
		folders = append(folders, filepath.Dir(path))
	}
	slices.Sort(folders)
	env := []string{
		"PATH=" + strings.Join(append(slices.Compact(folders), os.Getenv("PATH")), string(os.PathListSeparator)),
		"HOME=" + filepath.Join(l.dir, "home"),
		"TMPDIR=" + filepath.Join(l.dir, "tmp"),
	}
	return request{
		Args: t.args, Dir: t.dir, Env: append(env, t.env...),
		Stdin: t.stdin, Stdout: stdout, Stderr: filepath.Join(l.dir, "stderr"), Limit: l.limit,
	}
}

// do runs a trial that must succeed, without measuring it.
func (l *lab) do(t trial, stdout string) error {
	_, err := l.run(t, stdout)
	return err
}

// errLimit is the error of a program that takes too long.
var errLimit = errors.New("stopped at the limit")

// run runs a trial once.
func (l *lab) run(t trial, stdout string) (usage, error) {
	r := l.request(t, stdout)
	u, err := r.measured(l.ctx)
	switch {
	case err != nil:
		return u, err
	case u.Stopped:
		return u, errLimit
	case u.Exit != t.exit:
		text, err := os.ReadFile(r.Stderr)
		return u, errors.Join(fmt.Errorf("%s: exit code %d: %.500s", filepath.Base(t.args[0]), u.Exit, text), err)
	}
	return u, nil
}

// once runs a trial on a fresh input and checks that its output is complete.
func (l *lab) once(t trial) (usage, error) {
	if t.fresh != nil {
		if err := t.fresh(); err != nil {
			return usage{}, err
		}
	}
	stdout := filepath.Join(l.dir, "stdout")
	u, err := l.run(t, stdout)
	if err != nil {
		return u, err
	}
	got, err := t.count(stdout)
	if err != nil {
		return u, err
	}
	if got.String() != t.want.String() {
		return u, fmt.Errorf("%s wrote %s; want %s", filepath.Base(t.args[0]), got, t.want)
	}
	return u, nil
}

// A cell is one program on one input.
type cell struct {
	program string
	set     input.Set
	trial   trial
	runs    []usage
	spent   time.Duration
	last    time.Duration
	// warm reports that the program ran before, so a run counts.
	warm bool
	// least is how many runs must count, however long they take.
	least int
	err   error
}

// compare measures programs on a set, in turn, until each has used its time or has run often enough. Runs that were kept
// count. The error is one that ends the whole comparison; that of one program is in its cell.
func (l *lab) compare(programs []program, set input.Set, k *kept) ([]*cell, error) {
	dir, err := os.MkdirTemp(l.dir, "set-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cells, err := l.setUp(programs, set, k, dir)
	if err != nil {
		return nil, err
	}
	for ran := true; ran; {
		ran = false
		for _, c := range cells {
			if !l.wants(c) {
				continue
			}
			ran = true
			l.add(c)
			if err := l.ctx.Err(); err != nil {
				return nil, err
			}
			if err := k.keep(set, cells, false); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range cells {
		fmt.Fprintf(l.progress, "%s, %s documents: %s: %s\n", apis(set.APIs), set.Documents, c.program, c.summary())
	}
	return cells, k.keep(set, cells, true)
}

// setUp writes the inputs of programs below dir.
func (l *lab) setUp(programs []program, set input.Set, k *kept, dir string) ([]*cell, error) {
	before, _ := k.cells(set)
	var cells []*cell
	for i, p := range programs {
		if set.APIs < p.least || p.most > 0 && set.APIs > p.most {
			continue
		}
		folder := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return nil, err
		}
		c := &cell{program: p.name, set: set}
		if i := slices.IndexFunc(before, func(c *cell) bool { return c.program == p.name }); i >= 0 {
			c = before[i]
		}
		c.least = 1
		if slices.Contains(judged, p.name) {
			c.least = min(leastJudged, l.most)
		}
		var err error
		if c.trial, err = p.setUp(l, folder, set); err != nil {
			return nil, fmt.Errorf("%s, %d APIs: %w", p.name, set.APIs, err)
		}
		cells = append(cells, c)
	}
	return cells, nil
}

// wants reports whether a cell must run again.
func (l *lab) wants(c *cell) bool {
	return c.err == nil && (len(c.runs) < c.least || len(c.runs) < l.most && c.spent+c.last <= l.budget)
}

// add runs a cell. The first run warms up the caches and does not count, unless it takes so long that a second one would
// take the time of all others.
func (l *lab) add(c *cell) {
	u, err := l.once(c.trial)
	c.last = u.Wall
	if err != nil {
		c.err = err
		return
	}
	if !c.warm && u.Wall < l.budget/2 {
		c.warm = true
		return
	}
	c.warm = true
	c.spent += u.Wall
	c.runs = append(c.runs, u)
}

// failed reports that the program failed, not only that it took too long.
func (c *cell) failed() bool { return c.err != nil && !errors.Is(c.err, errLimit) }

func (c *cell) summary() string {
	if c.err != nil {
		return c.err.Error()
	}
	m := c.median()
	return fmt.Sprintf("%.3f s CPU, %.3f s by the clock, %.0f MiB, %d runs",
		m.CPU.Seconds(), m.Wall.Seconds(), mebibytes(m.Memory), len(c.runs))
}

// median returns the median of each measure.
func (c *cell) median() usage {
	return usage{
		CPU:    middle(c.runs, func(u usage) time.Duration { return u.CPU }),
		Wall:   middle(c.runs, func(u usage) time.Duration { return u.Wall }),
		Memory: middle(c.runs, func(u usage) int64 { return u.Memory }),
	}
}

// middle returns the median of a measure; of an even number of runs the mean of the two in the middle.
func middle[T ~int64](runs []usage, of func(usage) T) T {
	var all []T
	for _, u := range runs {
		all = append(all, of(u))
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
