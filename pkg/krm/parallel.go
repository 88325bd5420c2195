package krm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// oneCore is how long Parallel uses only one core, because starting others takes a part of that time.
const oneCore = time.Millisecond

// Parallel calls do for the numbers below n and waits for all calls. It uses all cores if the calls take more than a moment.
// Each call stores its result in its own place, so the order of the calls does not matter.
func Parallel(n int, do func(i int)) {
	done := 0
	for start := time.Now(); done < n && time.Since(start) < oneCore; done++ {
		do(done)
	}
	var next atomic.Int64
	next.Store(int64(done))
	var all sync.WaitGroup
	for range min(n-done, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
