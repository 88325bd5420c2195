//go:build unix

package tools

import (
	"os"
	"syscall"
)

// lock waits for exclusive access to the file. The operating system
// releases the lock when the process ends, so no lock is ever left over.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
