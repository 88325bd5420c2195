package migrate

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// TestAgain makes a dump once more when the manifests are applied and the operator's resources are still there. Nothing is left to change:
// images that the operator built and rules of other teams, which only the cluster knows, are still in the package.
func TestAgain(t *testing.T) {
	for name, version := range cases {
		t.Run(name, func(t *testing.T) {
			first := runCase(t, name).out
			out, ps := Run(Input{Items: applyTo(t, readCase(t, name), first.Files), Kubernetes: version, Dir: outDir})
			if ps.HasErrors() {
				t.Fatal(ps)
			}
			for _, o := range out.Report.Objects {
				if o.Action != None && o.Action != Leave {
					t.Errorf("%s %s/%s: %s %v", o.Kind, o.Namespace, o.Name, o.Action, o.Changes)
				}
			}
			inputs := func(f File) bool { return !strings.HasPrefix(f.Path, InputsDir+"/") }
			before, after := slices.DeleteFunc(slices.Clone(first.Files), inputs), slices.DeleteFunc(slices.Clone(out.Files), inputs)
			if name == "private-jet" {
				// The rules are an input with what was merged into them.
				before, after = without(before, "configmap_custom-metrics_adapter-config.yaml"), without(after, "configmap_custom-metrics_adapter-config.yaml")
			}
			if diff := cmp.Diff(archive(before), archive(after)); diff != "" {
				t.Errorf("the package (-first +second):\n%s", diff)
			}
		})
	}
}

// applyTo puts the manifests into a dump.
func applyTo(t *testing.T, items []*krm.Item, files []File) []*krm.Item {
	t.Helper()
	manifests := map[key]*krm.Item{}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, ManifestsDir+"/") {
			continue
		}
		n, ps := krm.Parse(string(f.Text), model.Place{File: f.Path})
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		it := krm.NewItem(n)
		manifests[keyOf(it.Place.Object)] = it
	}
	var all []*krm.Item
	for _, it := range items {
		if manifests[keyOf(it.Place.Object)] == nil {
			all = append(all, it)
		}
	}
	for _, it := range manifests {
		all = append(all, it)
	}
	return all
}

func without(files []File, name string) []File {
	return slices.DeleteFunc(slices.Clone(files), func(f File) bool { return path.Base(f.Path) == name })
}

// TestForeignConfigMaps has ConfigMaps that other programs manage. The package has none of what nothing reads, and what is read keeps
// its labels.
func TestForeignConfigMaps(t *testing.T) {
	const label = "app.kubernetes.io/managed-by: Helm"
	items := readCase(t, "private-jet")
	n, ps := krm.Parse("{apiVersion: v1, kind: ConfigMap, metadata: {name: charts, namespace: shop, labels: {"+label+"}}, data: {a: b}}", model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	items = append(items, krm.NewItem(n))
	i := slices.IndexFunc(items, func(it *krm.Item) bool { return it.Place.Object.Name == "hpa-configs" })
	text, err := krm.EncodeNode(items[i].Node())
	if err != nil {
		t.Fatal(err)
	}
	n, ps = krm.Parse(strings.Replace(string(text), "metadata:\n", "metadata:\n  labels: {"+label+"}\n", 1), model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	items[i] = krm.NewItem(n)
	out, ps := Run(Input{Items: items, Dir: outDir})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	for _, f := range out.Files {
		switch path.Base(f.Path) {
		case "configmap_shop_charts.yaml":
			t.Errorf("the package has %s", f.Path)
		case "configmap_wso2-system_hpa-configs.yaml":
			if !strings.Contains(string(f.Text), label) {
				t.Errorf("%s lacks its label:\n%s", f.Path, f.Text)
			}
		}
	}
}
