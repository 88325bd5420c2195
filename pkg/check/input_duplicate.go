package check

import (
	"hash/maphash"
	"path"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// chainKinds are the kinds, as GROUP/KIND, whose loss breaks a chain.
var chainKinds = []string{
	"/Service", "apiregistration.k8s.io/APIService", "apps/DaemonSet", "apps/Deployment", "apps/ReplicaSet", "apps/StatefulSet",
	"autoscaling/HorizontalPodAutoscaler", "monitoring.coreos.com/PodMonitor", "monitoring.coreos.com/Prometheus",
	"monitoring.coreos.com/ServiceMonitor",
}

// inputDuplicate reports objects that are in the input twice. The version does not matter: it is the same object in the cluster.
func inputDuplicate(w *world, ps *model.Problems) {
	seed := maphash.MakeSeed()
	known := make(map[uint64]*krm.Item, len(w.graph.Items)) // A hash needs much less memory than an identity.
	for _, it := range w.graph.Items {
		o := identity(it)
		if o.Name == "" || o.APIVersion == "krm-fn.dev" || isHook(it) { // Function configurations do not go to the cluster.
			continue
		}
		hash := maphash.Comparable(seed, o)
		first := known[hash]
		if first == nil {
			known[hash] = it
			continue
		}
		if identity(first) != o {
			continue
		}
		p := model.Problem{ID: model.InputDuplicate, Severity: model.Warning, Place: it.Place}
		also := ""
		if file := first.Place.File; file != "" && file != it.Place.File {
			also = ", also in " + file
		}
		// Directories can be for different clusters, such as overlays.
		if path.Dir(first.Place.File) != path.Dir(it.Place.File) {
			p.Severity = model.Info
			ps.Reportf(p, "is in the input twice%s; if both go to one cluster, only one of them remains", also)
			continue
		}
		if slices.Contains(chainKinds, o.APIVersion+"/"+o.Kind) {
			p.Severity = model.Error
		}
		ps.Reportf(p, "is in the input twice%s; only the last one remains in the cluster; remove or rename one of them", also)
	}
}

// identity returns what identifies an object in a cluster: all but the version.
func identity(it *krm.Item) model.Object {
	o := it.Place.Object
	o.APIVersion = model.Group(o.APIVersion)
	return o
}
