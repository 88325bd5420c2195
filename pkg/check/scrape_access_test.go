package check

import (
	"strings"
	"testing"
)

func TestScrapeAccess(t *testing.T) {
	account := "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main, namespace: monitoring}\nspec: {serviceAccountName: prometheus, serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}, podMonitorSelector: {}, podMonitorNamespaceSelector: {}}\n"
	scraped := chainIn("prod") + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
		monitorOf("{name: web, namespace: prod}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}")
	binding := func(kind, meta, ref string) string {
		return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind + "\nmetadata: " + meta + "\nroleRef: {kind: " + ref + ", name: prometheus}\nsubjects: [{kind: ServiceAccount, name: prometheus, namespace: monitoring}]\n"
	}
	role := func(kind, meta, rules string) string {
		return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind + "\nmetadata: " + meta + "\n" + rules + "\n"
	}
	all := `rules: [{apiGroups: [""], resources: [pods, services, endpoints], verbs: [get, list, watch]}]`
	everywhere := binding("ClusterRoleBinding", "{name: prometheus}", "ClusterRole")
	grant := everywhere + role("ClusterRole", "{name: prometheus}", all)
	here := func(ns string) string {
		return binding("RoleBinding", "{name: prometheus, namespace: "+ns+"}", "Role") + role("Role", "{name: prometheus, namespace: "+ns+"}", all)
	}
	pods := chainIn("prod") + podMonitorOf("{name: web, namespace: prod}", "{selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: metrics}]}")
	runCases(t, scrapeAccess, []checkCase{
		{name: "everything", text: scraped + account + grant},
		{name: "wildcards", text: scraped + account + everywhere + role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`)},
		{name: "slices", text: scraped + account + everywhere + role("ClusterRole", "{name: prometheus}",
			`rules: [{apiGroups: [""], resources: [pods, services], verbs: [list, watch]}, {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}]`)},
		{name: "no endpoints", want: []string{
			`error: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: scraped + account + everywhere + role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: [""], resources: [pods, services], verbs: [list, watch]}]`)},
		{name: "no endpoints, and no HPA needs it", want: []string{
			`warning: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: strings.ReplaceAll(scraped, "type: Pods", "type: None") + account + everywhere +
			role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: [""], resources: [pods, services], verbs: [list, watch]}]`)},
		{name: "get alone", want: []string{
			`error: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch pods, services, endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: scraped + account + everywhere + role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: [""], resources: [pods, services, endpoints], verbs: [get]}]`)},
		{name: "single objects", want: []string{
			`error: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch pods, services, endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: scraped + account + everywhere + role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: [""], resources: [pods, services, endpoints], resourceNames: [a], verbs: [list, watch]}]`)},
		{name: "pods of a pod monitor", text: pods + account + everywhere + role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: [""], resources: [pods], verbs: [list, watch]}]`)},
		{name: "no pods of a pod monitor", want: []string{
			`error: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch pods in namespace prod, so Prometheus finds no targets of PodMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: pods + account + everywhere + role("ClusterRole", "{name: prometheus}", `rules: [{apiGroups: [""], resources: [services], verbs: [list, watch]}]`)},
		{name: "in the namespace", text: scraped + account + here("prod")},
		{name: "in another namespace", want: []string{
			`warning: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch pods, services, endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: scraped + account + here("monitoring")},
		{name: "cluster role in the namespace", text: scraped + account + binding("RoleBinding", "{name: prometheus, namespace: prod}", "ClusterRole") + role("ClusterRole", "{name: prometheus}", all)},
		{name: "role that is not here", text: scraped + account + everywhere},
		{name: "role that is put together", text: scraped + account + everywhere + role("ClusterRole", "{name: prometheus}", "aggregationRule: {}")},
		{name: "no binding", text: scraped + account + role("ClusterRole", "{name: prometheus}", "rules: []")},
		{name: "binding of another account", text: scraped + account + strings.ReplaceAll(grant, "name: prometheus, namespace: monitoring", "name: grafana, namespace: monitoring")},
		{name: "binding of a group", want: []string{
			`error: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch pods, services, endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: scraped + account + role("ClusterRole", "{name: prometheus}", "rules: []") +
			strings.ReplaceAll(everywhere, "kind: ServiceAccount, name: prometheus, namespace: monitoring", "kind: Group, name: 'system:serviceaccounts:monitoring'")},
		{name: "binding without the namespace of the account", want: []string{
			`warning: Prometheus monitoring/main: spec.serviceAccountName: ServiceAccount prometheus is not allowed to list and watch pods, services, endpoints in namespace prod, so Prometheus finds no targets of ServiceMonitor prod/web there; bind it to a role that allows this [scrape/access]`,
		}, text: scraped + account + role("Role", "{name: prometheus, namespace: monitoring}", all) +
			strings.ReplaceAll(binding("RoleBinding", "{name: prometheus, namespace: monitoring}", "Role"), "name: prometheus, namespace: monitoring}]", "name: prometheus}]")},
		{name: "another Prometheus may", text: scraped + account + here("monitoring") +
			"---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: other, namespace: prod}\nspec: {serviceMonitorSelector: {}}\n"},
		{name: "the Prometheus does not select it", text: scraped + strings.ReplaceAll(account, "serviceMonitorSelector: {}", "serviceMonitorSelector: {matchLabels: {a: b}}") + here("monitoring")},
	})
}
