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

// kept is what a comparison has measured so far, in a file: one that was interrupted goes on from there.
type kept struct {
	file string
	// Of identifies what is measured: another program, plan or machine begins anew.
	Of    string
	Cells []record
}

// A record is a cell in the file.
type record struct {
	Program string
	Set     input.Set
	Runs    []usage
	// Last is how long the last run took; Stopped tells that it ran into the limit.
	Last    time.Duration
	Stopped bool
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
		return nil, fmt.Errorf("%s: %w; remove the file to begin anew", file, err)
	}
	if k.Of != of {
		return fresh, nil
	}
	return k, nil
}

// cells gives the cells of a set; none if it was not measured.
func (k *kept) cells(set input.Set) []*cell {
	var all []*cell
	for _, r := range k.Cells {
		if r.Set != set {
			continue
		}
		c := &cell{program: r.Program, set: set, runs: r.Runs, last: r.Last}
		if r.Stopped {
			c.err = errLimit
		}
		all = append(all, c)
	}
	return all
}

// add keeps the cells of a set, unless a program failed on it: that is tried again.
func (k *kept) add(cells []*cell) error {
	if k.file == "" || slices.ContainsFunc(cells, (*cell).failed) {
		return nil
	}
	for _, c := range cells {
		k.Cells = append(k.Cells, record{c.program, c.set, c.runs, c.last, errors.Is(c.err, errLimit)})
	}
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(k.file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(k.file, text, 0o644)
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

// identity gives a digest of a plan, the programs' bytes and the machine.
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
