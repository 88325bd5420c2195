package migrate

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// migration compares what is rendered with what is in the cluster.
type migration struct {
	dump    dump
	dir     string
	objects []rendered
	// leftovers are objects of the operator that are no longer rendered. otherScalers are HorizontalPodAutoscalers of others
	// that scale a rendered Deployment.
	leftovers, otherScalers []*krm.Item
}

// rendered is a rendered object.
type rendered struct {
	key  key
	item *krm.Item
	// live is nil for a new object. baseline is what the operator applied of it; after is the result of kubectl apply.
	liveItem                    *krm.Item
	live, baseline, want, after object
	// before is live, with the rendered name of the gateway container.
	before object
	// changes are the changes that kubectl apply makes to live; kept are live fields that it keeps but that are not rendered.
	changes, kept []Change
	// replacesPods reports whether a Deployment rolls out new pods.
	replacesPods bool
}

// compare adds every difference to m.
func (m *migration) compare(items []*krm.Item, ps *model.Problems) {
	for _, it := range items {
		o := rendered{key: keyOf(it.Place.Object), item: it}
		want, err := toObject(it)
		if err != nil {
			ps.Errorf(model.InputType, it.Place, "%v", err)
			continue
		}
		o.want = want
		if live := m.dump.byKey[o.key]; live != nil {
			o.liveItem = live
			if err := m.compareWith(&o); err != nil {
				ps.Errorf(model.InputType, live.Place, "%v", err)
				continue
			}
		}
		m.objects = append(m.objects, o)
	}
	if ps.HasErrors() {
		return // Objects that could not be compared would seem to be missing.
	}
	for i := range m.objects {
		m.checkImpact(&m.objects[i], ps)
	}
	m.findLeftovers(ps)
	m.findOtherScalers(ps)
}

func (m *migration) compareWith(o *rendered) error {
	live, err := toObject(o.liveItem)
	if err != nil {
		return err
	}
	o.live = live
	apiVersion := o.item.Place.Object.APIVersion
	o.baseline = m.dump.baseline(o.key, apiVersion, live)
	if o.after, err = applied(o.key, o.baseline, o.want, live); err != nil {
		return err
	}
	old := ""
	o.before = live
	if o.key.kind == "Deployment" && m.dump.isGateway(o.key) {
		o.before, old = renamed(live, gatewayContainer(o.key.name), gen.GatewayContainer)
	}
	o.changes = diff(withoutMarks(stripped(o.before, o.key)), withoutMarks(stripped(o.after, o.key)), "")
	if old != "" {
		name := "spec.template.spec.containers[" + gen.GatewayContainer + "].name"
		o.changes = append([]Change{{Op: "replace", Field: name, From: old, To: gen.GatewayContainer}}, o.changes...)
	}
	o.kept = diff(stripped(o.want, o.key), stripped(o.after, o.key), "")
	o.replacesPods = o.key.kind == "Deployment" && slices.ContainsFunc(o.changes, func(c Change) bool {
		return strings.HasPrefix(c.Field, "spec.template.")
	})
	return nil
}

// checkImpact reports the changes that clients or operators of the cluster would notice.
func (m *migration) checkImpact(o *rendered, ps *model.Problems) {
	at := o.item.Place
	at.File = ""
	switch {
	case o.live == nil:
		if o.key.kind == "Deployment" {
			ps.Warnf(model.MigrateDump, at, "is not in the dump, so it is rendered as a new object; "+
				"if it is in the cluster, create the dump with: %s", DumpCommand)
		}
	case o.key.kind == "Deployment":
		checkDeployment(o, at, ps)
		m.checkPods(o, at, ps)
		m.checkEndpoints(o, at, ps)
	case o.key.kind == "Ingress":
		m.checkIngress(o, at, ps)
	case o.key.kind == "Service":
		m.checkService(o, at, ps)
	}
}

