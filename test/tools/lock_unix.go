//go:build unix

package tools

import (
	"os"
	"syscall"
)

// lock waits until this process alone holds the file. The operating system
// gives the lock back when the process dies, so that none is ever left over.
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
