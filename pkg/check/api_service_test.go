package check

import (
	"strings"
	"testing"
)

// adapterChain is a workload with a rule, and an adapter on port 6443 behind Service adapter.
const adapterChain = shop + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: adapter, namespace: monitoring}
spec:
  selector: {matchLabels: {app: adapter}}
  template:
    metadata: {labels: {app: adapter}}
    spec:
      serviceAccountName: adapter
      containers:
      - name: adapter
        image: registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0
        args: [--config=/etc/adapter/config.yaml, --secure-port=6443]
        ports: [{name: https, containerPort: 6443}, {name: metrics, containerPort: 8080}]
        volumeMounts: [{name: config, mountPath: /etc/adapter}]
      volumes: [{name: config, configMap: {name: adapter-config}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    rules:
    - seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
      resources: {template: <<.Resource>>}
      name: {matches: '^(.*)_total$', as: '${1}_per_second'}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)
---
apiVersion: v1
kind: Service
metadata: {name: adapter, namespace: monitoring}
spec:
  selector: {app: adapter}
  ports: [{name: https, port: 443, targetPort: https}]
`

// apiOf is an APIService of custom metrics.
func apiOf(version, more, service string) string {
	return "---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: " + version + ".custom.metrics.k8s.io}\nspec: {group: custom.metrics.k8s.io, version: " + version + more + ", service: " + service + "}\n"
}

func TestAPIService(t *testing.T) {
	const (
		blind = ", insecureSkipTLSVerify: true"
		sound = "{name: adapter, namespace: monitoring}"
	)
	asks := asking(podsMetric("http_requests_per_second"))
	api := apiOf("v1beta1", blind, sound)
	chain := adapterChain + asks
	target := func(port string) string { return strings.ReplaceAll(chain, "targetPort: https", "targetPort: "+port) }
	external := asking(externalMetric("queue_depth"))
	runCases(t, apiService, []checkCase{
		{name: "sound", text: chain + api},
		{name: "stated port", text: chain + apiOf("v1beta1", blind, "{name: adapter, namespace: monitoring, port: 443}")},
		{name: "no APIService", text: chain},
		{name: "APIService of the API server itself", text: chain + strings.ReplaceAll(api, ", service: "+sound, "")},
		{name: "another name", text: chain + apiOf("v1beta1", blind, "{name: adaptor, namespace: monitoring}"), want: []string{
			`error: APIService v1beta1.custom.metrics.k8s.io: spec.service.name: the input has no Service monitoring/adaptor; Service monitoring/adapter selects the adapter pods [api/service]`,
		}},
		{name: "another namespace", text: chain + apiOf("v1beta1", blind, "{name: adapter, namespace: custom-metrics}"), want: []string{
			`error: APIService v1beta1.custom.metrics.k8s.io: spec.service.namespace: the input has no Service custom-metrics/adapter; Service monitoring/adapter selects the adapter pods [api/service]`,
		}},
		{name: "another name, and nothing asks for custom metrics", text: adapterChain + external + apiOf("v1beta1", blind, "{name: adaptor, namespace: monitoring}"), want: []string{
			`warning: APIService v1beta1.custom.metrics.k8s.io: spec.service.name: the input has no Service monitoring/adaptor; Service monitoring/adapter selects the adapter pods [api/service]`,
		}},
		{name: "one version of two", text: chain + api + apiOf("v1beta2", blind, "{name: adaptor, namespace: monitoring}"), want: []string{
			`warning: APIService v1beta2.custom.metrics.k8s.io: spec.service.name: the input has no Service monitoring/adaptor; Service monitoring/adapter selects the adapter pods [api/service]`,
		}},
		{name: "the Service is elsewhere", text: strings.ReplaceAll(chain, "kind: Service\nmetadata: {name: adapter,", "kind: Endpoints\nmetadata: {name: adapter,") + api},
		{name: "another port", text: chain + apiOf("v1beta1", blind, "{name: adapter, namespace: monitoring, port: 6443}"), want: []string{
			`error: APIService v1beta1.custom.metrics.k8s.io: spec.service.port: Service monitoring/adapter has no port 6443; it has 443 [api/service]`,
		}},
		{name: "no stated port", text: strings.ReplaceAll(chain, "port: 443,", "port: 6443,") + api, want: []string{
			`error: APIService v1beta1.custom.metrics.k8s.io: spec.service.port: Service monitoring/adapter has no port 443, the default; it has 6443 [api/service]`,
		}},
		{name: "a target port without a container", text: target("http") + api, want: []string{
			`error: Service monitoring/adapter: spec.ports[0].targetPort: no container of Deployment adapter declares a port named "http"; did you mean "https"? [api/service]`,
		}},
		{name: "the number of the port", text: target("6443") + api},
		{name: "a target port on which something else listens", text: target("metrics") + api, want: []string{
			`error: Service monitoring/adapter: spec.ports[0].targetPort: targets port 8080 of Deployment adapter, but the adapter listens on 6443 (--secure-port) [api/service]`,
		}},
		{name: "a number on which nothing listens", text: target("443") + api, want: []string{
			`error: Service monitoring/adapter: spec.ports[0].targetPort: targets port 443 of Deployment adapter, but the adapter listens on 6443 (--secure-port) [api/service]`,
		}},
		{name: "a port that is not known", text: strings.ReplaceAll(target("metrics"), "--secure-port=6443", "--secure-port=$(PORT)") + api},
		{name: "no flag for the port", text: strings.ReplaceAll(target("metrics"), ", --secure-port=6443", "") + api},
		{
			name: "a proxy before the adapter",
			text: strings.ReplaceAll(target("proxy"), "      volumes: [", "      - {name: proxy, image: example/proxy, ports: [{name: proxy, containerPort: 8443}]}\n      volumes: [") + api,
		},
		{name: "pods that something is injected into", text: strings.ReplaceAll(target("proxy"), "labels: {app: adapter}}", "labels: {app: adapter}, annotations: {sidecar.istio.io/inject: 'true'}}") + api},
		{name: "a selector without pods", text: strings.ReplaceAll(chain, "selector: {app: adapter}\n  ports", "selector: {app: adaptor}\n  ports") + api, want: []string{
			`error: Service monitoring/adapter: spec.selector: selects no pods, but the pods of Deployment adapter run the adapter; use their labels [api/service]`,
		}},
		{name: "no selector", text: strings.ReplaceAll(chain, "selector: {app: adapter}\n  ports", "ports") + api},
		{
			name: "pods in another namespace",
			text: strings.ReplaceAll(chain, "kind: Service\nmetadata: {name: adapter, namespace: monitoring}", "kind: Service\nmetadata: {name: adapter, namespace: elsewhere}") +
				apiOf("v1beta1", blind, "{name: adapter, namespace: elsewhere}"),
		},
		{name: "another program", text: chain + apiOf("v1beta1", blind, "{name: keda-metrics-apiserver, namespace: keda}")},
		{name: "no trust", text: chain + apiOf("v1beta1", "", sound), want: []string{
			`error: APIService v1beta1.custom.metrics.k8s.io: spec.caBundle: is missing, so the API server trusts only certificates from public CAs; add the CA of the adapter's certificate, let cert-manager add it, or set insecureSkipTLSVerify [api/service]`,
		}},
		{name: "no trust in a certificate that may have an authority", text: strings.ReplaceAll(chain, "--secure-port=6443", "--secure-port=6443, --tls-cert-file=/cert/tls.crt") +
			apiOf("v1beta1", "", sound), want: []string{
			`warning: APIService v1beta1.custom.metrics.k8s.io: spec.caBundle: is missing, so the API server trusts only certificates from public CAs; add the CA of the adapter's certificate, let cert-manager add it, or set insecureSkipTLSVerify [api/service]`,
		}},
		{name: "no trust in what is not in the input", text: chain + apiOf("v1beta1", "", "{name: keda-operator, namespace: keda}")},
		{name: "an authority", text: chain + apiOf("v1beta1", ", caBundle: Zm9v", sound)},
		{name: "an authority that cert-manager writes", text: chain + strings.ReplaceAll(apiOf("v1beta1", "", sound), "metadata: {", "metadata: {annotations: {cert-manager.io/inject-ca-from: monitoring/adapter}, ")},
	})
}