func checkDeployment(o *rendered, at model.Place, ps *model.Problems) {
	selector := at.Child("spec").Child("selector")
	if changes := diff(get(o.live, "spec", "selector"), get(o.want, "spec", "selector"), ""); len(changes) > 0 {
		ps.Errorf(model.MigrateTraffic, selector, "is %s in the cluster, which is immutable and which no annotation can express; "+
			"remove the API or TargetEndpoint from the dump, and write it manually under another name",
			show(get(o.live, "spec", "selector")))
	}
	for _, c := range o.changes {
		if name, ok := strings.CutPrefix(c.Field, "spec.template.spec.containers["); ok && strings.HasSuffix(name, "].image") {
			at.Field = c.Field
			ps.Warnf(model.MigrateImage, at, "becomes %s; the pods run %s, because the operator did not apply the newer image",
				c.To, c.From)
		}
	}
	if all, unavailable := replicas(o.after), maxUnavailable(o.after); all > 0 && unavailable >= all {
		ps.Errorf(model.MigrateTraffic, model.Place{Object: at.Object, Field: "spec.strategy"},
			"lets all pods terminate before new ones are ready; set it to RollingUpdate with maxUnavailable below %d, "+
				"and dump the cluster again", all)
	}
}

// replicas returns the current number of replicas of a Deployment.
func replicas(o object) int {
	if n, ok := get(o, "spec", "replicas").(float64); ok {
		return int(n)
	}
	return 1
}

// maxUnavailable returns how many pods of a Deployment can be unavailable during an update (ResolveFenceposts in
// k8s.io/kubernetes/pkg/controller/deployment/util).
func maxUnavailable(o object) int {
	if textAt(o, "spec", "strategy", "type") == "Recreate" {
		return replicas(o)
	}
	value := intstr.FromString("25%")
	switch v := get(o, "spec", "strategy", "rollingUpdate", "maxUnavailable").(type) {
	case string:
		value = intstr.FromString(v)
	case float64:
		value = intstr.FromInt32(int32(v))
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, replicas(o), false)
	if err != nil {
		return replicas(o)
	}
	return n
}

// checkService reports changes in how clients reach a Service.
func (m *migration) checkService(o *rendered, at model.Place, ps *model.Problems) {
	ports := at.Child("spec").Child("ports")
	for _, p := range listAt(o.live, "spec", "ports") {
		now := servicePort(o.after, textAt(p, "port"))
		switch {
		case now == nil:
			ps.Warnf(model.MigrateTraffic, ports,
				"port %s %s is removed; clients that use it, such as a ServiceMonitor, must use another Service",
				textAt(p, "name"), textAt(p, "port"))
		case show(targetPort(p)) != show(targetPort(now)):
			ps.Warnf(model.MigrateTraffic, ports,
				"port %s targets %s instead of %s; some of its requests fail until all pods are replaced",
				textAt(p, "port"), show(targetPort(now)), show(targetPort(p)))
		}
	}
	from, to := textAt(o.live, "spec", "type"), textAt(o.after, "spec", "type")
	switch kind := at.Child("spec").Child("type"); {
	case from == to:
	case from == "LoadBalancer":
		ps.Warnf(model.MigrateTraffic, kind, "becomes %s, so the address %s is released; move its clients first",
			to, addresses(o.liveItem))
	case to == "LoadBalancer":
		ps.Warnf(model.MigrateTraffic, kind, "becomes LoadBalancer, so the Service is reachable from outside the cluster")
	}
	if a, b := textAt(o.live, "spec", "clusterIP") == "None", textAt(o.after, "spec", "clusterIP") == "None"; a != b {
		ps.Errorf(model.MigrateTraffic, at.Child("spec").Child("clusterIP"),
			"cannot be changed from or to None; rename the Service in the cluster")
	}
	m.checkSelector(o, at.Child("spec").Child("selector"), ps)
}

