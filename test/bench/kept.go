package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// kept is what a comparison has measured so far, in a file: an interrupted comparison continues with it.
type kept struct {
	file string
	// Of identifies what is measured: another program, plan or machine begins again.
	Of   string
	Sets []keptSet
}

// keptSet has the runs on a set; Done reports that there will be no more.
type keptSet struct {
	Set   input.Set
	Done  bool
	Cells []record
}

// A record is a cell in the file.
type record struct {
	Program string
	Runs    []usage
	// Spent is how long the runs took, Last how long the last of them did; Stopped reports that it ran into the limit.
	Spent, Last time.Duration
	Stopped     bool
}

// open reads what was kept of the same comparison. An empty file name keeps nothing.
func open(file, of string) (*kept, error) {
	fresh := &kept{file: file, Of: of}
	if file == "" {
		return fresh, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	k := &kept{file: file}
	if err := errors.Join(err, json.NewDecoder(bytes.NewReader(text)).Decode(k)); err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file to start again", file, err)
	}
	if k.Of != of {
		return fresh, nil
	}
	return k, nil
}

// cells returns what was measured on a set, and whether that is all.
func (k *kept) cells(set input.Set) (all []*cell, done bool) {
	i := k.index(set)
	if i < 0 {
		return nil, false
	}
	for _, r := range k.Sets[i].Cells {
		c := &cell{program: r.Program, set: set, runs: r.Runs, spent: r.Spent, last: r.Last, warm: len(r.Runs) > 0}
		if r.Stopped {
			c.err = errLimit
		}
		all = append(all, c)
	}
	return all, k.Sets[i].Done
}

func (k *kept) index(set input.Set) int {
	return slices.IndexFunc(k.Sets, func(s keptSet) bool { return s.Set == set })
}

// keep writes what was measured on a set so far. A program that failed is tried again the next time.
func (k *kept) keep(set input.Set, cells []*cell, done bool) error {
	if k.file == "" {
		return nil
	}
	s := keptSet{Set: set, Done: done && !slices.ContainsFunc(cells, (*cell).failed)}
	for _, c := range cells {
		if !c.failed() {
			s.Cells = append(s.Cells, record{c.program, c.runs, c.spent, c.last, errors.Is(c.err, errLimit)})
		}
	}
	if i := k.index(set); i >= 0 {
		k.Sets[i] = s
	} else {
		k.Sets = append(k.Sets, s)
	}
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(k.file), 0o755); err != nil {
		return err
	}
	// A partial file would be rejected.
	partial := k.file + ".part"
	return errors.Join(os.WriteFile(partial, text, 0o644), os.Rename(partial, k.file))
}

// forget removes the file.
func (k *kept) forget() error {
	if k.file == "" {
		return nil
	}
	if err := os.Remove(k.file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// identity returns a digest of a plan, the programs' bytes and the machine.
func (l *lab) identity(p plan) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, p.command(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, name := range slices.Sorted(maps.Keys(l.path)) {
		f, err := os.Open(l.path[name])
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, name)
		_, err = io.Copy(sum, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}
