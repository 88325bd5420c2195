//go:build e2e

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// memory follows the resident memory of all processes of the sandbox.
type memory struct{ peak atomic.Int64 }

func (m *memory) run(ctx context.Context) {
	for ; ctx.Err() == nil; pause(ctx, 5*time.Second) {
		files, err := filepath.Glob("/proc/[0-9]*/status")
		if err != nil {
			return
		}
		var sum int64
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // it has ended
			}
			if _, rest, ok := strings.Cut(string(text), "\nVmRSS:"); ok {
				var kib int64
				if _, err := fmt.Sscan(rest, &kib); err == nil {
					sum += kib
				}
			}
		}
		m.peak.Store(max(m.peak.Load(), sum))
	}
}

// PeakMemory is the most memory, in MiB, that all processes of the cluster have had together.
func (c *Cluster) PeakMemory() int64 { return c.memory.peak.Load() / 1024 }
