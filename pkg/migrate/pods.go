package migrate

import (
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// needs are the lists of a pod or container whose elements its program might require, with what to do if one is removed.
var needs = []struct{ list, advice string }{
	{"imagePullSecrets", "make sure that all images can be pulled, or add it to imagePullSecretNames of docker-registry-config"},
	{"hostAliases", "make sure that DNS resolves it, or add it to hostAliases of mgw-deployment-configs in namespace wso2-system"},
	{"ports", "make sure that nothing connects to the pods at this port"},
	{"env", "make sure that the container works without it, or add it to spec.environmentVariables of the API"},
	{"envFrom", "make sure that the container works without it, or add it to mgw-deployment-configs"},
	{"volumeMounts", "make sure that the container works without it, or add it to mgw-deployment-configs"},
}

// checkPods reports what the new pods of a Deployment lack that the running pods have.
func (m *migration) checkPods(o *rendered, at model.Place, ps *model.Problems) {
	pods := at.Child("spec").Child("template").Child("spec")
	before, after := get(o.before, "spec", "template", "spec"), get(o.after, "spec", "template", "spec")
	checkNeeds(part{before, before}, part{after, after}, pods, ps)
	now := map[string]any{}
	for _, c := range listAt(after, "containers") {
		now[textAt(c, "name")] = c
	}
	for _, c := range listAt(before, "containers") {
		name := textAt(c, "name")
		place := pods
		place.Field += ".containers[" + name + "]"
		switch {
		case now[name] != nil:
			checkNeeds(part{c, before}, part{now[name], after}, place, ps)
		case m.dump.isGateway(o.key) && m.dump.isBackendContainer(o.key.namespace, name):
			ps.Errorf(model.MigratePods, place, "is removed, but the gateway might call it at localhost; set x-wso2-mode: sidecar in "+
				"the OpenAPI document, name the TargetEndpoint as its endpoint, and dump the cluster again")
		default:
			ps.Warnf(model.MigratePods, place, "is removed; make sure that the pods work without it")
		}
	}
}

// part is a pod spec, or a container of it.
type part struct{ spec, pod any }

// checkNeeds reports what a pod or a container lacks after the migration.
func checkNeeds(before, after part, at model.Place, ps *model.Problems) {
	for _, n := range needs {
		had, has := before.elements(n.list), after.elements(n.list)
		for _, k := range slices.Sorted(maps.Keys(had)) {
			place := at
			place.Field += "." + n.list + "[" + k + "]"
			switch now, ok := has[k]; {
			case !ok:
				ps.Warnf(model.MigratePods, place, "is removed; %s", n.advice)
			case now != had[k]:
				ps.Warnf(model.MigratePods, place, "becomes %s instead of %s; make sure that the container works with it", now, had[k])
			}
		}
	}
}

// elements returns the elements of a list by name, with what matters of their values.
func (p part) elements(list string) map[string]string {
	all := map[string]string{}
	for _, e := range listAt(p.spec, list) {
		switch list {
		case "hostAliases":
			for _, host := range listAt(e, "hostnames") {
				all[show(host)] = textAt(e, "ip")
			}
		case "envFrom":
			all[show(e)] = ""
		case "volumeMounts":
			all[textAt(e, "mountPath")] = volumeSource(p.pod, textAt(e, "name")) + " " + textAt(e, "subPath")
		default:
			all[elementKey(list, e)] = ""
		}
	}
	return all
}

// volumeSource returns the volume of a pod without its name and without defaults.
func volumeSource(pod any, name string) string {
	for _, v := range listAt(pod, "volumes") {
		if textAt(v, "name") == name {
			v, _ := clone(v).(object)
			delete(v, "name")
			strip(object{"volumes": []any{v}}, podDefaults)
			return show(v)
		}
	}
	return ""
}

// checkEndpoints reports URLs that the operator built into the image of a gateway, as its ConfigMaps NAME-mgw show, and that are
// not rendered. It does not know what is in the images of others.
func (m *migration) checkEndpoints(o *rendered, at model.Place, ps *model.Problems) {
	api := m.dump.byKey[key{operatorGroup, "API", o.key.namespace, o.key.name}]
	if api == nil || krm.Text(api.Node(), "spec", "image") != "" {
		return
	}
	rendered := strings.Split(o.item.Annotations[gen.EndpointsAnnotation], "\n")
	for _, n := range content(api.Node(), "spec", "definition", "swaggerConfigmapNames") {
		built := m.dump.byKey[key{kind: "ConfigMap", namespace: o.key.namespace, name: n.Value + "-mgw"}]
		if built == nil {
			continue
		}
		for _, text := range krm.TextMap(built.Node(), "data") {
			doc, _ := swagger.Read(text, built.Place)
			if doc == nil {
				continue
			}
			for _, e := range doc.Endpoints {
				if e.URL != "" && !slices.Contains(rendered, e.URL) {
					ps.Warnf(model.MigratePods, at.Child("metadata").Child("annotations").Child(gen.EndpointsAnnotation),
						"lacks %s, which the running image calls (%s); build the image again, with the endpoints that are rendered",
						e.URL, built.Place.Object)
				}
			}
			doc.Release()
		}
	}
}