// checkSelector checks that the Service always selects the pods of its Deployment: the existing pods if the Service is
// updated first, and the new pods if the Deployment is.
func (m *migration) checkSelector(o *rendered, at model.Place, ps *model.Problems) {
	for _, d := range m.objects {
		if d.key.kind != "Deployment" || d.key.namespace != o.key.namespace || d.live == nil {
			continue
		}
		pods, selector := labelsAt(d.live, "spec", "template", "metadata", "labels"), labelsAt(o.live, "spec", "selector")
		if !matches(selector, pods) {
			continue
		}
		after := labelsAt(o.after, "spec", "selector")
		for _, state := range []struct {
			pods, selector map[string]string
			which          string
		}{
			{pods, after, "the existing pods"},
			{labelsAt(d.after, "spec", "template", "metadata", "labels"), selector, "the new pods (before the Service is updated)"},
			{labelsAt(d.after, "spec", "template", "metadata", "labels"), after, "the new pods"},
		} {
			if !matches(state.selector, state.pods) {
				ps.Errorf(model.MigrateTraffic, at, "%s does not select %s of Deployment %s; "+
					"add the labels to the input, or fix the Service in the cluster, and dump the cluster again",
					selectorText(state.selector), state.which, d.key.name)
			}
		}
	}
}

// matches reports whether the selector of a Service selects pods with labels. An empty selector selects none.
func matches(selector, labels map[string]string) bool {
	for k, v := range selector {
		if w, ok := labels[k]; !ok || w != v {
			return false
		}
	}
	return len(selector) > 0
}

func servicePort(o object, number string) any {
	for _, p := range listAt(o, "spec", "ports") {
		if textAt(p, "port") == number {
			return p
		}
	}
	return nil
}

// targetPort returns the target port, which defaults to the port of the Service.
func targetPort(p any) any {
	if v := get(p, "targetPort"); v != nil {
		return v
	}
	return get(p, "port")
}

func addresses(it *krm.Item) string {
	var all []string
	for _, n := range content(it.Node(), "status", "loadBalancer", "ingress") {
		for _, name := range []string{"ip", "hostname"} {
			if s := krm.Text(n, name); s != "" {
				all = append(all, s)
			}
		}
	}
	if len(all) == 0 {
		return "of its load balancer"
	}
	return strings.Join(all, ", ")
}

// findLeftovers finds objects that the operator created and that are not rendered.
func (m *migration) findLeftovers(ps *model.Problems) {
	for _, it := range m.dump.items {
		k := keyOf(it.Place.Object)
		switch k.kind {
		case "Deployment", "Service", "HorizontalPodAutoscaler", "Ingress":
		default:
			continue
		}
		if len(owners(it)) > 0 && !m.renders(k) && named(it, ps) {
			m.leftovers = append(m.leftovers, it)
			ps.Warnf(model.MigrateLeft, it.Place, "is not rendered, and stays in the cluster until you delete it")
		}
	}
}

func (m *migration) renders(k key) bool {
	return slices.ContainsFunc(m.objects, func(o rendered) bool { return o.key == k })
}

// findOtherScalers finds more HorizontalPodAutoscalers for Deployments whose HorizontalPodAutoscaler is rendered.
func (m *migration) findOtherScalers(ps *model.Problems) {
	for _, it := range m.dump.of("autoscaling", "HorizontalPodAutoscaler") {
		k := keyOf(it.Place.Object)
		target := key{"apps", "Deployment", k.namespace, krm.Text(it.Node(), "spec", "scaleTargetRef", "name")}
		kind := krm.Text(it.Node(), "spec", "scaleTargetRef", "kind")
		if m.renders(k) || kind != target.kind || !m.renders(target) || len(owners(it)) > 0 {
			continue
		}
		if named(it, ps) {
			m.otherScalers = append(m.otherScalers, it)
			ps.Warnf(model.MigrateScaler, it.Place,
				"scales Deployment %s, which the rendered HorizontalPodAutoscaler also scales; delete one of them", target.name)
		}
	}
}

// owners returns the indices of the references by which an API or TargetEndpoint owns an object. Deleting the owner also
// deletes the object.
func owners(it *krm.Item) []int {
	var all []int
	for i, n := range content(it.Node(), "metadata", "ownerReferences") {
		if group, _, _ := strings.Cut(krm.Text(n, "apiVersion"), "/"); group == operatorGroup {
			all = append(all, i)
		}
	}
	return all
}
