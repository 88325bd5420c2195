package atomicdir

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange swaps two directories in one step.
func exchange(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) { // The file system has no such call.
		return errors.ErrUnsupported
	}
	return err
}

func syncData(f *os.File) error { return sync(f) }
