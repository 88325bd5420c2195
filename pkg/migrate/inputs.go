package migrate

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// configKind is the kind of the function configuration.
const configKind = "RenderAPIs"

// input is an object as a user would write it.
type input struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   metadata       `json:"metadata"`
	Immutable  any            `json:"immutable,omitempty"`
	Data       map[string]any `json:"data,omitempty"`
	BinaryData map[string]any `json:"binaryData,omitempty"`
	Spec       map[string]any `json:"spec,omitempty"`
}

// metadata contains the metadata that users write.
type metadata struct {
	Name        string         `json:"name"`
	Namespace   string         `json:"namespace,omitempty"`
	Labels      map[string]any `json:"labels,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
}

// lastApplied is the annotation in which kubectl apply stores what it applied.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// inputs returns all APIs, TargetEndpoints, and ConfigMaps of the dump, without what the server or the operator added.
func (d dump) inputs(ps *model.Problems) []*krm.Item {
	var all []*krm.Item
	for _, k := range []struct{ group, kind string }{{operatorGroup, "API"}, {operatorGroup, "TargetEndpoint"}, {"", "ConfigMap"}} {
		for _, it := range d.of(k.group, k.kind) {
			if k.group != "" && krm.Text(it.Node(), "metadata", "deletionTimestamp") != "" {
				ps.Errorf(model.MigrateDump, it.Place,
					"is being deleted, along with the objects that it owns; wait until it is gone, or restore it, then dump "+
						"the cluster again")
				continue
			}
			if clean := d.clean(it, ps); clean != nil {
				all = append(all, clean)
			}
		}
	}
	return all
}

func (d dump) clean(it *krm.Item, ps *model.Problems) *krm.Item {
	var in input
	if err := krm.Convert(it.Node(), &in); err != nil {
		ps.Errorf(model.InputType, it.Place, "%v", err)
		return nil
	}
	delete(in.Metadata.Annotations, lastApplied)
	if it.Place.Object.Kind == "ConfigMap" && gen.Owner(it) != "" {
		convertToInput(&in)
	}
	if it.Place.Object.Kind == "API" {
		delete(in.Spec, "apiEndPoint") // The operator sets this field.
	}
	d.keepRunning(it, &in, ps)
	if it.Place.Object.Kind != "ConfigMap" {
		prune(in.Spec)
	}
	n, err := krm.ToNode(in)
	if err != nil {
		ps.Errorf(model.InputType, it.Place, "%v", err)
		return nil
	}
	clean := krm.NewItem(n)
	clean.Place.File = it.Place.File
	return clean
}

// convertToInput turns the rules that an earlier migration applied into an input, because only the cluster has the rules of
// others that were merged into them. A rendered object replaces local configuration of the same name.
func convertToInput(in *input) {
	for _, m := range []map[string]any{in.Metadata.Annotations, in.Metadata.Labels} {
		maps.DeleteFunc(m, func(name string, _ any) bool { return isMark(name) })
	}
	in.Metadata.Annotations[krm.LocalConfigAnnotation] = "true"
}

// prune removes empty values: the operator writes its Go structs with all their fields.
func prune(m map[string]any) {
	for k, v := range m {
		if child, ok := v.(map[string]any); ok {
			prune(child)
		}
		if isEmpty(v) {
			delete(m, k)
		}
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// selected returns the inputs that were read to render out, with the selectors of their Deployments.
func (d dump) selected(inputs []*krm.Item, out gen.Output, ps *model.Problems) []*krm.Item {
	read := map[key]bool{}
	for _, it := range out.Items {
		if it.Annotations[krm.LocalConfigAnnotation] == "true" {
			read[keyOf(it.Place.Object)] = true
		}
	}
	rendered := map[key]*krm.Item{}
	for _, it := range out.Rendered {
		rendered[keyOf(it.Place.Object)] = it
	}
	var all []*krm.Item
	for _, it := range inputs {
		o := it.Place.Object
		if !read[keyOf(o)] || !named(it, ps) {
			continue
		}
		if o.Kind == "API" || o.Kind == "TargetEndpoint" {
			live := d.deployment(o)
			if live != nil && rendered[keyOf(live.Place.Object)] != nil {
				keepSelector(it, live, rendered[keyOf(live.Place.Object)], ps)
			}
		}
		all = append(all, it)
	}
	return all
}

// keepSelector annotates an input with the selector of its Deployment, unless the rendered Deployment has the same selector.
func keepSelector(it, live, rendered *krm.Item, ps *model.Problems) {
	where := []string{"spec", "selector", "matchLabels"}
	selector := krm.TextMap(live.Node(), where...)
	if len(selector) == 0 || maps.Equal(selector, krm.TextMap(rendered.Node(), where...)) {
		return
	}
	text := selectorText(selector)
	it.Annotate(gen.SelectorAnnotation, text)
	ps.Infof(model.MigrateInput, it.Place.Child("metadata").Child("annotations").Child(gen.SelectorAnnotation),
		"is set to %s, because the selector of a Deployment is immutable", text)
}

func selectorText(selector map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(selector)) {
		parts = append(parts, k+"="+selector[k])
	}
	return strings.Join(parts, ",")
}

// renderConfig returns the function configuration, or nil if there is nothing to configure.
func (d dump) renderConfig(kubernetes string, ps *model.Problems) *krm.Item {
	config := input{
		APIVersion: "krm-fn.dev/v1alpha1", Kind: configKind, Metadata: metadata{Name: "render"}, Spec: map[string]any{},
	}
	if kubernetes != "" {
		config.Spec["kubernetesVersion"] = kubernetes
	}
	d.keepScraping(config.Spec, ps)
	if len(config.Spec) == 0 {
		return nil
	}
	n, err := krm.ToNode(config)
	if err != nil {
		ps.Errorf(model.InputValue, model.Place{}, "%q: %v", kubernetes, err)
		return nil
	}
	return krm.NewItem(n)
}

// packageFiles returns the files of the package.
func packageFiles(items []*krm.Item, config *krm.Item, ps *model.Problems) []File {
	var files []File
	for _, it := range items {
		files = addFile(files, InputsDir, it, ps)
	}
	if config != nil {
		files = addFile(files, InputsDir, config, ps)
		files[len(files)-1].Path = path.Join(InputsDir, "render-apis.yaml")
	}
	return files
}
