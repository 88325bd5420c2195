package krm

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls do for the numbers below n, on all cores, and returns when all calls have. What do is to hand back, it puts
// in its own place, so that the order of the calls does not matter.
func Parallel(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers < 2 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
