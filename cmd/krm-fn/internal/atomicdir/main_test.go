package atomicdir

import (
	"fmt"
	"os"
	"testing"
)

// loopVariable is set in processes that change a directory until they are killed.
const loopVariable = "ATOMICDIR_TEST_LOOP"

func TestMain(m *testing.M) {
	volatile = true
	dir := os.Getenv(loopVariable)
	first := os.Getpid()
	for i := first; dir != ""; i++ {
		if err := Update(dir, func() (*Change, error) { return next(dir, i) }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		if i == first {
			fmt.Println()
		}
	}
	m.Run()
}
