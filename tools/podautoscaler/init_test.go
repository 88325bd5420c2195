package podautoscaler

import (
	"github.com/go-logr/logr"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

// The last error handler sleeps until a millisecond after the last error. It counts that from the real start, which is many years before
// the simulated time.
func init() {
	utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1]
	klog.SetLogger(logr.Discard())
}
