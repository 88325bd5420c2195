package migrate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKeepsWhatRuns changes a dump in one way each, and shows the problems that the whole dump does not have.
func TestKeepsWhatRuns(t *testing.T) {
	const ingressClass = "- {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}}\nkind: List\n"
	for name, tc := range map[string]struct{ base, dump, want string }{
		"the document is of another mode": {
			"apictl", edited(t, "apictl", "      x-wso2-mode: sidecar\n", "      x-wso2-mode: privateJet\n"),
			`error: Deployment shop/inventory-api: spec.template.spec.containers[inventory-service]: is removed, but the gateway might call it at localhost; set x-wso2-mode: sidecar in the OpenAPI document, name the TargetEndpoint as its endpoint, and dump the cluster again [migrate/pods]
warning: migration/inputs/api_shop_inventory-api.yaml: API shop/inventory-api: spec.mode: is sidecar, but x-wso2-mode in ConfigMap shop/inventory-api-swagger is privateJet; privateJet is used, because a single document takes precedence [swagger/mode]
info: dump.yaml: TargetEndpoint shop/inventory: metadata.annotations["krm-fn.dev/selector"]: is set to app=inventory,tier=backend, because the selector of a Deployment is immutable [migrate/input]
`,
		},
		"the mode of the API had no effect": {
			"private-jet", edited(t, "private-jet", "    replicas: 2\n    updateTimeStamp", "    mode: sidecar\n    replicas: 2\n    updateTimeStamp"),
			"info: dump.yaml: API shop/products-api: spec.mode: is set to privateJet, the mode in which the gateway runs [migrate/input]\n",
		},
		"the sidecar has another name now": {
			"sidecar", edited(t, "sidecar", "      name: inventory-service\n    ports:", "      name: inventory-next\n    ports:"),
			"warning: Deployment shop/inventory-api: spec.template.spec.containers[inventory-service]: is removed; make sure that the pods work without it [migrate/pods]\n",
		},
		"a mount is of another ConfigMap now": {
			"sidecar", edited(t, "sidecar", "      - name: gateway-logging\n", "      - name: other-logging\n"),
			`warning: Deployment shop/inventory-api: spec.template.spec.containers[mgw].volumeMounts[/home/ballerina/wso2/conf/log.conf]: becomes {"configMap":{"name":"other-logging"}} log.conf instead of {"configMap":{"name":"gateway-logging"}} log.conf; make sure that the container works with it [migrate/pods]
`,
		},
		"a path is gone": {
			"apictl", edited(t, "apictl", "x-wso2-basePath: /inventory/{version}", "x-wso2-basePath: /stock"),
			"warning: Ingress shop/api-operator-ingress-inventory-api: spec.rules: inventory.example.com/inventory/v1 is no longer routed; move its clients first [migrate/traffic]\n",
		},
		"the IngressClass is there":       {"apictl", edited(t, "apictl", "kind: List\n", ingressClass), ""},
		"the image is not the operator's": {"apictl", edited(t, "apictl", "    ingressHostname:", "    image: registry.example.com/apis/inventory-api:v1\n    ingressHostname:"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			known := lines1(runCase(t, tc.base).ps)
			items, ps := ReadDump(strings.NewReader(tc.dump), "dump.yaml")
			_, more := Run(Input{Items: items, Kubernetes: cases[tc.base], Dir: outDir})
			ps.Add(more...)
			var got strings.Builder
			for _, p := range ps {
				if !strings.Contains(known, p.String()) {
					got.WriteString(p.String() + "\n")
				}
			}
			if diff := cmp.Diff(tc.want, got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
