package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

var update = flag.Bool("update", false, "write the expected outputs anew, and fail")

// testdata is one directory a case. input.yaml is a ResourceList; output.yaml is what must come out, or results.yaml the
// results alone where the input has errors, since the items are then those of the input. messages.txt is standard
// error, and the exit code behind it.
const testdata = "testdata"

func TestGolden(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(testdata, "*", "input.yaml"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			goldenCase(t, filepath.Dir(file))
		})
	}
}

func goldenCase(t *testing.T, dir string) {
	t.Helper()
	input := read(t, filepath.Join(dir, "input.yaml"))
	first := run(t, dir, input)
	golden(t, filepath.Join(dir, "messages.txt"), first.messages())
	checkPositions(t, input, first)
	switch {
	case first.code != exitOK:
		list, items := cut(t, first.stdout)
		_, want := cut(t, input)
		if diff := cmp.Diff(want, items); list != nil && diff != "" {
			t.Errorf("items changed in spite of an error (-want +got):\n%s", diff)
		}
		golden(t, filepath.Join(dir, "results.yaml"), resultsOf(first.stdout))
	default:
		golden(t, filepath.Join(dir, "output.yaml"), first.stdout)
		again := run(t, dir, first.stdout)
		if diff := cmp.Diff(first.stdout+unplaced(first.messages()), again.stdout+unplaced(again.messages())); diff != "" {
			t.Errorf("a run on its own output changes it (-first +second):\n%s", diff)
		}
		checkPositions(t, first.stdout, again)
	}
	for seed := range uint64(3) {
		shuffled, ok := shuffle(input, seed)
		if !ok {
			return
		}
		other := run(t, dir, shuffled)
		if diff := cmp.Diff(unplaced(first.messages()), unplaced(other.messages())); diff != "" {
			t.Errorf("messages depend on the order of the items (-input +shuffled):\n%s", diff)
		}
		checkPositions(t, shuffled, other)
		if diff := cmp.Diff(sorted(t, first.stdout), sorted(t, other.stdout)); diff != "" {
			t.Errorf("output depends on the order of the items (-input +shuffled):\n%s", diff)
		}
	}
}

// outcome is all that a run shows.
type outcome struct {
	stdout, stderr string
	code           int
}

func (o outcome) messages() string { return fmt.Sprintf("%sexit code %d\n", o.stderr, o.code) }

// run runs the function on a ResourceList, in the directory dir.
func run(t *testing.T, dir, input string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), Env{Args: args, Stdin: strings.NewReader(input), Stdout: &stdout, Stderr: &stderr, Dir: dir})
	return outcome{stdout.String(), stderr.String(), code}
}

// shuffle puts the items of a ResourceList into another order. A text that is no ResourceList has none.
func shuffle(input string, seed uint64) (string, bool) {
	list, ps := krm.ReadList(strings.NewReader(input))
	if ps.HasErrors() || len(list.Items) < 2 {
		return "", false
	}
	items := slices.Clone(list.Items)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	var text bytes.Buffer
	err := list.Write(&text, items, nil)
	return text.String(), err == nil
}

// sorted is a ResourceList with its items in the order of their text, and its results.
func sorted(t *testing.T, output string) string {
	t.Helper()
	_, items := cut(t, output)
	slices.Sort(items)
	return strings.Join(items, "") + resultsOf(output)
}

// cut gives the items of a ResourceList as texts; a text that is none has no items.
func cut(t *testing.T, text string) (*krm.List, []string) {
	t.Helper()
	list, ps := krm.ReadList(strings.NewReader(text))
	if ps.HasErrors() {
		return nil, nil
	}
	var items []string
	for _, it := range list.Items {
		var one bytes.Buffer
		if err := list.Write(&one, []*krm.Item{it}, nil); err != nil {
			t.Fatal(err)
		}
		items = append(items, one.String())
	}
	return list, items
}

func resultsOf(output string) string {
	if i := strings.Index(output, "\nresults:\n"); i >= 0 {
		return output[i+1:]
	}
	return ""
}

// golden compares got with a file, or writes the file and fails.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if old, _ := os.ReadFile(file); string(old) == got {
			return
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s was written; look at it", file)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil && (got != "" || !os.IsNotExist(err)) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", filepath.Base(file), diff)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
