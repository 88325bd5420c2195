package atomicdir

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// contents are what processes write in turn: different numbers of files, of which one stays the same.
var contents = func() []map[string]string {
	all := make([]map[string]string, 2)
	for i, n := range []int{3, 24} {
		all[i] = map[string]string{"same.yaml": "same"}
		for j := range n {
			all[i][fmt.Sprintf("%d.yaml", j)] = fmt.Sprintf("%d of %d", j, n)
		}
	}
	return all
}()

// next changes the content to that of a round.
func next(dir string, round int) (*Change, error) {
	want := contents[round%len(contents)]
	entries, _ := os.ReadDir(dir)
	change := &Change{Names: slices.Sorted(maps.Keys(want))}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".yaml" && want[e.Name()] == "" {
			change.Remove = append(change.Remove, e.Name())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "same.yaml")); err == nil {
		change.Names = slices.DeleteFunc(change.Names, func(name string) bool { return name == "same.yaml" })
	}
	change.Write = func(put func(string, []byte) error) error {
		for _, name := range change.Names {
			if err := put(name, []byte(want[name])); err != nil {
				return err
			}
		}
		return nil
	}
	return change, nil
}

// process is one that is killed.
type process struct {
	*exec.Cmd
	stderr bytes.Buffer
	stdout io.Reader
}

// start starts a process.
func start(t *testing.T, dir string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(self)}
	p.Env, p.Stderr = append(os.Environ(), loopVariable+"="+dir), &p.stderr
	if p.stdout, err = p.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestKilled kills processes at random moments. What is in the directory is always the whole of one content, and files of the
// user stay.
func TestKilled(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "dir")
	users := map[string]string{"notes.txt": "mine", "a.d/b/c.yaml": "mine, too", "empty.txt": ""}
	for name, text := range users {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("notes.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	before := infos(t, dir)
	random := rand.New(rand.NewPCG(1, 2))
	round := 4 * time.Millisecond
	seen, left, kills := make([]int, len(contents)), 0, 0
	for rounds := 0; kills < 220; rounds++ {
		var all []*process
		for range 1 + rounds%2*7 {
			all = append(all, start(t, dir))
		}
		if _, err := all[0].stdout.Read(make([]byte, 1)); err != nil {
			t.Fatal(err, all[0].Wait(), all[0].stderr.String())
		}
		time.Sleep(time.Duration(random.Int64N(int64(round))))
		for _, p := range all {
			_ = p.Process.Kill()
			if err := p.Wait(); err == nil || p.stderr.Len() > 0 {
				t.Fatalf("%v: %s", err, p.stderr.String())
			}
			kills++
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) > 1 {
			left++
		}
		i := slices.IndexFunc(contents, func(c map[string]string) bool { return maps.Equal(c, rendered(t, dir)) })
		if i < 0 {
			t.Fatalf("after %d kills, the directory contains files of several runs: %v", kills, rendered(t, dir))
		}
		seen[i]++
		sameFiles(t, before, infos(t, dir))
	}
	if slices.Min(seen) < 5 || left < 5 {
		t.Errorf("the kills met nothing: contents %v, leftovers %d", seen, left)
	}
	if err := Update(dir, func() (*Change, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("the next run leaves %v, %v", entries, err)
	}
	sameFiles(t, before, infos(t, dir))
}

// rendered are the files at the top that are not the user's.
func rendered(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(text)
	}
	return all
}

// infos describes everything else.
func infos(t *testing.T, dir string) map[string]os.FileInfo {
	t.Helper()
	all := map[string]os.FileInfo{}
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if err != nil || name == dir || filepath.Dir(name) == dir && strings.HasSuffix(name, ".yaml") {
			return err
		}
		info, err := os.Lstat(name)
		all[strings.TrimPrefix(name, dir)] = info
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameFiles compares inodes of files, and modes and times of all but symbolic links.
func sameFiles(t *testing.T, before, after map[string]os.FileInfo) {
	t.Helper()
	describe := func(all map[string]os.FileInfo) []string {
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(all)) {
			info := all[name]
			line := name + " " + info.Mode().String()
			if info.Mode().Type() != os.ModeSymlink {
				line += " " + info.ModTime().String()
			}
			if info.Mode().IsRegular() {
				line += " " + strconv.FormatBool(os.SameFile(before[name], info))
			}
			lines = append(lines, line)
		}
		return lines
	}
	if diff := cmp.Diff(describe(before), describe(after)); diff != "" {
		t.Fatalf("files of the user changed (-before +after):\n%s", diff)
	}
}
