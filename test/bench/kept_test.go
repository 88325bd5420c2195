package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

func reopen(t *testing.T, file, of string) *kept {
	t.Helper()
	k, err := open(file, of)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// An interrupted comparison must find only what it measured.
func TestKeep(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "kept.json")
	k := reopen(t, file, "one")
	if cells, done := k.cells(one); cells != nil || done {
		t.Fatalf("nothing was measured, but there are %d cells", len(cells))
	}
	whole := []*cell{
		measured(render, one, time.Second, 2*time.Second, 3),
		{program: helm, set: one, err: errLimit, last: 90 * time.Second},
	}
	failed := []*cell{
		measured(render, thousand, time.Second, 2*time.Second, 3),
		{program: helm, set: thousand, err: errors.New("exit code 1")},
	}
	for _, err := range []error{k.keep(one, whole[:1], false), k.keep(thousand, failed, true), k.keep(one, whole, true)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	text := func(cells []*cell) []string {
		var all []string
		r := results{cells: cells}
		for _, c := range cells {
			all = append(all, c.program+" "+c.summary()+" "+r.entry(c.program, c.set, func(u, _ usage) string { return seconds(wall(u)) }))
		}
		return all
	}
	k = reopen(t, file, "one")
	got, done := k.cells(one)
	if diff := cmp.Diff(text(whole), text(got)); diff != "" || !done {
		t.Errorf("done: %t, -measured +found:\n%s", done, diff)
	}
	got, done = k.cells(thousand)
	if diff := cmp.Diff(text(failed[:1]), text(got)); diff != "" || done {
		t.Errorf("done: %t although a program failed, -measured +found:\n%s", done, diff)
	}
	if cells, _ := reopen(t, file, "another").cells(one); cells != nil {
		t.Error("what another comparison measured was found")
	}
	for range 2 {
		if err := k.forget(); err != nil {
			t.Fatal(err)
		}
	}
	if cells, _ := reopen(t, file, "one").cells(one); cells != nil {
		t.Error("what was forgotten was found")
	}
}

func TestKeepWithoutFile(t *testing.T) {
	k := reopen(t, "", "one")
	if err := errors.Join(k.keep(one, []*cell{measured(render, one, 1, 1, 1)}, true), k.forget()); err != nil {
		t.Fatal(err)
	}
}

// Only the runs that are missing are made, without warming up again.
func TestResume(t *testing.T) {
	l := shell(t)
	set := input.Set{APIs: 1}
	k := reopen(t, filepath.Join(l.dir, "kept.json"), "one")
	before := measured("a", set, time.Second, time.Second, 1)
	before.spent = time.Second
	if err := k.keep(set, []*cell{before}, false); err != nil {
		t.Fatal(err)
	}
	order := filepath.Join(l.dir, "order")
	programs := []program{
		{name: "a", setUp: script("echo a >> "+order, counts{})},
		{name: "b", setUp: script("echo b >> "+order, counts{})},
	}
	cells, err := l.compare(programs, set, k)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(order)
	if want := "a\nb\na\nb\nb\nb\n"; err != nil || string(text) != want {
		t.Errorf("ran %q, want %q: %v", text, want, err)
	}
	if n, m := len(cells[0].runs), len(cells[1].runs); n != 3 || m != 3 || cells[0].runs[0].CPU != time.Second {
		t.Errorf("%d and %d runs count", n, m)
	}
	if got, done := reopen(t, k.file, "one").cells(set); !done || len(got) != 2 {
		t.Errorf("done: %t with %d cells", done, len(got))
	}
}

func TestResumeRefusesABrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kept.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open(file, "one")
	if want := file + ": unexpected EOF; remove the file to start again"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// What is kept belongs to the programs' bytes and to the plan.
func TestIdentity(t *testing.T) {
	l := shell(t)
	file := filepath.Join(l.dir, krmFnName)
	l.path = map[string]string{krmFnName: file}
	identity := func(text string, p plan) string {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		id, err := l.identity(p)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := identity("a", plan{big: 1})
	if identity("a", plan{big: 1}) != first {
		t.Error("the same programs and plan have two identities")
	}
	if identity("b", plan{big: 1}) == first {
		t.Error("another program has the same identity")
	}
	if identity("a", plan{big: 2}) == first {
		t.Error("another plan has the same identity")
	}
}

// The order of the inputs is that of the columns.
func TestSets(t *testing.T) {
	want := []input.Set{one, thousand, {APIs: 5, Documents: input.Big}}
	if diff := cmp.Diff(want, (plan{small: []int{1, 1000}, big: 5}).sets()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := (plan{small: []int{1}}).sets(); len(got) != 1 {
		t.Errorf("without big documents there are %v", got)
	}
}
