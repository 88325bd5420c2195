package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// keepRunning sets in an API or TargetEndpoint what its pods run with, where the object says something else, or nothing.
func (d dump) keepRunning(it *krm.Item, in *input, ps *model.Problems) {
	o := it.Place.Object
	if o.Kind == "TargetEndpoint" {
		d.keepBackend(it, in, ps)
	}
	live := d.deployment(o)
	if live == nil || in.Spec == nil {
		return
	}
	names := []string{containerOf(it)}
	if o.Kind == "API" {
		// After the manifests are applied, the container has the new name.
		names = []string{gatewayContainer(o.Name), gen.GatewayContainer}
		d.keepMode(it, live, in, ps)
	}
	for _, c := range containers(live) {
		if !slices.Contains(names, krm.Text(c, "name")) {
			continue
		}
		if o.Kind == "API" {
			pinImage(it, c, in, ps)
		}
		keepPullPolicy(it, c, in, ps)
	}
}

// pinImage sets the image that the gateway runs. The operator built and named it, and the name might contain the time of the
// last update. Nothing else builds it.
func pinImage(it *krm.Item, container *yaml.Node, in *input, ps *model.Problems) {
	image := krm.Text(container, "image")
	if stated, _ := in.Spec["image"].(string); strings.TrimSpace(stated) != "" || image == "" {
		return
	}
	in.Spec["image"] = image
	delete(in.Spec, "updateTimeStamp") // It is part of the image.
	ps.Infof(model.MigrateInput, it.Place.Child("spec").Child("image"),
		"is set to %s, the running image; the operator built it, so build it yourself from now on", image)
}

// keepPullPolicy annotates an input with the pull policy of its container, unless it is the default: the operator rebuilt images
// under the same tag, and set Always (pkg/mgw/deployment.go of the operator).
func keepPullPolicy(it *krm.Item, container *yaml.Node, in *input, ps *model.Problems) {
	policy := krm.Text(container, "imagePullPolicy")
	if policy == "" || policy == pullPolicy(krm.Text(container, "image")) {
		return
	}
	if in.Metadata.Annotations == nil {
		in.Metadata.Annotations = map[string]any{}
	}
	in.Metadata.Annotations[gen.PullPolicyAnnotation] = policy
	ps.Infof(model.MigrateInput, it.Place.Child("metadata").Child("annotations").Child(gen.PullPolicyAnnotation),
		"is set to %s, as in the cluster; remove it once every image has its own tag", policy)
}

// keepMode sets the mode in which the gateway runs. For a single document, the operator ignored spec.mode.
func (d dump) keepMode(it, live *krm.Item, in *input, ps *model.Problems) {
	mode := model.PrivateJet
	if d.runsSidecars(live) {
		mode = model.Sidecar
	}
	text, _ := in.Spec["mode"].(string)
	stated, _ := model.ParseMode(text)
	if stated == model.Shared || stated == "" {
		stated = model.PrivateJet
	}
	if stated == mode {
		return
	}
	in.Spec["mode"] = string(mode)
	ps.Infof(model.MigrateInput, it.Place.Child("spec").Child("mode"), "is set to %s, the mode in which the gateway runs", mode)
}

// keepBackend removes what the operator ignored in a TargetEndpoint: limits of 0, and private jet mode where the gateway runs it
// as a sidecar.
func (d dump) keepBackend(it *krm.Item, in *input, ps *model.Problems) {
	deploy, _ := in.Spec["deploy"].(map[string]any)
	for _, name := range []string{"minReplicas", "maxReplicas"} {
		if fmt.Sprint(deploy[name]) == "0" {
			delete(deploy, name)
		}
	}
	text, _ := in.Spec["mode"].(string)
	if mode, _ := model.ParseMode(text); mode != model.PrivateJet {
		return
	}
	for _, api := range d.of(operatorGroup, "API") {
		live := d.deployment(api.Place.Object)
		if live != nil && keyOf(api.Place.Object).namespace == keyOf(it.Place.Object).namespace &&
			slices.Contains(containerNames(live), containerOf(it)) {
			delete(in.Spec, "mode")
			ps.Infof(model.MigrateInput, it.Place.Child("spec").Child("mode"), "is removed, because %s runs it as a sidecar",
				api.Place.Object)
			return
		}
	}
}

// keepScraping keeps the annotations by which a Prometheus without monitors scrapes the gateways.
func (d dump) keepScraping(spec map[string]any, ps *model.Problems) {
	for _, it := range d.of("apps", "Deployment") {
		annotations := krm.TextMap(it.Node(), "spec", "template", "metadata", "annotations")
		if !d.isGateway(keyOf(it.Place.Object)) || annotations["prometheus.io/scrape"] != "true" {
			continue
		}
		spec["metrics"] = map[string]any{"scrapeAnnotations": true}
		at := model.Place{Object: model.Object{Kind: configKind, Name: "render"}}
		ps.Warnf(model.MigrateInput, at.Child("spec").Child("metrics").Child("scrapeAnnotations"),
			"is set to true, because the pods of %s have prometheus.io/scrape; remove it if your Prometheus reads ServiceMonitors, "+
				"because it would scrape all pods twice", it.Place.Object)
		return
	}
}

// runsSidecars reports whether the pods of a gateway contain backends. The operator put them before the gateway; a TargetEndpoint
// might have changed its container name since.
func (d dump) runsSidecars(live *krm.Item) bool {
	k, names := keyOf(live.Place.Object), containerNames(live)
	return slices.Index(names, gatewayContainer(k.name)) > 0 ||
		slices.ContainsFunc(names, func(name string) bool { return d.isBackendContainer(k.namespace, name) })
}

// gatewayContainer returns the name that the operator gives to the gateway container (pkg/mgw/deployment.go of the operator).
func gatewayContainer(api string) string { return "mgw" + api }

// containerOf returns the container name of a TargetEndpoint.
func containerOf(it *krm.Item) string {
	return cmp.Or(krm.Text(it.Node(), "spec", "deploy", "name"), it.Place.Object.Name)
}

func (d dump) isBackendContainer(namespace, name string) bool {
	return slices.ContainsFunc(d.of(operatorGroup, "TargetEndpoint"), func(it *krm.Item) bool {
		return keyOf(it.Place.Object).namespace == namespace && containerOf(it) == name
	})
}

// containers returns the containers of the pods of a Deployment.
func containers(deployment *krm.Item) []*yaml.Node {
	return content(deployment.Node(), "spec", "template", "spec", "containers")
}

func containerNames(deployment *krm.Item) []string {
	var names []string
	for _, c := range containers(deployment) {
		names = append(names, krm.Text(c, "name"))
	}
	return names
}
