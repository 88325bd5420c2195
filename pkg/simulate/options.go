package simulate

import (
	"time"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
	"github.com/krm-fn/krm-fn/pkg/simulate/load"
)

// Options are what the manifests do not say.
type Options struct {
	Load  *load.Load
	Flags autoscaler.Flags
	// Resolution is the flag --metric-resolution of metrics-server.
	Resolution time.Duration
	// PodStart is the time from the creation of a pod until its containers run, AppStart how long they then need until they can
	// serve requests.
	PodStart, AppStart time.Duration
	// Capacity is how many requests per second a pod can serve. 0 means as many as its CPU limit allows.
	Capacity float64
	// CPU is what a pod uses without requests, in cores, and CPUOfRequest what a request costs, in seconds of a core.
	CPU, CPUOfRequest float64
	// Memory is in bytes, and MemoryOfRequest in bytes for each request per second.
	Memory, MemoryOfRequest float64
	// PerRequest has, by the name of a metric, how much a request adds to it, or a request per second if it is a gauge.
	PerRequest map[string]float64
	// Replicas are those at the start. 0 means those that the scaler settles on with the first row of the load.
	Replicas int32
}

// DefaultOptions returns options without a load.
func DefaultOptions() Options {
	return Options{
		Flags: autoscaler.DefaultFlags(), Resolution: 15 * time.Second, PodStart: 3 * time.Second,
		AppStart: 5 * time.Second,
	}
}
