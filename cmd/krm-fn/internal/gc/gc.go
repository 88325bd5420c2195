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
// a large one holds on to little, so that collecting often costs less time than memory. From large bytes on it is memory
// that runs short.
const (
	percentFirst = 400
	percent      = 60
	percentLarge = 30
	large        = 48 << 20
)

var _ = collectLate()

// collectLate waits long with the first collection, and not with the next ones.
func collectLate() runtime.Cleanup {
	debug.SetGCPercent(percentFirst)
	return afterCollection(func() {
		debug.SetGCPercent(percent)
		afterCollection(watch)
	})
}

// watch looks after each collection at what is in use, until that is large.
func watch() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc < large {
		afterCollection(watch)
		return
	}
	debug.SetGCPercent(percentLarge)
}

// afterCollection has the garbage collector call a function when it has run next, since it finds a value that nobody has.
func afterCollection(do func()) runtime.Cleanup {
	return runtime.AddCleanup(new([64]byte), func(do func()) { do() }, do)
}
