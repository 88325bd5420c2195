package check

import (
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// relation says whether two objects are in one namespace.
type relation int

const (
	apart relation = iota
	// unknown is where only one of them states a namespace: they meet if the other one is applied to it by
	// `kubectl apply -n`, `helm install -n` or the destination of an Argo CD application.
	unknown
	together
)

// relate compares two namespaces as they are written. What states none goes to one namespace, most often default.
func relate(a, b string) relation {
	switch {
	case a == b || model.NamespaceOf(a) == model.NamespaceOf(b):
		return together
	case a == "" || b == "":
		return unknown
	}
	return apart
}

// meet tells whether two objects are, or may be, in one namespace.
func meet(a, b *krm.Item) bool {
	return relate(a.Place.Object.Namespace, b.Place.Object.Namespace) != apart
}
