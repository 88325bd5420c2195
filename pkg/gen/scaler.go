package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scalerKind is a kind of object that scales workloads. Everything that only one kind has is in its row, and in the file of
// that row.
type scalerKind struct {
	// kind is the kind of the object; problems is the prefix of the IDs of its problems.
	kind, problems string
	// render returns the object for a workload.
	render func(*workload, *options) typedObject
	// triggers resolves how the scalers read their metrics, and stores it in the workloads. If it is nil, an adapter serves all
	// metrics, and the rules for them are rendered.
	triggers func(*triggerBuilder)
	// podLabels are the labels of pods that their series must have.
	podLabels []string
	// oldest is the first minor version of Kubernetes that has the object, or what its controller makes of it.
	oldest int
	// unsupported reports what a version of Kubernetes rejects or drops.
	unsupported func(s *hpa.Scaling, minor int) model.Problems
}

// scalerKinds has a row for each scaler kind. The first is the default. To add a kind, define it in its own file, such as
// scaler_hpa.go, and add it to this list.
var scalerKinds = []*scalerKind{&horizontalPodAutoscaler, &scaledObject}

// Autoscalers returns the names of the scaler kinds, the default first.
func Autoscalers() []string {
	names := make([]string, len(scalerKinds))
	for i, k := range scalerKinds {
		names[i] = k.kind
	}
	return names
}

// setScaler reads the scaler kind.
func (o *options) setScaler(name string, at model.Place, ps *model.Problems) {
	names := Autoscalers()
	if i := slices.Index(names, name); i >= 0 {
		o.scaler = scalerKinds[i]
	}
	if name != "" && o.scaler.kind != name {
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: name, Suggestion: krm.Suggest(name, names),
			Message: fmt.Sprintf("%q is not a scaler kind; use %s%s", name, model.Join(names, "or"), krm.DidYouMean(name, names)),
		})
	}
	if o.minor < o.scaler.oldest {
		ps.Valuef(model.OutputUnsupported, at, name, "is %s, which needs Kubernetes 1.%d or later, but kubernetesVersion is 1.%d; use %s",
			name, o.scaler.oldest, o.minor, scalerKinds[0].kind)
	}
}

// isScaler reports whether a kind is a scaler kind.
func isScaler(kind string) bool {
	return slices.ContainsFunc(scalerKinds, func(k *scalerKind) bool { return k.kind == kind })
}

// isAboutScaler reports whether a problem ID is about a scaler.
func isAboutScaler(id model.ID) bool {
	return slices.ContainsFunc(scalerKinds, func(k *scalerKind) bool { return strings.HasPrefix(string(id), k.problems) })
}
