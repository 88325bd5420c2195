package gen

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scalerKind is a kind of object that scales workloads. Everything that only one of them has is in its row, and in the file of
// that row.
type scalerKind struct {
	// kind is that of the object, problems is how the IDs of problems about it begin.
	kind, problems string
	// render makes the object for a workload.
	render func(*workload, *options) typedObject
	// needs returns the metrics that an adapter has to serve.
	needs func(*hpa.Scaling) []hpa.Need
	// unsupported reports what a version of Kubernetes refuses or drops.
	unsupported func(s *hpa.Scaling, minor int) model.Problems
}

// scalerKinds has a row for each kind of scaler. The first is the default.
var scalerKinds = []*scalerKind{&horizontalPodAutoscaler}

// isScaler reports whether a kind is that of a scaler.
func isScaler(kind string) bool {
	return slices.ContainsFunc(scalerKinds, func(k *scalerKind) bool { return k.kind == kind })
}

// isAboutScaler reports whether a problem is one about a scaler.
func isAboutScaler(id model.ID) bool {
	return slices.ContainsFunc(scalerKinds, func(k *scalerKind) bool { return strings.HasPrefix(string(id), k.problems) })
}
