//go:build unix

package atomicdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a run waits for another.
var patience = time.Minute

// lock waits until no other run changes a directory in parent. The system releases the lock when the process ends. Some network
// file systems have no locks for directories; there, runs do not wait for each other, and locked is false.
func lock(parent string) (unlock func(), locked bool, err error) {
	f, err := os.Open(parent)
	if err != nil {
		return func() {}, false, nil //nolint:nilerr // A directory that can be entered, but not read, has no lock either.
	}
	unlock = func() { _ = f.Close() }
	done := make(chan error, 1)
	go func() {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		for errors.Is(err, unix.EINTR) {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		}
		done <- err
	}()
	select {
	case err := <-done:
		return unlock, err == nil, nil
	case <-time.After(patience): // The goroutine ends with the process.
		return nil, false, fmt.Errorf("another krm-fn has been writing to %s for %v; wait until it ends, or stop it", parent, patience)
	}
}

// identity returns the file system of a file, which is not followed if it is a symbolic link, and its number.
func identity(name string) (device, id string, err error) {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		return "", "", &fs.PathError{Op: "lstat", Path: name, Err: err}
	}
	device = fmt.Sprint(st.Dev)
	return device, fmt.Sprintf("%s:%d", device, st.Ino), nil
}

// copyOwner gives a directory the owner of another, whose info is given. It fails if there are permissions that it cannot copy.
func copyOwner(from, to string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errInPlace
	}
	attributes := make([]byte, 4096)
	n, err := unix.Listxattr(from, attributes)
	if err != nil && !errors.Is(err, unix.ENOTSUP) || strings.Contains(string(attributes[:max(n, 0)]), "posix_acl") {
		return errInPlace
	}
	now, err := os.Stat(to)
	if err != nil {
		return err
	}
	if is, ok := now.Sys().(*syscall.Stat_t); ok && is.Uid == st.Uid && is.Gid == st.Gid {
		return nil
	}
	return os.Chown(to, int(st.Uid), int(st.Gid))
}

// sync writes a file to the disk. On macOS, os.File.Sync also empties the disk's own cache, which takes a hundred times as long.
func sync(f *os.File) error {
	if volatile {
		return nil
	}
	return unix.Fsync(int(f.Fd()))
}

// syncDir writes the names in a directory to the disk. Some file systems cannot; that is not worth an error.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = sync(f)
		_ = f.Close()
	}
}
