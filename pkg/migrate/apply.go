package migrate

import (
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// baseline returns what the operator applied of a live object (pkg/mgw and pkg/controller/targetendpoint of the operator).
// kubectl apply removes fields that are in it and no longer rendered. It keeps all others, such as fields that someone set
// manually.
func (d dump) baseline(k key, apiVersion string, live object) object {
	b := object{"apiVersion": apiVersion, "kind": k.kind, "metadata": pick(live["metadata"], "name", "namespace", "labels")}
	o := stripped(live, k)
	switch k.kind {
	case "Deployment":
		template := pick(get(o, "spec", "template"), "metadata")
		meta := pick(template["metadata"], "labels")
		if scrape := pick(get(template, "metadata", "annotations"), "prometheus.io/port", "prometheus.io/scrape"); len(scrape) > 0 {
			meta["annotations"] = scrape
		}
		template["metadata"] = meta
		pod := object{}
		if d.isGateway(k) {
			pod = pick(get(o, "spec", "template", "spec"), "volumes", "hostAliases", "imagePullSecrets")
		}
		pod["containers"] = d.operatorContainers(k, listAt(o, "spec", "template", "spec", "containers"))
		template["spec"] = pod
		b["spec"] = object{"selector": get(o, "spec", "selector"), "template": template}
	case "Service":
		chosen, _ := clone(live).(object)
		dropAllocated(chosen, k)
		b["spec"] = pick(chosen["spec"], "type", "ports", "selector")
	case "HorizontalPodAutoscaler":
		b["spec"] = pick(live["spec"], "scaleTargetRef", "minReplicas", "maxReplicas", "metrics")
	case "Ingress":
		b["spec"] = live["spec"]
		if annotations := get(live, "metadata", "annotations"); annotations != nil {
			b["metadata"].(object)["annotations"] = annotations
		}
	default:
		return nil // The operator created no others; whoever created them also applied them.
	}
	dropNulls(b)
	return b
}

func pick(v any, names ...string) object {
	o, _ := v.(object)
	picked := object{}
	for _, name := range names {
		if e := o[name]; !isEmpty(e) {
			picked[name] = e
		}
	}
	return picked
}

// isGateway reports whether an object has the name of an API.
func (d dump) isGateway(k key) bool {
	return d.byKey[key{operatorGroup, "API", k.namespace, k.name}] != nil
}

// operatorContainers returns the containers that the operator put into a pod, with the fields that it sets: those of
// TargetEndpoints, and, for a TargetEndpoint that changed its name, everything before the gateway, and the first container of a
// backend.
func (d dump) operatorContainers(k key, containers []any) []any {
	isKnown := func(c any) bool { return d.isBackendContainer(k.namespace, textAt(c, "name")) }
	gateway := slices.IndexFunc(containers, func(c any) bool { return textAt(c, "name") == gatewayContainer(k.name) })
	first := 0
	if d.isGateway(k) {
		first = gateway - 1
	} else if slices.ContainsFunc(containers, isKnown) {
		first = -1
	}
	var ours []any
	for i, c := range containers {
		switch {
		case d.isGateway(k) && i == gateway:
			ours = append(ours, c)
		case i <= first || isKnown(c):
			ours = append(ours, pick(c, "name", "image", "ports", "resources"))
		}
	}
	return ours
}

// applied returns the result of kubectl apply on live if its last-applied annotation contains baseline.
func applied(k key, baseline, rendered, live object) (object, error) {
	as := typed(k)
	if as == nil {
		after, _ := overlay(live, rendered).(object)
		return after, nil
	}
	if baseline == nil {
		baseline = object{}
	}
	meta, err := strategicpatch.NewPatchMetaFromStruct(as)
	if err != nil {
		return nil, err
	}
	current, _ := clone(live).(object)
	current["apiVersion"] = rendered["apiVersion"]
	texts := make([][]byte, 3)
	for i, o := range []object{baseline, rendered, current} {
		if texts[i], err = json.Marshal(o); err != nil {
			return nil, err
		}
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(texts[0], texts[1], texts[2], meta, true)
	if err != nil {
		return nil, err
	}
	text, err := strategicpatch.StrategicMergePatchUsingLookupPatchMeta(texts[2], patch, meta)
	if err != nil {
		return nil, err
	}
	var after object
	if err := json.Unmarshal(text, &after); err != nil {
		return nil, err
	}
	return after, nil
}

// overlay merges mappings and replaces everything else, as kubectl apply does for custom resources.
func overlay(under, over any) any {
	a, okA := under.(object)
	b, okB := over.(object)
	if !okA || !okB {
		return over
	}
	merged, _ := clone(a).(object)
	for name, v := range b {
		merged[name] = overlay(merged[name], v)
	}
	return merged
}

// withoutMarks returns a copy of o without the labels and annotations that mark rendered objects.
func withoutMarks(o object) object {
	o, _ = clone(o).(object)
	meta, _ := o["metadata"].(object)
	for _, name := range []string{"labels", "annotations"} {
		m, _ := meta[name].(object)
		for k := range m {
			if isMark(k) {
				delete(m, k)
			}
		}
		if len(m) == 0 {
			delete(meta, name)
		}
	}
	delete(o, "apiVersion")
	return o
}

// isMark reports whether a label or annotation marks rendered objects.
func isMark(name string) bool {
	return strings.HasPrefix(name, "krm-fn.dev/") || name == "app.kubernetes.io/managed-by"
}

// renamed returns a copy of a live gateway Deployment in which the gateway container has its rendered name. It also returns
// the old name, "" if no container has it.
func renamed(o object, old, name string) (object, string) {
	o, _ = clone(o).(object)
	containers := listAt(o, "spec", "template", "spec", "containers")
	isNamed := func(name string) func(any) bool { return func(c any) bool { return textAt(c, "name") == name } }
	i := slices.IndexFunc(containers, isNamed(old))
	if i < 0 || slices.ContainsFunc(containers, isNamed(name)) {
		return o, ""
	}
	c, _ := containers[i].(object)
	c["name"] = name
	return o, old
}
