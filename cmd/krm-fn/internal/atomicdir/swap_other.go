//go:build !linux && !darwin

package atomicdir

import (
	"errors"
	"os"
)

// exchange is not possible: two renames replace a directory.
func exchange(string, string) error { return errors.ErrUnsupported }

func syncData(f *os.File) error { return sync(f) }
