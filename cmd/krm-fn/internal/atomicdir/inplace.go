package atomicdir

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

// inPlace replaces files of dir one by one. It renames nothing before all are written, so a failure leaves dir unchanged.
func inPlace(dir string, change *Change) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, temporary+"*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	var names []string
	file := func(i int) string { return filepath.Join(work, strconv.Itoa(i)) }
	err = change.Write(func(name string, text []byte) error {
		names = append(names, name)
		return write(file(len(names)-1), text)
	})
	if err != nil {
		return err
	}
	syncDir(work)
	for i, name := range names {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(file(i), to)); err != nil {
			return err
		}
	}
	for _, name := range change.Remove {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}
