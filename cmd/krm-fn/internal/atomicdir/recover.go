package atomicdir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// temporary begins the name of the directory in which files are written before they are moved into place.
const temporary = ".krm-fn-tmp-"

// recoverAll completes or removes what runs left that were stopped.
func recoverAll(dir string) error {
	for _, of := range []struct {
		dir, prefix string
		finish      func(name string) error
	}{
		{filepath.Dir(dir), prefix(dir), func(name string) error { return finish(name, dir) }},
		{dir, temporary, os.RemoveAll},
	} {
		entries, err := os.ReadDir(of.dir)
		if err != nil {
			continue // What cannot be read is not changed; a directory that does not exist has no leftovers.
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), of.prefix) {
				continue
			}
			if err := of.finish(filepath.Join(of.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish empties a working directory. Without a journal, all that it contains are links, and new files that were never in use.
func finish(work, dir string) error {
	text, err := os.ReadFile(filepath.Join(work, "journal"))
	if errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(work)
	}
	var j journal
	if err := errors.Join(err, json.Unmarshal(text, &j)); err != nil {
		return fmt.Errorf("%s: %w", work, err)
	}
	content, old := filepath.Join(work, "new"), filepath.Join(work, "old")
	if is(old, j.Old) && is(content, j.New) { // Stopped between two renames.
		if err := os.Rename(content, dir); err != nil {
			return fmt.Errorf("%s contains the files of %s, from a run that was stopped: %w; "+
				"move the files back, and remove it", old, dir, err)
		}
	}
	if is(content, j.Old) {
		old = content
	}
	if _, err := os.Lstat(dir); err == nil && is(old, j.Old) {
		if err := j.settle(old, dir, ""); err != nil {
			return err
		}
	}
	return os.RemoveAll(work)
}

// is reports whether there is a directory of this identity.
func is(dir, want string) bool {
	_, id, err := identity(dir)
	return err == nil && id == want
}

// settle empties the old content. What it does not know was written there while the new content was written, and moves to dir.
func (j journal) settle(old, dir, rel string) error {
	entries, err := os.ReadDir(filepath.Join(old, rel))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		name := path.Join(filepath.ToSlash(rel), e.Name())
		from, to := filepath.Join(old, rel, e.Name()), filepath.Join(dir, rel, e.Name())
		_, id, err := identity(from)
		switch {
		case err != nil:
		case id == j.Kept[name] && e.IsDir():
			err = j.settle(old, dir, name)
		case id == j.Kept[name], id == j.Dropped[name]:
			err = os.Remove(from)
		default:
			err = j.move(name, from, to)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.Remove(filepath.Join(old, rel))
}

// move moves an entry to the new content, unless something else has its name there.
func (j journal) move(name, from, to string) error {
	_, id, err := identity(to)
	switch {
	case err == nil && id != j.Kept[name]:
		return fmt.Errorf("%s was written while krm-fn wrote %s; move it to another place, or remove it", from, to)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Rename(from, to)
}
