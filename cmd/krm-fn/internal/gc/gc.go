// Package gc sets how often the garbage collector runs. Importing it is enough. It is a package of its own, which imports
// next to nothing, so that it is initialized before the packages that allocate most at the start (Go initializes those
// that are ready in the order of their import paths): the collector would run while they do, which costs more than a small
// run can save.
package gc

import (
	"runtime"
	"runtime/debug"
)

// By how many percent the memory in use may grow before the garbage collector runs: a small run ends before it has to, and
// a large one holds on to little, so that collecting often costs less time than memory.
const (
	collectFirst = 400
	collectAt    = 50
)

var _ = collectLate()

// collectLate waits long with the first collection, and not with the next ones. The value is garbage, which the first
// collection finds.
func collectLate() runtime.Cleanup {
	debug.SetGCPercent(collectFirst)
	return runtime.AddCleanup(new([64]byte), func(int) { debug.SetGCPercent(collectAt) }, 0)
}
