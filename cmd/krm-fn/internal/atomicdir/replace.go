package atomicdir

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// replace writes the new content beside dir, and swaps the two. Until the swap, it changes nothing, and returns errInPlace if
// it cannot keep everything that is in dir.
func replace(dir string, change *Change) (err error) {
	work, err := os.MkdirTemp(filepath.Dir(dir), prefix(dir)+"*")
	if err != nil {
		return errInPlace
	}
	empty := journal{Kept: map[string]string{}, Dropped: map[string]string{}}
	s := staging{dir: dir, content: filepath.Join(work, "new"), journal: empty}
	info, err := os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		err = os.Mkdir(s.content, 0o755)
	} else if err == nil {
		err = s.link(info, change)
	}
	if err == nil {
		err = s.write(change)
	}
	if err == nil && !fresh {
		err = s.journal.write(work)
	}
	if err == nil {
		syncDir(s.content)
		if fresh {
			err = os.Rename(s.content, dir)
		} else if swap(work, dir) != nil {
			err = errInPlace
		}
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	return finish(work, dir)
}

// prefix begins the names of the working directories of dir.
func prefix(dir string) string { return "." + filepath.Base(dir) + ".krm-fn-" }

// staging is new content while it is written.
type staging struct {
	dir, content string
	journal      journal
	skip         map[string]bool
	// device is the file system of dir.
	device string
}

// link links what does not change into the new content.
func (s *staging) link(info fs.FileInfo, change *Change) error {
	if inUse(info) {
		return errInPlace
	}
	s.skip = map[string]bool{}
	for _, names := range [][]string{change.Remove, change.Names} {
		for _, name := range names {
			s.skip[name] = true
		}
	}
	var err error
	if s.device, s.journal.Old, err = identity(s.dir); err != nil {
		return err
	}
	if err := s.linkDir("", info); err != nil {
		return err
	}
	_, s.journal.New, err = identity(s.content)
	return err
}

// inUse reports whether the directory is, or contains, the working directory. The shell of the user would be left in a
// directory that is gone.
func inUse(dir fs.FileInfo) bool {
	at, err := os.Getwd()
	for err == nil {
		if info, statErr := os.Stat(at); statErr == nil && os.SameFile(info, dir) {
			return true
		}
		if filepath.Dir(at) == at {
			return false
		}
		at = filepath.Dir(at)
	}
	return true
}

// linkDir creates a directory with the content of the existing one. If something cannot be kept, it returns errInPlace.
func (s *staging) linkDir(rel string, info fs.FileInfo) error {
	from, to := filepath.Join(s.dir, rel), filepath.Join(s.content, rel)
	entries, err := os.ReadDir(from)
	if err != nil || info.Mode()&0o700 != 0o700 || os.Mkdir(to, 0o700) != nil {
		return errInPlace
	}
	for _, e := range entries {
		name := path.Join(filepath.ToSlash(rel), e.Name())
		device, id, err := identity(filepath.Join(from, e.Name()))
		if err != nil || device != s.device {
			return errInPlace
		}
		if s.skip[name] {
			s.journal.Dropped[name] = id
			continue
		}
		s.journal.Kept[name] = id
		if err := s.linkEntry(rel, e); err != nil {
			return errInPlace
		}
	}
	at := info.ModTime()
	if copyOwner(from, to, info) != nil || os.Chmod(to, info.Mode()) != nil || os.Chtimes(to, at, at) != nil {
		return errInPlace
	}
	return nil
}

func (s *staging) linkEntry(rel string, e fs.DirEntry) error {
	from, to := filepath.Join(s.dir, rel, e.Name()), filepath.Join(s.content, rel, e.Name())
	switch e.Type() {
	case 0:
		return os.Link(from, to)
	case fs.ModeDir:
		info, err := e.Info()
		if err != nil {
			return err
		}
		return s.linkDir(filepath.Join(rel, e.Name()), info)
	case fs.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	return errInPlace
}

// write writes the new files.
func (s *staging) write(change *Change) error {
	return change.Write(func(name string, text []byte) error {
		file := filepath.Join(s.content, filepath.FromSlash(name))
		if path.Dir(name) != "." {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
		}
		return write(file, text)
	})
}

// journal identifies the old and the new directory, and every entry of the old one: those that the new one contains, too, and
// those that were replaced or removed.
type journal struct {
	Old, New      string
	Kept, Dropped map[string]string
}

func (j journal) write(work string) error {
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	// A partial journal must not be found.
	partial := filepath.Join(work, "partial")
	if err := write(partial, text); err != nil {
		return err
	}
	return os.Rename(partial, filepath.Join(work, "journal"))
}

// swap puts the new content in place of dir. If it fails, dir is as before.
func swap(work, dir string) error {
	content, old := filepath.Join(work, "new"), filepath.Join(work, "old")
	err := exchange(content, dir)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	if err := os.Rename(content, dir); err != nil {
		return errors.Join(err, os.Rename(old, dir))
	}
	return nil
}
