//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/tools"
)

// operatorKinds has the kinds of the operator without their schema, the namespaces that it works in, and its account.
const operatorKinds = `
{apiVersion: v1, kind: List, items: [
  {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: apis.wso2.com}, spec: {
    group: wso2.com, scope: Namespaced, names: {kind: API, listKind: APIList, plural: apis, singular: api}, versions: &any [
      {name: v1alpha1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}},
  {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: targetendpoints.wso2.com}, spec: {
    group: wso2.com, scope: Namespaced, versions: *any,
    names: {kind: TargetEndpoint, listKind: TargetEndpointList, plural: targetendpoints, singular: targetendpoint}}},
  {apiVersion: v1, kind: Namespace, metadata: {name: shop}},
  {apiVersion: v1, kind: Namespace, metadata: {name: custom-metrics}},
  {apiVersion: v1, kind: Namespace, metadata: {name: wso2-system}},
  {apiVersion: v1, kind: ServiceAccount, metadata: {name: api-operator, namespace: wso2-system}}]}
`

// restore puts the objects of a dump into a cluster, as the operator left them: with owners, which get other UIDs in this cluster.
// It leaves out what every cluster has by itself, and the status.
func restore(t *testing.T, c *cluster.Cluster, dump string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Root(t), dump))
	if err != nil {
		t.Fatal(err)
	}
	var list unstructured.UnstructuredList
	if text, err = yaml.YAMLToJSON(text); err == nil {
		err = list.UnmarshalJSON(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	kubectl(t, c, operatorKinds, "apply", "-f", "-")
	kubectl(t, c, "", "wait", "--for=condition=Established", "--timeout=5m", "crd", "apis.wso2.com", "targetendpoints.wso2.com")
	// Owners come first.
	slices.SortStableFunc(list.Items, func(a, b unstructured.Unstructured) int {
		return len(a.GetOwnerReferences()) - len(b.GetOwnerReferences())
	})
	uids := map[types.UID]types.UID{}
	for i := range list.Items {
		o := &list.Items[i]
		if o.GetName() == "kube-root-ca.crt" || o.GetNamespace() == "default" {
			continue
		}
		uids[o.GetUID()] = create(t, c, o, uids)
	}
}

// create makes an object without what only servers write, and returns its UID.
func create(t *testing.T, c *cluster.Cluster, o *unstructured.Unstructured, uids map[types.UID]types.UID) types.UID {
	t.Helper()
	owners := o.GetOwnerReferences()
	for i := range owners {
		uid, ok := uids[owners[i].UID]
		if !ok {
			t.Fatalf("the owner of %s is not in the dump", o.GetName())
		}
		owners[i].UID = uid
	}
	o.SetOwnerReferences(owners)
	o.SetUID("")
	o.SetResourceVersion("")
	o.SetManagedFields(nil)
	delete(o.Object, "status")
	if o.GetKind() == "Service" {
		unstructured.RemoveNestedField(o.Object, "spec", "clusterIP")
		unstructured.RemoveNestedField(o.Object, "spec", "clusterIPs")
	}
	// No such program could start with what the dump shows of it.
	if o.GetName() == "custom-metrics-apiserver" {
		containers, _, err := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		if err != nil || len(containers) != 1 {
			t.Fatalf("containers of %s: %v: %v", o.GetName(), containers, err)
		}
		containers[0].(map[string]any)["image"] = "registry.example.com/adapter:1"
		if err := unstructured.SetNestedSlice(o.Object, containers, "spec", "template", "spec", "containers"); err != nil {
			t.Fatal(err)
		}
	}
	text, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var made metav1.PartialObjectMetadata
	if err := json.Unmarshal([]byte(kubectl(t, c, string(text), "create", "-f", "-", "-o", "json")), &made); err != nil {
		t.Fatal(err)
	}
	return made.UID
}

// kubectl runs a command that must succeed.
func kubectl(t *testing.T, c *cluster.Cluster, stdin string, args ...string) string {
	t.Helper()
	out, err := c.Kubectl(t.Context(), stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
