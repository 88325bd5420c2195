package gen

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scalerKind is a kind of object that scales workloads. Everything that only one kind has is in its row, and in the file of
// that row.
type scalerKind struct {
	// kind is the kind of the object; problems is the prefix of the IDs of its problems.
	kind, problems string
	// render returns the object for a workload.
	render func(*workload, *options) typedObject
	// needs returns the metrics that an adapter must serve.
	needs func(*hpa.Scaling) []hpa.Need
	// unsupported reports what a version of Kubernetes rejects or drops.
	unsupported func(s *hpa.Scaling, minor int) model.Problems
}

// scalerKinds has a row for each scaler kind. The first is the default. To add a kind, define it in its own file, such as
// scaler_hpa.go, and add it to this list.
var scalerKinds = []*scalerKind{&horizontalPodAutoscaler}

// isScaler reports whether a kind is a scaler kind.
func isScaler(kind string) bool {
	return slices.ContainsFunc(scalerKinds, func(k *scalerKind) bool { return k.kind == kind })
}

// isAboutScaler reports whether a problem ID is about a scaler.
func isAboutScaler(id model.ID) bool {
	return slices.ContainsFunc(scalerKinds, func(k *scalerKind) bool { return strings.HasPrefix(string(id), k.problems) })
}
