package migrate

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

var update = flag.Bool("update", false, "write the expected outputs anew, and fail")

// cases are the directories of testdata, with the version of the cluster. dump is what kubectl printed; output.txt holds all files of
// the output, report.txt the report and messages.txt the problems.
var cases = map[string]string{"private-jet": "", "sidecar": "1.22", "namespaces": "1.25", "apictl": "1.24"}

// outDir is the directory that the commands of the cases name.
const outDir = "migration"

func readCase(t *testing.T, name string) []*krm.Item {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", name, "dump.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("found %v: %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	items, ps := ReadDump(bytes.NewReader(text), filepath.Base(files[0]))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	return items
}

// result is the outcome of a case.
type result struct {
	out Output
	ps  model.Problems
}

var results = map[string]result{}

// runCase runs a case once for all tests.
func runCase(t *testing.T, name string) result {
	t.Helper()
	if _, ok := results[name]; !ok {
		out, ps := Run(Input{Items: readCase(t, name), Kubernetes: cases[name], Dir: outDir})
		results[name] = result{out, ps}
	}
	return results[name]
}

func TestCases(t *testing.T) {
	folders, err := filepath.Glob("testdata/*")
	if err != nil || len(folders) != len(cases) {
		t.Fatalf("testdata has %v: %v", folders, err)
	}
	for name, version := range cases {
		t.Run(name, func(t *testing.T) {
			items := readCase(t, name)
			first := runCase(t, name)
			out, ps := first.out, first.ps
			var report strings.Builder
			if err := out.Report.WriteText(&report); err != nil {
				t.Fatal(err)
			}
			golden(t, name, "messages.txt", lines1(ps))
			golden(t, name, "report.txt", report.String())
			golden(t, name, "output.txt", archive(out.Files))
			for seed := range uint64(2) {
				shuffled := slices.Clone(items)
				rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				other, ps2 := Run(Input{Items: shuffled, Kubernetes: version, Dir: outDir})
				if diff := cmp.Diff(out, other) + cmp.Diff(ps, ps2); diff != "" {
					t.Errorf("the order of the dump matters (-first +shuffled):\n%s", diff)
				}
			}
		})
	}
}

func lines1(ps model.Problems) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func archive(files []File) string {
	var b strings.Builder
	for _, f := range files {
		b.WriteString("-- " + f.Path + " --\n")
		b.Write(f.Text)
	}
	return b.String()
}

func golden(t *testing.T, name, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", name, file)
	want, err := os.ReadFile(path)
	if *update && string(want) != got {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s was written; look at it", path)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// write writes the output of a case to a directory.
func write(t *testing.T, files []File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPackageRenders reads the package as krm-fn render does. It must give the manifests, and hold nothing that no cluster but the old
// one knows, no Secret and nothing that nobody reads.
func TestPackageRenders(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			out := runCase(t, name).out
			p, ps := krm.ReadPackage(filepath.Join(write(t, out.Files), InputsDir))
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			var in gen.Input
			for _, it := range p.Items {
				if it.Place.Object.Kind == configKind {
					in.Config = it
					continue
				}
				in.Items = append(in.Items, it)
				meta := krm.Get(it.Node(), "metadata")
				for i := 0; i < len(meta.Content); i += 2 {
					if k := meta.Content[i].Value; !slices.Contains([]string{"name", "namespace", "labels", "annotations"}, k) {
						t.Errorf("%s has metadata.%s", it.Place.Object, k)
					}
				}
				if krm.Get(it.Node(), "status") != nil || it.Annotations[lastApplied] != "" {
					t.Errorf("%s is not clean:\n%s", it.Place.Object, it.Text())
				}
			}
			result, ps := gen.Run(in)
			if ps.HasErrors() {
				t.Fatal(ps)
			}
			var got []File
			for _, it := range result.Rendered {
				got = addFile(got, ManifestsDir, it, &ps)
			}
			slices.SortFunc(got, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
			want := slices.DeleteFunc(slices.Clone(out.Files), func(f File) bool { return !strings.HasPrefix(f.Path, ManifestsDir+"/") })
			if diff := cmp.Diff(archive(want), archive(got)); diff != "" {
				t.Errorf("krm-fn render gives something else (-migrate +render):\n%s", diff)
			}
			for _, it := range result.Items {
				if o := it.Place.Object; it.Annotations[krm.LocalConfigAnnotation] == "" && it.Annotations["krm-fn.dev/owner"] == "" {
					t.Errorf("nothing reads %s", o)
				}
			}
		})
	}
}

func TestReportIsJSON(t *testing.T) {
	out := runCase(t, "private-jet").out
	text, err := json.Marshal(out.Report)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.Report, back); diff != "" {
		t.Error(diff)
	}
}
