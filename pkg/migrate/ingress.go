package migrate

import (
	"maps"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkIngress reports changes in what an ingress controller makes of an Ingress.
func (m *migration) checkIngress(o *rendered, at model.Place, ps *model.Problems) {
	spec := at.Child("spec")
	const annotation = "kubernetes.io/ingress.class"
	before, after := textAt(get(o.live, "metadata", "annotations"), annotation), textAt(o.after, "spec", "ingressClassName")
	// IngressClasses have no namespace.
	class := m.dump.byKey[keyOf(model.Object{APIVersion: "networking.k8s.io/v1", Kind: "IngressClass", Name: after})]
	if before != "" && after != "" && class == nil {
		ps.Warnf(model.MigrateTraffic, spec.Child("ingressClassName"), "replaces the annotation %s; a controller drops the Ingress if "+
			"there is no IngressClass %s: check with kubectl get ingressclass %s", annotation, after, Quote(after))
	}
	had, has := ingressPaths(o.live), ingressPaths(o.after)
	for _, path := range slices.Sorted(maps.Keys(had)) {
		switch now, ok := has[path]; {
		case !ok:
			ps.Warnf(model.MigrateTraffic, spec.Child("rules"), "%s is no longer routed; move its clients first", path)
		case now != had[path]:
			ps.Warnf(model.MigrateTraffic, spec.Child("rules"), "%s has the pathType %s instead of %s; check that your controller routes "+
				"the same requests", path, now, had[path])
		}
	}
}

// ingressPaths returns the path types of an Ingress by host and path.
func ingressPaths(o object) map[string]string {
	paths := map[string]string{}
	for _, rule := range listAt(o, "spec", "rules") {
		for _, p := range listAt(rule, "http", "paths") {
			paths[textAt(rule, "host")+textAt(p, "path")] = textAt(p, "pathType")
		}
	}
	return paths
}
