// Package atomicdir changes files of a directory all at once. Programs that read the directory see all changes or none, even if
// the process is killed. The names and texts of files flow in. The package knows nothing about Kubernetes, and imports no other
// package of this module.
//
// It writes the new content to a directory beside the old one, and swaps the two. Files that do not change are hard links, so
// they keep their inodes. A working directory .NAME.krm-fn-* next to the directory NAME contains:
//
//	new      the new content; after an exchange, the old one
//	old      the old content, on systems that cannot exchange two directories
//	journal  what is in the old content; it is written before the swap
//
// Runs wait for each other. So every working directory that a run finds is from a run that was stopped, and it completes what
// that run began, or removes it.
package atomicdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Change is a change of a directory. Its names are relative to the directory, with slashes.
type Change struct {
	// Remove are names of existing files to remove.
	Remove []string
	// Names are the names of the files that Write writes. Existing files are replaced.
	Names []string
	// Write calls put for each of the files.
	Write func(put func(name string, text []byte) error) error
}

// errInPlace is the reason to write files one by one: the directory cannot be swapped.
var errInPlace = errors.New("the directory cannot be replaced as a whole")

// Update changes dir, and creates it if it does not exist. It calls decide while no other run changes dir. If decide returns no
// Change, Update touches nothing.
//
// A directory that cannot be swapped, such as a mount point or the working directory, is changed in place: each file is
// replaced as a whole, one after another.
func Update(dir string, decide func() (*Change, error)) (err error) {
	dir, err = resolve(dir)
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	made, err := makeAll(parent)
	defer func() {
		if err != nil {
			for _, name := range slices.Backward(made) {
				_ = os.Remove(name) // It stays if it is not empty.
			}
		}
	}()
	if err != nil {
		return err
	}
	unlock, locked, err := lock(parent)
	if err != nil {
		return err
	}
	defer unlock()
	if locked {
		if err := recoverAll(dir); err != nil {
			return err
		}
	}
	change, err := decide()
	if err != nil || change == nil {
		return err
	}
	if err = replace(dir, change); errors.Is(err, errInPlace) {
		err = inPlace(dir, change)
	}
	return err
}

// resolve returns the absolute path of dir, without a symbolic link at its end.
func resolve(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return "", &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if _, linkErr := os.Lstat(dir); linkErr == nil {
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			return "", err
		}
	}
	return filepath.Abs(dir)
}

// makeAll is os.MkdirAll, and returns the directories that did not exist.
func makeAll(dir string) (made []string, err error) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = slices.Insert(made, 0, d)
	}
	return made, os.MkdirAll(dir, 0o755)
}

// write creates a file that must not exist, and writes its data to the disk. After a crash of the machine, no file is empty.
func write(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644) // Whatever the umask is.
	}
	if err == nil && !volatile {
		err = syncData(f)
	}
	return errors.Join(err, f.Close())
}

// volatile lets tests that kill processes, not machines, do without the disk.
var volatile bool
