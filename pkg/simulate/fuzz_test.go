package simulate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krm-fn/krm-fn/pkg/simulate/load"
)

// FuzzSimulate has loads, manifests, and flags of all kinds. None may panic, or take long.
func FuzzSimulate(f *testing.F) {
	csv := "time,requests,in_flight,cpu,memory\n0s,10,5,1,1e8\n10m,0,,0,\n20m,1e12,1e12,1e9,1e12\n"
	for _, shape := range []string{csv, "constant", jump, "spike:base=0,peak=1e9", "day:days=7", "ramp:from=0,to=1000,noise=20%"} {
		f.Add(shape, int64(15), int64(15), int64(3), int32(0), int32(1), int32(10), "10", "2m", int64(30_000), int64(60), 0.01, 0.0)
	}
	f.Add(csv, int64(1), int64(60), int64(0), int32(1<<30), int32(1), int32(1<<31-1), "1m", "1ms", int64(100), int64(1), 1e6, 1e-9)
	f.Add(csv, int64(86400), int64(1), int64(86400), int32(5), int32(7), int32(7), "1e9", "100000h", int64(100000), int64(1800), 0.0, 1e300)
	f.Add("time,requests\n0s,1\n1s,1e12\n", int64(1), int64(1), int64(1), int32(1), int32(0), int32(1), "1n", "5s", int64(0), int64(0), 1e-300, 1e-300)
	f.Fuzz(func(t *testing.T, text string, sync, resolution, start int64, replicas, least, most int32, target, window string, interval, period int64,
		cost, capacity float64,
	) {
		l, ps := load.Read("load.csv", []byte(text))
		if shape, err := load.Shape(text); err == nil {
			l, ps = shape, nil
		}
		if ps.HasErrors() || l == nil || strings.ContainsAny(target+window, "\n{}[],'\"") || !(cost >= 0) || !(capacity >= 0) {
			return
		}
		within := func(n, low, high int64) int64 { return max(low, min(high, n)) }
		o := DefaultOptions()
		o.Load, o.CPUOfRequest, o.Capacity, o.Memory, o.Replicas = l, cost, capacity, 1e8, max(replicas, 0)
		o.Flags.SyncPeriod = time.Duration(within(sync, 1, 86400)) * time.Second
		o.Resolution = time.Duration(within(resolution, 1, 86400)) * time.Second
		o.PodStart = time.Duration(within(start, 0, 86400)) * time.Second
		o.PerRequest = map[string]float64{"in_flight": 1}
		behavior := fmt.Sprintf("  behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: %d}]}}\n", within(period, 1, 1800))
		for _, scaler := range []string{hpa(byRequests, byCPU, byMemory, byGauge) + behavior, scaledObject("", byQuery)} {
			manifests := strings.NewReplacer("minReplicas: 2", fmt.Sprintf("minReplicas: %d", within(int64(least), 1, 1<<31-1)),
				"maxReplicas: 20", fmt.Sprintf("maxReplicas: %d", within(int64(most), 1, 1<<31-1)), `averageValue: "10"`, "averageValue: "+target,
				"[2m]", "["+window+"]", "interval: 30s", fmt.Sprintf("interval: %dms", within(interval, 0, 1e9))).Replace(workload + scaler)
			s, ok := scalerIn(manifests)
			if !ok {
				return
			}
			began := time.Now()
			sim, ps := Simulate(s, &o)
			if took := time.Since(began); took > time.Minute {
				t.Errorf("takes %s", took)
			}
			if ps.HasErrors() {
				continue
			}
			_ = sim.Sentences()
			Chart("x", []*Simulation{sim}, nil)
			if u := &sim.Summary; u.Over < 0 || u.Excess < 0 || u.Least < 0 || u.Longest > u.Over {
				t.Errorf("got %+v", u)
			}
		}
	})
}
