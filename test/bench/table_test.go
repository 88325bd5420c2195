package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/bench/input"
)

// measured makes a cell of one run.
func measured(program string, set input.Set, cpu, wall time.Duration, mebibytes int64) *cell {
	return &cell{program: program, set: set, runs: []usage{{CPU: cpu, Wall: wall, Memory: mebibytes << 20}}}
}

func TestPage(t *testing.T) {
	const ms = time.Millisecond
	r := results{
		cores:    2,
		versions: []string{"helm v3", "kyaml v0"},
		cells: []*cell{
			measured(render, one, 41*ms, 30*ms, 21),
			measured(helm, one, 190*ms, 200*ms, 60),
			measured(render, thousand, 1049*ms, 600*ms, 70),
			measured(helm, thousand, 2100*ms, 2000*ms, 123),
			{program: identity, set: thousand, err: errLimit, last: 90 * time.Second},
			{program: "broken", set: thousand, err: errors.New("exit code 1")},
			measured(render, tenThousand, 12345*ms, 6*time.Second, 200),
			measured(nodes, thousandBig, 5*time.Second, 5*time.Second, 90),
			measured(render, thousandBig, 6*time.Second, 3*time.Second, 95),
		},
	}
	p := plan{small: []int{1, 1000, 10000}, big: 1000, budget: 10 * time.Second, limit: 90 * time.Second, most: 15}
	some := []bar{bars[0], bars[2], bars[3], bars[4], bars[5], bars[7]}
	verdicts := judge(some, r)
	want := "Measured by `go run ./test/bench compare -sizes 1,1000,10000 -big 1000 -runs 15 -budget 10s -limit 1m30s` on " +
		runtime.GOOS + "/" + runtime.GOARCH + " with 2 cores, " + runtime.Version() + ". helm v3, kyaml v0. Medians of up to 15 runs.\n" + `
### CPU seconds (and as a multiple of ` + render + `), documents of 30 lines

| | 1 API | 1,000 APIs | 10,000 APIs |
| --- | --- | --- | --- |
| ` + render + ` | 0.041 (1.0) | 1.05 (1.0) | 12 (1.0) |
| ` + helm + ` | 0.19 (4.6) | 2.10 (2.0) |  |
| ` + identity + ` |  | over 90 s |  |
| broken |  | failed |  |

### How CPU grows with the number of APIs

| | 1 to 1,000 APIs | 1,000 to 10,000 APIs |
| --- | --- | --- |
| number of APIs | 1000 | 10 |
| ` + render + ` | 25.6 | 11.8 |
| ` + helm + ` | 11.1 |  |

### Seconds by the clock, documents of 30 lines

| | 1 API | 1,000 APIs | 10,000 APIs |
| --- | --- | --- | --- |
| ` + render + ` | 0.030 | 0.60 | 6.00 |
| ` + helm + ` | 0.20 | 2.00 |  |
| ` + identity + ` |  | over 90 s |  |
| broken |  | failed |  |

### Memory in MiB, documents of 30 lines

| | 1 API | 1,000 APIs | 10,000 APIs |
| --- | --- | --- | --- |
| ` + render + ` | 21 | 70 | 200 |
| ` + helm + ` | 60 | 123 |  |
| ` + identity + ` |  | over 90 s |  |
| broken |  | failed |  |

### CPU seconds (and as a multiple of ` + render + `), seconds by the clock, MiB, documents of 1,600 lines

| | 1,000 APIs |
| --- | --- |
| ` + nodes + ` | 5.00 (0.8), 5.00, 90 |
| ` + render + ` | 6.00 (1.0), 3.00, 95 |

### Bars

| | at most | measured | |
| --- | --- | --- | --- |
| CPU of ` + render + ` to that of helm, 1 API | 0.5 | 0.22 | met |
| CPU of ` + render + ` to that of helm, 1,000 APIs | 0.5 | 0.50 | met |
| CPU of ` + render + ` to that of the kyaml identity function on the inputs, 1,000 APIs | 1 | - | not measured |
| memory of ` + render + `, 1,000 APIs | 64 MiB | 70.00 MiB | not met |
| CPU of ` + render + `, 10,000 APIs to 1,000 | 11 | 11.77 | not met |
| CPU of ` + render + ` to that of parsing the documents, 1,000 APIs with 1,600 lines each | 1.3 | 1.20 | met |
`
	if diff := cmp.Diff(want, r.page(p, verdicts)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantErr := "missed bars:\nmemory of " + render + ", 1,000 APIs: 70.00 MiB; at most 64 MiB\n" +
		"CPU of " + render + ", 10,000 APIs to 1,000: 11.77; at most 11"
	if err := missed(verdicts); err == nil || err.Error() != wantErr {
		t.Errorf("missed bars: got %v\nwant %s", err, wantErr)
	}
	if err := r.failures(); err == nil || err.Error() != "broken, 1000 APIs: exit code 1" {
		t.Errorf("failures: got %v", err)
	}
}

// Every bar must compare something: a misspelled program or size would never be measured.
func TestBarsReferToWhatIsMeasured(t *testing.T) {
	r := results{cores: 2}
	for _, set := range []input.Set{one, thousand, tenThousand} {
		for _, p := range smallPrograms {
			if p.most == 0 || set.APIs <= p.most {
				r.cells = append(r.cells, measured(p.name, set, time.Second, time.Second, 1))
			}
		}
	}
	for _, p := range bigPrograms {
		r.cells = append(r.cells, measured(p.name, thousandBig, time.Second, time.Second, 1))
	}
	for _, v := range judge(bars, r) {
		if !v.done {
			t.Errorf("%s: not measured", v.bar.text)
		}
	}
	r.cores = 1
	skipped := 0
	for _, v := range judge(bars, r) {
		if !v.done {
			skipped++
		}
	}
	if skipped != 2 {
		t.Errorf("%d bars are left out on one core, want the 2 that compare cores", skipped)
	}
}

func TestWriteBetweenMarkers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("# Page\n\n"+begin+"old\n"+end+"\nMore.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := writeBetweenMarkers(file, "new\n"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want := "# Page\n\n" + begin + "new\n" + end + "\nMore.\n"; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, text := range []string{"nothing", begin, end + begin} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		err := writeBetweenMarkers(file, "new\n")
		want := file + ": add the lines <!-- make bench: begin --> and <!-- make bench: end --> around the tables"
		if err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %s", text, err, want)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("%q became %q: %v", text, got, err)
		}
	}
}

// The page of this repository must have every bar that is checked today, measured.
func TestPerformancePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), begin)
	tables, _, also := strings.Cut(rest, end)
	if !ok || !also {
		t.Fatal("docs/performance.md has no markers")
	}
	for _, b := range bars {
		_, rest, ok := strings.Cut(tables, fmt.Sprintf("\n| %s | %v%s | ", b.text, b.limit, b.unit))
		row, _, _ := strings.Cut(rest, "\n")
		if !ok || !strings.HasSuffix(row, "| met |") && !strings.HasSuffix(row, "| not met |") {
			t.Errorf("docs/performance.md does not tell whether the bar %q is met: %q; run make bench", b.text, row)
		}
	}
}
