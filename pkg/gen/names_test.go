package gen

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestUniquePort(t *testing.T) {
	taken := map[string]bool{}
	for _, tc := range []struct{ name, want string }{
		{"http", "http"},
		{"http", "http-2"},
		{"http", "http-3"},
		{"http-2", "http-2-2"},
		{"fifteen-letters", "fifteen-letters"},
		{"fifteen-letters", "fifteen-lette-2"},
		{"fourteen-lette", "fourteen-lette"},
		{"a-name-too-long-for-a-port", "a-name-too-long"},
		{"a-name-too-long-for-a-port", "a-name-too-lo-2"},
		{"twelve-chars-x", "twelve-chars-x"},
		{"twelve-chars-x", "twelve-chars-2"},
	} {
		got := uniquePort(tc.name, taken)
		if got != tc.want {
			t.Errorf("uniquePort(%q) is %q, want %q", tc.name, got, tc.want)
		}
		if errs := validation.IsValidPortName(got); len(errs) > 0 {
			t.Errorf("%q is not a valid name of a port: %v", got, errs)
		}
	}
}

func TestVolumeNames(t *testing.T) {
	taken := map[string]bool{}
	long := strings.Repeat("a", 59)
	for _, tc := range []struct{ kind, name, want string }{
		{"ConfigMap", "settings", "cm-settings"},
		{"Secret", "settings", "secret-settings"},
		{"ConfigMap", "a.b", "cm-a-b"},
		{"ConfigMap", "a-b", "cm-a-b-2"},
		{"ConfigMap", long + ".b", "cm-" + long},
		{"ConfigMap", long + ".c", "cm-" + long[:58] + "-2"},
		{"Secret", strings.Repeat("b", 253), "secret-" + strings.Repeat("b", 56)},
		{"Secret", strings.Repeat("b", 252), "secret-" + strings.Repeat("b", 54) + "-2"},
	} {
		got := volumeName(tc.kind, tc.name, taken)
		if got != tc.want {
			t.Errorf("volumeName(%s, %q) is %q, want %q", tc.kind, tc.name, got, tc.want)
		}
		if errs := validation.IsDNS1123Label(got); len(errs) > 0 {
			t.Errorf("%q is not a valid name of a volume: %v", got, errs)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                  nil,
		" \n\t,":            nil,
		"a":                 {"a"},
		"a,b":               {"a", "b"},
		" a , b\n- c\td,, ": {"a", "b", "-", "c", "d"},
	} {
		if diff := cmp.Diff(want, words(in)); diff != "" && (len(want) > 0 || len(words(in)) > 0) {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
}

func TestFileNames(t *testing.T) {
	for want, o := range map[string]model.Object{
		"deployment_shop_products.yaml":           {Kind: "Deployment", Namespace: "shop", Name: "products"},
		"horizontalpodautoscaler_products.yaml":   {Kind: "HorizontalPodAutoscaler", Name: "products"},
		"configmap_custom-metrics_adapter-x.yaml": {Kind: "ConfigMap", Namespace: "custom-metrics", Name: "adapter-x"},
	} {
		if got := FileName(o); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// object makes an item of a kind; renamed are the names, namespaces, prefixes and suffixes that kustomize recorded.
func testItem(t *testing.T, namespace, name string, renamed ...string) *krm.Item {
	t.Helper()
	annotations := map[string]any{}
	for i, key := range []string{"previousNames", "previousNamespaces", "prefixes", "suffixes"} {
		if i < len(renamed) && renamed[i] != "" {
			annotations["internal.config.kubernetes.io/"+key] = renamed[i]
		}
	}
	n, err := krm.ToNode(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name, "namespace": namespace, "annotations": annotations},
	})
	if err != nil {
		t.Fatal(err)
	}
	return krm.NewItem(n)
}

func TestFindByPresentAndPreviousNames(t *testing.T) {
	plain := testItem(t, "shop", "plain")
	renamed := testItem(t, "prod", "pre-old-suf", "old,old", "default,shop", "pre-", "-suf")
	twinA := testItem(t, "prod", "a-twin", "twin", "shop", "a-")
	twinB := testItem(t, "prod", "b-twin", "twin", "shop", "b-")
	present := testItem(t, "shop", "old")
	fromA := testItem(t, "prod", "a-api", "api", "shop", "a-")
	fromNowhere := testItem(t, "prod", "api")
	noNamespace := testItem(t, "", "bare")
	ix := index{}
	for _, it := range []*krm.Item{plain, renamed, twinA, twinB, present, noNamespace} {
		ix.add(it)
	}
	for name, tc := range map[string]struct {
		find       string
		from       *krm.Item
		namespaces []string
		want       *krm.Item
		problems   []string
	}{
		"a present name":                     {find: "plain", namespaces: []string{"shop"}, want: plain},
		"of another namespace":               {find: "plain", namespaces: []string{"prod"}},
		"of one of several namespaces":       {find: "plain", namespaces: []string{"prod", "shop"}, want: plain},
		"no name":                            {find: "none", namespaces: []string{"shop"}},
		"a present name before an old one":   {find: "old", namespaces: []string{"default", "shop"}, want: present},
		"an old name":                        {find: "old", namespaces: []string{"default"}, want: renamed},
		"an old name in the present space":   {find: "old", namespaces: []string{"prod"}},
		"the present name of a renamed one":  {find: "pre-old-suf", namespaces: []string{"prod"}, want: renamed},
		"the one of the same kustomization":  {find: "twin", from: fromA, namespaces: []string{"shop"}, want: twinA},
		"one of two without a kustomization": {find: "twin", from: fromNowhere, namespaces: []string{"shop"}, want: twinA, problems: []string{`error: f: "twin" is ambiguous: it matches ConfigMap prod/a-twin and ConfigMap prod/b-twin; use the current name of one of them [input/reference]`}},
		"no namespace is default":            {find: "bare", namespaces: []string{"default"}, want: noNamespace},
		"default is no namespace":            {find: "bare", namespaces: []string{""}, want: noNamespace},
	} {
		t.Run(name, func(t *testing.T) {
			var ps model.Problems
			got := ix.find("ConfigMap", tc.find, referrer{tc.from, tc.namespaces}, model.Place{Field: "f"}, &ps)
			if got != tc.want {
				t.Errorf("found %v, want %v", got, tc.want)
			}
			var texts []string
			for _, p := range ps {
				texts = append(texts, p.String())
			}
			if diff := cmp.Diff(tc.problems, texts); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
