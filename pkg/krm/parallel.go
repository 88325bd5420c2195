package krm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// alone is how long Parallel works on one core, since to start on others takes a part of it.
const alone = time.Millisecond

// Parallel calls do for the numbers below n, on all cores if that takes more than a moment, and returns when all calls have.
// What do is to hand back, it puts in its own place, so that the order of the calls does not matter.
func Parallel(n int, do func(i int)) {
	done := 0
	for start := time.Now(); done < n && time.Since(start) < alone; done++ {
		do(done)
	}
	workers := min(n-done, runtime.GOMAXPROCS(0))
	if workers < 2 {
		for ; done < n; done++ {
			do(done)
		}
		return
	}
	var next atomic.Int64
	next.Store(int64(done))
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
