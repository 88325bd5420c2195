package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// TestMain lets the test binary stand in for the program, which starts itself to measure.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == measureCommand {
		main()
		return
	}
	m.Run()
}

// shell is a lab in its own directory whose programs are shell scripts.
func shell(t *testing.T) *lab {
	t.Helper()
	return &lab{ctx: t.Context(), dir: t.TempDir(), budget: time.Minute, limit: time.Minute, most: 3, progress: &bytes.Buffer{}}
}

func script(text string, want counts) func(*lab, string, input.Set) (trial, error) {
	return func(_ *lab, dir string, _ input.Set) (trial, error) {
		return trial{args: []string{"/bin/sh", "-c", text}, dir: dir, count: inDocuments, want: want}, nil
	}
}

func TestCompareRunsInTurn(t *testing.T) {
	l := shell(t)
	order := filepath.Join(l.dir, "order")
	cells, err := l.compare([]program{
		{name: "a", setUp: script("echo a >> "+order+"; echo 'kind: A'", counts{"A": 1})},
		{name: "never", least: 3, setUp: script("exit 1", nil)},
		{name: "nor", most: 1, setUp: script("exit 1", nil)},
		{name: "b", setUp: script("echo b >> "+order, counts{})},
	}, input.Set{APIs: 2}, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	// A warm-up and three runs of each.
	got, err := os.ReadFile(order)
	if want := strings.Repeat("a\nb\n", 4); err != nil || string(got) != want {
		t.Errorf("ran %q, want %q: %v", got, want, err)
	}
	for i, want := range []string{"a", "b"} {
		c := cells[i]
		if c.program != want || c.err != nil || len(c.runs) != 3 {
			t.Errorf("cell %d is %s, %d runs, %v", i, c.program, len(c.runs), c.err)
		}
		if m := c.median(); m.CPU <= 0 || m.Wall <= 0 || m.Memory <= 0 {
			t.Errorf("%s took %+v", c.program, m)
		}
	}
}

func TestALongRunIsMadeOnce(t *testing.T) {
	l := shell(t)
	l.budget = time.Millisecond
	cells, err := l.compare([]program{{name: "a", setUp: script("sleep 0.01; echo >> runs; cat runs", counts{})}}, input.Set{APIs: 1}, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cells[0].runs) != 1 {
		t.Errorf("%d runs count", len(cells[0].runs))
	}
	if got, err := os.ReadFile(filepath.Join(l.dir, "stdout")); err != nil || string(got) != "\n" {
		t.Errorf("the last run saw the files of %d runs: %v", len(got), err)
	}
}

// A program that fails, is stopped or writes less than it should must not be measured.
func TestCompareRefuses(t *testing.T) {
	l := shell(t)
	cells, err := l.compare([]program{
		{name: "fails", setUp: script("echo oh no >&2; exit 3", counts{})},
		{name: "misses", setUp: script("echo 'kind: A'", counts{"A": 1, "B": 2})},
	}, input.Set{APIs: 1}, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"sh: exit code 3: oh no\n", "sh wrote 1 A; want 1 A, 2 B"} {
		if err := cells[i].err; err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", cells[i].program, err, want)
		}
		if len(cells[i].runs) > 0 {
			t.Errorf("%s: %d runs count", cells[i].program, len(cells[i].runs))
		}
	}
}

// The limit also ends the children of a program: the shell waits for one that holds its standard output.
func TestCompareStopsWhatHangs(t *testing.T) {
	l := shell(t)
	l.limit = 200 * time.Millisecond
	cells, err := l.compare([]program{{name: "hangs", setUp: script("sleep 600 & wait", counts{})}}, input.Set{APIs: 1}, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	if c := cells[0]; !errors.Is(c.err, errLimit) || c.last < l.limit || c.last > time.Minute || len(c.runs) > 0 {
		t.Errorf("after %s: error %v, %d runs count", c.last, c.err, len(c.runs))
	}
}

// The children of a program count, and so does their memory.
func TestMeasureCountsChildren(t *testing.T) {
	dir := t.TempDir()
	r := request{
		Args: []string{"/bin/sh", "-c", "(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done) & wait; cat"}, Dir: dir,
		Stdin: filepath.Join(dir, "in"), Stdout: filepath.Join(dir, "out"), Stderr: os.DevNull, Limit: time.Minute,
	}
	if err := os.WriteFile(r.Stdin, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := measure(t.Context(), streams{in: bytes.NewReader(in), out: &out}); err != nil {
		t.Fatal(err)
	}
	var u usage
	if err := json.Unmarshal(out.Bytes(), &u); err != nil {
		t.Fatal(err)
	}
	if u.CPU < 10*time.Millisecond || u.Exit != 0 || u.Stopped {
		t.Errorf("a child that counts to 100,000 took %+v", u)
	}
	if got, err := os.ReadFile(r.Stdout); err != nil || string(got) != "text" {
		t.Errorf("standard output is %q: %v", got, err)
	}
}

func TestMedian(t *testing.T) {
	c := cell{runs: []usage{{CPU: 9, Memory: 1}, {CPU: 2, Memory: 2}, {CPU: 4, Memory: 6}}}
	if diff := cmp.Diff(usage{CPU: 4, Memory: 2}, c.median()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	c.runs = c.runs[:2]
	if got := c.median().CPU; got != 5 {
		t.Errorf("the median of 9 and 2 is %d, want the mean", got)
	}
}
