package gen

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// A package that only begins with the name of one that runs this program is not in it.
func TestElsewhere(t *testing.T) {
	s := scope{root: "/top", others: []string{"/top/inner"}}
	for path, want := range map[string]bool{
		"/top": false, "/top/inner": true, "/top/inner/deep": true, "/top/inner-too": false, "/top/inn": false,
	} {
		it := &krm.Item{Annotations: map[string]string{krm.PackagePathAnnotation: path}}
		if got := s.elsewhere(it); got != want {
			t.Errorf("%s: got %t, want %t", path, got, want)
		}
	}
}

// mountingPods is a Deployment in a list whose pods run an image and mount a ConfigMap.
func mountingPods(namespace, name, image, configMap string) string {
	return `- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: ` + name + `, namespace: ` + namespace + `}
  spec:
    template:
      metadata: {labels: {app: ` + name + `}}
      spec:
        containers: [{name: c, image: ` + image + `}]
        volumes: [{name: v, configMap: {name: ` + configMap + `}}]
`
}

// The checksum of the rules is on the pods that read them, and nowhere else.
func TestChecksums(t *testing.T) {
	pods := mountingPods("custom-metrics", "reader", "adapter", "adapter-config") +
		mountingPods("custom-metrics", "of-another", "adapter", "other-config") +
		mountingPods("elsewhere", "of-another-namespace", "adapter", "adapter-config") +
		mountingPods("custom-metrics", "idle", "example.com/prometheus-adapter:v1", "other-config")
	const noAPI = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
	rules := mountedRules("rules: [{seriesQuery: x, resources: {template: <<.Resource>>}, name: {as: m}}]")
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"rules are rendered":       {string(manyAPIs(1)) + pods, []string{"reader"}},
		"there are no rules":       {noAPI + pods, nil},
		"the user's rules are all": {noAPI + rules + pods, nil},
	} {
		t.Run(name, func(t *testing.T) {
			list, ps := krm.ReadList(strings.NewReader(c.text))
			opts, _ := readOptions(nil, nil)
			src, more := read(Input{Items: list.Items}, opts)
			ps.Add(more...)
			_, decided, more := build(src, opts)
			ps.Add(more...)
			if ps.HasErrors() {
				t.Fatal(ps)
			}
			var got []string
			for it := range decided.checksums {
				got = append(got, it.Place.Object.Name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("pods with a checksum (-want +got):\n%s", diff)
			}
		})
	}
}

// mountedRules is the ConfigMap that a user wrote for the adapter.
func mountedRules(rules string) string {
	return `- apiVersion: v1
  kind: ConfigMap
  metadata: {name: adapter-config, namespace: custom-metrics}
  data:
    config.yaml: '` + rules + `'
`
}

// Only a port below 1024 needs a capability.
func TestPrivilegedPorts(t *testing.T) {
	for target, want := range map[int32]int{1: 1, 80: 1, 1023: 1, 1024: 0, 1025: 0} {
		if got := len(hardened([]port{{"p", 80, target}}).Capabilities.Add); got != want {
			t.Errorf("%d: %d capabilities are added, want %d", target, got, want)
		}
	}
}

// The adapter is told by its image or by its flags, whichever way they are written.
func TestRunsAdapter(t *testing.T) {
	for text, want := range map[string]bool{
		"containers: [{image: web}]":                                                                          false,
		"containers: [{image: 'example.com/prometheus-adapter:v1'}]":                                          true,
		"containers: [{image: web}, {image: prometheus-adapter}]":                                             true,
		"containers: [{image: mine, args: [--config=/c, --prometheus-url=http://p]}]":                         true,
		"containers: [{image: mine, command: [adapter, --config, /c], args: [--prometheus-url, 'http://p']}]": true,
		"containers: [{image: mine, args: [--config=/c]}]":                                                    false,
		"containers: [{image: mine, args: --config=/c --prometheus-url=http://p}]":                            false,
		"volumes: []": false,
	} {
		spec, ps := krm.Parse(text, model.Place{})
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		if got := runsAdapter(spec); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}

// A generator of kustomize gets nothing but its own configuration, without the path of a file.
func TestInKustomize(t *testing.T) {
	item := func(name string, annotations ...string) *krm.Item {
		it := &krm.Item{Annotations: map[string]string{}}
		it.Place.Object.Name = name
		for i := 0; i < len(annotations); i += 2 {
			it.Annotations[annotations[i]] = annotations[i+1]
		}
		return it
	}
	config := item("api", functionAnnotation, "exec")
	index, path := []string{krm.IndexAnnotation, "0"}, []string{krm.IndexAnnotation, "0", krm.PathAnnotation, "api.yaml"}
	for name, c := range map[string]struct {
		config *krm.Item
		items  []*krm.Item
		want   bool
	}{
		"an item with an ID":           {nil, []*krm.Item{item("a"), item("b", kustomizeID, "1")}, true},
		"nothing":                      {config, nil, false},
		"its configuration":            {config, []*krm.Item{item("api", index...)}, true},
		"its configuration of a file":  {config, []*krm.Item{item("api", path...)}, false},
		"another item without a file":  {config, []*krm.Item{item("other", index...)}, false},
		"an item without an index":     {config, []*krm.Item{item("api")}, false},
		"no configuration":             {nil, []*krm.Item{item("api", index...)}, false},
		"a configuration for no one":   {item("api"), []*krm.Item{item("api", index...)}, false},
		"a configuration of the items": {item("api", append(index, functionAnnotation, "exec")...), []*krm.Item{item("api", index...)}, false},
	} {
		if got := inKustomize(c.items, c.config); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}