func TestAPIAccess(t *testing.T) {
	subject := "subjects: [{kind: ServiceAccount, name: adapter, namespace: monitoring}]\n"
	bind := func(kind, meta, ref, role string) string {
		return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind + "\nmetadata: " + meta + "\nroleRef: {kind: " + ref + ", name: '" + role + "'}\n" + subject
	}
	role := func(rules string) string {
		return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: adapter}\nrules: [" + rules + "]\n"
	}
	const pods = `{apiGroups: [""], resources: [pods], verbs: [list]}`
	reads := bind("ClusterRoleBinding", "{name: adapter}", "ClusterRole", "adapter")
	delegates := bind("ClusterRoleBinding", "{name: delegator}", "ClusterRole", "system:auth-delegator")
	authenticates := bind("RoleBinding", "{name: adapter, namespace: kube-system}", "Role", "extension-apiserver-authentication-reader")
	chain := adapterChain + asking(podsMetric("http_requests_per_second"))
	place := "Deployment monitoring/adapter: spec.template.spec.serviceAccountName: ServiceAccount adapter is not allowed to "
	noPods := place + "list pods in namespace shop, so no Pods metric is available there; bind it to a role that allows this [api/access]"
	runCases(t, apiAccess, []checkCase{
		{name: "sound", text: chain + reads + delegates + authenticates + role(pods)},
		{name: "an administrator", text: chain + bind("ClusterRoleBinding", "{name: adapter}", "ClusterRole", "cluster-admin")},
		{name: "no binding", text: chain + role(pods)},
		{name: "a role that is not here", text: chain + reads + delegates + authenticates},
		{name: "no pods", text: chain + reads + delegates + authenticates + role(`{apiGroups: [""], resources: [services], verbs: [list]}`), want: []string{"error: " + noPods}},
		{name: "pods in another group", text: chain + reads + delegates + authenticates + role(`{apiGroups: [apps], resources: [pods], verbs: [list]}`), want: []string{"error: " + noPods}},
		{name: "pods to get", text: chain + reads + delegates + authenticates + role(`{apiGroups: [""], resources: [pods], verbs: [get]}`), want: []string{"error: " + noPods}},
		{name: "no pods, and no Pods metric", text: adapterChain + asking(externalMetric("queue")) + reads + delegates + authenticates + role("")},
		{
			name: "no pods in two namespaces",
			text: chain + strings.ReplaceAll(asking(podsMetric("http_requests_per_second")), "{name: shop, namespace: shop}", "{name: shop, namespace: another}") +
				reads + delegates + authenticates + role(""),
			want: []string{"error: " + place + "list pods in namespace another and 1 more, so no Pods metric is available there; bind it to a role that allows this [api/access]"},
		},
		{
			name: "pods by namespace",
			text: chain + bind("RoleBinding", "{name: adapter, namespace: other}", "ClusterRole", "adapter") + delegates + authenticates + role(pods),
			want: []string{"warning: " + noPods},
		},
		{name: "no delegator", text: chain + reads + authenticates + role(pods), want: []string{
			"error: " + place + "check what its callers are allowed to do, which every server behind an APIService requires; bind it to the ClusterRole system:auth-delegator [api/access]",
		}},
		{name: "no delegator, and nothing to serve", text: adapterChain + reads + authenticates + role(pods), want: []string{
			"warning: " + place + "check what its callers are allowed to do, which every server behind an APIService requires; bind it to the ClusterRole system:auth-delegator [api/access]",
		}},
		{name: "no reader", text: chain + reads + delegates + role(pods), want: []string{
			"error: " + place + "read ConfigMap kube-system/extension-apiserver-authentication, which every server behind an APIService requires; bind it to the Role extension-apiserver-authentication-reader there [api/access]",
		}},
		{name: "a reader in another namespace", text: chain + reads + delegates + strings.ReplaceAll(authenticates, "kube-system", "monitoring") + role(pods), want: []string{
			"error: " + place + "read ConfigMap kube-system/extension-apiserver-authentication, which every server behind an APIService requires; bind it to the Role extension-apiserver-authentication-reader there [api/access]",
		}},
		{name: "no reader needed", text: strings.ReplaceAll(chain, "--secure-port=6443", "--authentication-skip-lookup=true") + reads + delegates + role(pods)},
		{
			name: "another program serves the metrics", text: chain + reads + delegates + authenticates + role("") +
				apiOf("v1beta1", ", insecureSkipTLSVerify: true", "{name: keda-metrics-apiserver, namespace: keda}"),
		},
	})
}
