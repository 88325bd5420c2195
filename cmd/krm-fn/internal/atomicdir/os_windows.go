package atomicdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long a run waits for another.
var patience = time.Minute

// lock waits until no other run changes a directory in parent. The lock is a file that only one process can open, and that the
// system removes when the process ends.
func lock(parent string) (unlock func(), locked bool, err error) {
	name, err := windows.UTF16PtrFromString(filepath.Join(parent, ".krm-fn.lock"))
	if err != nil {
		return nil, false, err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		h, err := windows.CreateFile(name, windows.GENERIC_WRITE, 0, nil, windows.OPEN_ALWAYS,
			windows.FILE_ATTRIBUTE_HIDDEN|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
		switch {
		case err == nil:
			return func() { _ = windows.CloseHandle(h) }, true, nil
		case !errors.Is(err, windows.ERROR_SHARING_VIOLATION):
			return func() {}, false, nil
		case time.Now().After(deadline):
			return nil, false, fmt.Errorf("another krm-fn has been writing to %s for %v; wait until it ends, or stop it", parent, patience)
		}
	}
}

// identity returns the volume of a file, which is not followed if it is a symbolic link, and its number.
func identity(name string) (device, id string, err error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return "", "", err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(path, 0, share, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return "", "", &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer func() { _ = windows.CloseHandle(h) }()
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return "", "", &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	device = fmt.Sprint(info.VolumeSerialNumber)
	return device, fmt.Sprintf("%s:%d:%d", device, info.FileIndexHigh, info.FileIndexLow), nil
}

// copyOwner does nothing: a new directory inherits the permissions of its parent.
func copyOwner(string, string, fs.FileInfo) error { return nil }

func sync(f *os.File) error { return f.Sync() }

// syncDir does nothing: Windows cannot flush a directory.
func syncDir(string) {}
