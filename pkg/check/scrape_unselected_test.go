package check

import (
	"testing"
)

func TestScrapeUnselected(t *testing.T) {
	chain := metricOf(requestsMetric) + deploymentWeb + serviceWeb
	prometheus := func(meta, spec string) string {
		return "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: " + meta + "\nspec: " + spec + "\n"
	}
	monitor := func(meta string) string {
		return monitorOf(meta, "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}")
	}
	runCases(t, scrapeUnselected, []checkCase{
		{name: "selected", text: chain + monitorWeb + prometheusMain},
		{name: "no Prometheus", text: chain + monitorWeb},
		{name: "lacks the label", want: []string{
			`error: ServiceMonitor web: metadata.labels: Prometheus main selects release: stack, but the monitor has no label release; add the labels that it selects [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + prometheusMain},
		{name: "lacks the label, and no HPA needs it", want: []string{
			`warning: ServiceMonitor web: metadata.labels: Prometheus main selects release: stack, but the monitor has no label release; add the labels that it selects [scrape/unselected]`,
		}, text: deploymentWeb + serviceWeb + monitor("{name: web}") + prometheusMain},
		{name: "other value", want: []string{
			`error: ServiceMonitor web: metadata.labels: Prometheus main selects release: stack, but the monitor has release: other; add the labels that it selects [scrape/unselected]`,
		}, text: chain + monitor("{name: web, labels: {release: other}}") + prometheusMain},
		{name: "expression", want: []string{
			`error: ServiceMonitor web: metadata.labels: Prometheus main selects no label team: a or b, but the monitor has team: b; add the labels that it selects [scrape/unselected]`,
		}, text: chain + monitor("{name: web, labels: {team: b}}") + prometheus("{name: main}", "{serviceMonitorSelector: {matchExpressions: [{key: team, operator: NotIn, values: [a, b]}]}}")},
		{name: "another Prometheus selects it", text: chain + monitor("{name: web}") + prometheusMain + prometheus("{name: other}", "{serviceMonitorSelector: {}}")},
		{name: "another monitor is selected", want: []string{
			`warning: ServiceMonitor web: metadata.labels: Prometheus main selects release: stack, but the monitor has no label release; add the labels that it selects [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + monitor("{name: more, labels: {release: stack}}") + prometheusMain},
		{name: "no selector", want: []string{
			`error: Prometheus main: spec.serviceMonitorSelector: is missing, so it selects nothing, not even ServiceMonitor web; use {} to select everything [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + prometheus("{name: main}", "{podMonitorSelector: {}}")},
		{name: "null as selector", want: []string{
			`error: Prometheus main: spec.serviceMonitorSelector: is missing, so it selects nothing, not even ServiceMonitor web; use {} to select everything [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + prometheus("{name: main}", "{serviceMonitorSelector: null, podMonitorSelector: {}}")},
		{name: "no selectors at all", want: []string{
			`warning: Prometheus main: spec.serviceMonitorSelector: is missing, like all other selectors, so the operator does not manage the configuration, and ServiceMonitor web has no effect; use {} to select everything [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + prometheus("{name: main}", "{}")},
		{name: "the nearest of two is told", want: []string{
			`error: ServiceMonitor web: metadata.labels: Prometheus near selects b: 2, but the monitor has no label b; add the labels that it selects [scrape/unselected]`,
		}, text: chain + monitor("{name: web, labels: {a: '1'}}") +
			prometheus("{name: far}", "{serviceMonitorSelector: {matchLabels: {b: '2', c: '3'}}}") + prometheus("{name: near}", "{serviceMonitorSelector: {matchLabels: {a: '1', b: '2'}}}")},
		{name: "pod monitor", want: []string{
			`error: PodMonitor web: metadata.labels: Prometheus main selects release: stack, but the monitor has no label release; add the labels that it selects [scrape/unselected]`,
		}, text: metricOf(requestsMetric) + deploymentWeb + podMonitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: metrics}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}, podMonitorSelector: {matchLabels: {release: stack}}}")},
		{name: "own namespace alone", want: []string{
			`error: Prometheus monitoring/main: spec.serviceMonitorNamespaceSelector: is missing, so it selects only namespace monitoring, but ServiceMonitor test/web is in test; use {} to select all namespaces [scrape/unselected]`,
		}, text: chain + monitor("{name: web, namespace: test}") + prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}}")},
		{name: "own namespace", text: chain + monitor("{name: web, namespace: monitoring}") + prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}}")},
		{name: "namespace that is not stated", text: chain + monitor("{name: web}") + prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}}")},
		{name: "all namespaces", text: chain + monitor("{name: web, namespace: test}") + prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}}")},
		{name: "namespace by name", text: chain + monitor("{name: web, namespace: test}") +
			prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: test}}}")},
		{name: "other namespace by name", want: []string{
			`error: Prometheus monitoring/main: spec.serviceMonitorNamespaceSelector: selects namespaces with kubernetes.io/metadata.name: prod, and ServiceMonitor test/web is in test, which has kubernetes.io/metadata.name: test; select that one too [scrape/unselected]`,
		}, text: chain + monitor("{name: web, namespace: test}") +
			prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: prod}}}")},
		{name: "labels of a namespace that is not here", text: chain + monitor("{name: web, namespace: test}") +
			prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {monitored: 'yes'}}}")},
		{name: "labels of a namespace", want: []string{
			`error: Prometheus monitoring/main: spec.serviceMonitorNamespaceSelector: selects namespaces with monitored: yes, and ServiceMonitor test/web is in test, which has monitored: no; select that one too [scrape/unselected]`,
		}, text: chain + monitor("{name: web, namespace: test}") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: test, labels: {monitored: 'no'}}\n" +
			prometheus("{name: main, namespace: monitoring}", "{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {monitored: 'yes'}}}")},
		{name: "agent", want: []string{
			`error: PrometheusAgent main: spec.serviceMonitorSelector: is missing, so it selects nothing, not even ServiceMonitor web; use {} to select everything [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + "---\napiVersion: monitoring.coreos.com/v1alpha1\nkind: PrometheusAgent\nmetadata: {name: main}\nspec: {}\n"},
		{name: "agent on every node", want: []string{
			`error: PrometheusAgent main: spec.mode: is DaemonSet, and an agent in this mode uses only PodMonitors [scrape/unselected]`,
		}, text: chain + monitor("{name: web}") + "---\napiVersion: monitoring.coreos.com/v1alpha1\nkind: PrometheusAgent\nmetadata: {name: main}\nspec: {mode: DaemonSet, serviceMonitorSelector: {}}\n"},
		{name: "scrape class", text: chain + monitorOf("{name: web}", "{scrapeClass: fast, selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}, scrapeClasses: [{name: fast}]}")},
		{name: "unknown scrape class", want: []string{
			`error: ServiceMonitor web: spec.scrapeClass: Prometheus main has no scrape class "fst" so it skips the monitor; did you mean "fast"? [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{scrapeClass: fst, selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}, scrapeClasses: [{name: fast}]}")},
		{name: "unknown scrape class of a pod monitor", want: []string{
			`error: PodMonitor web: spec.scrapeClass: Prometheus main has no scrape class "fast" so it skips the monitor [scrape/unselected]`,
		}, text: chain + podMonitorOf("{name: web}", "{scrapeClass: fast, selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: metrics}]}") +
			prometheus("{name: main}", "{podMonitorSelector: {}}")},
		{name: "timeout above the interval", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].scrapeTimeout: is 15s, more than the interval of 10s, so Prometheus main skips the monitor; use at most 10s [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, interval: 10s, scrapeTimeout: 15s}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}}")},
		{name: "timeout above the interval of the Prometheus", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].scrapeTimeout: is 15s, more than the interval of 10s, so Prometheus main skips the monitor; use at most 10s [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, scrapeTimeout: 15s}]}") +
			prometheus("{name: main}", "{scrapeInterval: 10s, serviceMonitorSelector: {}}")},
		{name: "timeout as long as the interval", text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, scrapeTimeout: 30s}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}}")},
		{name: "files", text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, tlsConfig: {caFile: /ca.crt}}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}}")},
		{name: "files that are denied", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].tlsConfig: reads files of the Prometheus pod, which arbitraryFSAccessThroughSMs of Prometheus main denies, so it skips the monitor; use a Secret [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, tlsConfig: {caFile: /ca.crt}}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}, arbitraryFSAccessThroughSMs: {deny: true}}")},
		{name: "relabelings that are refused", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].metricRelabelings[1]: is not accepted by Prometheus, so prometheus-operator skips the monitor; correct its action, or the fields that the action requires [scrape/unselected]`,
			`error: ServiceMonitor web: spec.endpoints[0].relabelings[0]: is not accepted by Prometheus, so prometheus-operator skips the monitor; correct its regex, "(" [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, "+
			"relabelings: [{action: keep, sourceLabels: [a], regex: '('}], metricRelabelings: [{targetLabel: a}, {sourceLabels: [a]}]}]}")},
		{name: "no selector of its own", want: []string{
			`error: ServiceMonitor web: spec.selector: is missing, so the API server rejects the monitor; use {} to select everything [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{endpoints: [{port: metrics}]}")},
		{name: "no durations", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].scrapeTimeout: "10 s" is not a valid duration, so the API server rejects the monitor; use one such as 15s [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{selector: {}, endpoints: [{port: metrics, interval: 15, scrapeTimeout: 10 s}]}")},
		{name: "token that is denied", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].bearerTokenFile: reads files of the Prometheus pod, which arbitraryFSAccessThroughSMs of Prometheus main denies, so it skips the monitor; use a Secret [scrape/unselected]`,
		}, text: chain + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, bearerTokenFile: /token}]}") +
			prometheus("{name: main}", "{serviceMonitorSelector: {}, arbitraryFSAccessThroughSMs: {deny: true}}")},
	})
}
