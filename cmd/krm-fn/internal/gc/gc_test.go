package gc

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// The percent falls with the first collection, and again when much is in use.
func TestPercentFalls(t *testing.T) {
	wait(t, percent)
	held := make([]byte, 2*large)
	wait(t, percentLarge)
	runtime.KeepAlive(held)
}

// wait collects until the percent is that or less.
func wait(t *testing.T, want uint64) {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		runtime.GC()
		metrics.Read(sample)
		if sample[0].Value.Uint64() <= want {
			return
		}
	}
	t.Fatalf("the percent is %d, not %d", sample[0].Value.Uint64(), want)
}
