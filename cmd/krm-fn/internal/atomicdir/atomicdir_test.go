package atomicdir

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// put writes files below dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// tree are the files below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if d.Type()&os.ModeSocket != 0 {
			text, err = []byte("socket"), nil
		}
		all[strings.TrimPrefix(name, dir+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// change replaces a, removes b, and adds c. meanwhile is called while the new files are written.
func change(meanwhile func()) func() (*Change, error) {
	return func() (*Change, error) {
		return &Change{Names: []string{"a", "c"}, Remove: []string{"b"}, Write: func(put func(string, []byte) error) error {
			meanwhile()
			return errors.Join(put("a", []byte("new")), put("c", []byte("new")))
		}}, nil
	}
}

var (
	before = map[string]string{"a": "old", "b": "old", "notes": "mine", "sub/notes": "mine"}
	after  = map[string]string{"a": "new", "c": "new", "notes": "mine", "sub/notes": "mine"}
)

// with is a map with more entries; an empty one removes.
func with(m, more map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{m, more} {
		for k, v := range m {
			all[k] = v
			if v == "" {
				delete(all, k)
			}
		}
	}
	return all
}

func TestUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		// prepare and meanwhile change the directory before the run and during it.
		prepare, meanwhile func(t *testing.T, dir string)
		want               map[string]string
		err                string
		// inPlace reports that the directory must be the same one.
		inPlace bool
	}{
		"as a whole": {want: after},
		"the user adds, replaces, and makes directories": {
			meanwhile: func(t *testing.T, dir string) {
				t.Helper()
				put(t, dir, map[string]string{"added": "now", "replacement": "now", "new/added": "now", "sub/added": "now"})
				if err := os.Rename(filepath.Join(dir, "replacement"), filepath.Join(dir, "notes")); err != nil {
					t.Fatal(err)
				}
			},
			want: with(after, map[string]string{"added": "now", "notes": "now", "new/added": "now", "sub/added": "now"}),
		},
		"the user takes a name": {
			meanwhile: func(t *testing.T, dir string) { t.Helper(); put(t, dir, map[string]string{"c": "mine"}) },
			want:      after, err: "PARENT/.dir.krm-fn-*/new/c was written while krm-fn wrote PARENT/dir/c; move it to another place, or remove it",
		},
		"the working directory": {prepare: func(t *testing.T, dir string) { t.Helper(); t.Chdir(filepath.Join(dir, "sub")) }, want: after, inPlace: true},
		"a socket": {
			prepare: func(t *testing.T, dir string) {
				t.Helper()
				t.Chdir(dir) // The path of a socket must be short.
				l, err := net.Listen("unix", "s")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = l.Close() })
				t.Chdir("/")
			},
			want: with(after, map[string]string{"s": "socket"}), inPlace: true,
		},
		"a directory that cannot be written": {
			prepare: func(t *testing.T, dir string) {
				t.Helper()
				if err := os.Chmod(filepath.Join(dir, "sub"), 0o555); err != nil {
					t.Fatal(err)
				}
			},
			want: after, inPlace: true,
		},
		"what was written in place and stopped": {
			prepare: func(t *testing.T, dir string) { t.Helper(); put(t, dir, map[string]string{temporary + "1/0": "half"}) },
			want:    after,
		},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "dir")
			put(t, dir, before)
			if tc.prepare != nil {
				tc.prepare(t, dir)
			}
			was, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			err = Update(dir, change(func() {
				if tc.meanwhile != nil {
					tc.meanwhile(t, dir)
				}
			}))
			if got := message(err, parent); got != tc.err {
				t.Errorf("got error %s, want %s", got, tc.err)
			}
			if diff := cmp.Diff(tc.want, tree(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			is, err := os.Stat(dir)
			if err != nil || os.SameFile(was, is) != tc.inPlace {
				t.Errorf("the same directory: %v, want %v, %v", !tc.inPlace, tc.inPlace, err)
			}
			if left, err := os.ReadDir(parent); tc.err == "" && (err != nil || len(left) != 1) {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// message is the text of an error without what differs from run to run.
func message(err error, parent string) string {
	if err == nil {
		return ""
	}
	text := strings.ReplaceAll(err.Error(), parent, "PARENT")
	if i := strings.Index(text, ".krm-fn-"); i >= 0 {
		end := i + strings.IndexAny(text[i:], "/ :")
		text = text[:i] + ".krm-fn-*" + text[end:]
	}
	return text
}

// TestStoppedBetweenRenames is about systems without an exchange of directories.
func TestStoppedBetweenRenames(t *testing.T) {
	for name, tc := range map[string]struct {
		stop func(work, dir string) error
		want map[string]string
		err  string
	}{
		"before the first": {func(string, string) error { return nil }, before, ""},
		"after the first": {
			func(work, dir string) error { return os.Rename(dir, filepath.Join(work, "old")) }, after, "",
		},
		"after the second": {
			func(work, dir string) error {
				return errors.Join(os.Rename(dir, filepath.Join(work, "old")), os.Rename(filepath.Join(work, "new"), dir))
			}, after, "",
		},
		"after both, and then the user removes it": {
			func(work, dir string) error {
				return errors.Join(os.Rename(dir, filepath.Join(work, "old")), os.Rename(filepath.Join(work, "new"), dir), os.RemoveAll(dir))
			}, map[string]string{}, "",
		},
		"after the first, and then the user makes another": {
			func(work, dir string) error {
				return errors.Join(os.Rename(dir, filepath.Join(work, "old")), os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "x"), nil, 0o600))
			},
			map[string]string{"x": ""},
			"PARENT/.dir.krm-fn-*/old contains the files of PARENT/dir, from a run that was stopped: rename PARENT/.dir.krm-fn-1/new PARENT/dir: file exists; move the files back, and remove it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir, work := filepath.Join(parent, "dir"), filepath.Join(parent, ".dir.krm-fn-1")
			put(t, dir, before)
			if err := os.Mkdir(work, 0o700); err != nil {
				t.Fatal(err)
			}
			s := staging{dir: dir, content: filepath.Join(work, "new"), journal: journal{Kept: map[string]string{}, Dropped: map[string]string{}}}
			info, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			c, _ := change(func() {})()
			if err := errors.Join(s.link(info, c), s.write(c), s.journal.write(work), tc.stop(work, dir)); err != nil {
				t.Fatal(err)
			}
			err = Update(dir, func() (*Change, error) { return nil, nil })
			if got := message(err, parent); got != tc.err {
				t.Errorf("got error %s, want %s", got, tc.err)
			}
			if _, err := os.Stat(dir); len(tc.want) == 0 && os.IsNotExist(err) {
				return
			}
			if diff := cmp.Diff(tc.want, tree(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if _, err := os.Stat(work); tc.err == "" && !os.IsNotExist(err) {
				t.Errorf("the working directory stays: %v", err)
			}
		})
	}
}

func TestUpdateErrors(t *testing.T) {
	parent := t.TempDir()
	put(t, parent, map[string]string{"file": "", "dir/a": "old", ".dir.krm-fn-1/journal": "{"})
	if err := os.Symlink("nowhere", filepath.Join(parent, "dangling")); err != nil {
		t.Fatal(err)
	}
	refuse := func() (*Change, error) { return nil, errors.New("refused") }
	for dir, want := range map[string]string{
		"file":     "mkdir PARENT/file: not a directory",
		"file/x":   "mkdir PARENT/file: not a directory",
		"dangling": "lstat PARENT/nowhere: no such file or directory",
		"dir":      "PARENT/.dir.krm-fn-*: unexpected end of JSON input",
		"x/y/z":    "refused",
	} {
		if got := message(Update(filepath.Join(parent, dir), refuse), parent); got != want {
			t.Errorf("%s: got %s, want %s", dir, got, want)
		}
	}
	twice := func() (*Change, error) {
		return &Change{Write: func(put func(string, []byte) error) error { return errors.Join(put("x/a", nil), put("x/a", nil)) }}, nil
	}
	if err := Update(filepath.Join(parent, "twice"), twice); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file was written twice: %v", err)
	}
	for _, name := range []string{"x", "twice"} {
		if _, err := os.Stat(filepath.Join(parent, name)); !os.IsNotExist(err) {
			t.Errorf("%s stays: %v", name, err)
		}
	}
}

func TestWaitForAnotherRun(t *testing.T) {
	defer func(d time.Duration) { patience = d }(patience)
	parent := t.TempDir()
	unlock, locked, err := lock(parent)
	if err != nil || !locked {
		t.Fatal(locked, err)
	}
	patience = time.Millisecond
	err = Update(filepath.Join(parent, "dir"), func() (*Change, error) { return nil, errors.New("called") })
	want := fmt.Sprintf("another krm-fn has been writing to %s for 1ms; wait until it ends, or stop it", parent)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	unlock()
}
