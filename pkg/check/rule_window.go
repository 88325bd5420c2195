package check

import (
	"strings"
	"time"

	prommodel "github.com/prometheus/common/model"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const ruleWindowID model.ID = "rule/window"

const windowExample = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - type: Pods
    pods:
      metric: {name: http_requests_per_second}
      target: {type: AverageValue, averageValue: "10"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: example/web:1, ports: [{name: metrics, containerPort: 8080}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  podMetricsEndpoints: [{port: metrics, interval: 30s}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    rules:
    - seriesQuery: http_requests_total{namespace!="",pod!=""}
      resources: {template: <<.Resource>>}
      name: {as: http_requests_per_second}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)
`

var ruleWindow = Check{
	ID:    ruleWindowID,
	Title: "A rate looks back over too few samples",
	Why: "A rate needs two samples in its window. With fewer than two scrape intervals the window often or always holds one, and " +
		"the HPA sees no value; with fewer than four, one missed scrape is enough.",
	Mend: "Make the window at least four times the scrape interval, or scrape more often.",
	Bad:  windowExample,
	Good: strings.Replace(windowExample, "[30s]", "[2m]", 1),
	run: func(w *world, ps *model.Problems) {
		for _, d := range w.demands.demands() {
			if d.problem != "" {
				continue
			}
			if o := d.effective(); o != nil && o.expr != nil && !fromElsewhere(o.series[0]) && !d.isRecorded(o.series[0]) {
				checkWindows(w.graph, d, o, ps)
				checkRelist(w, d, ps)
			}
		}
	},
}

// operatorInterval is how often Prometheus scrapes if nobody says so to the operator (PrometheusSpec.scrapeInterval).
const operatorInterval = 30 * time.Second

// interval is how often Prometheus reads the pods, by the endpoint that does so most often. It is certain unless
// it depends on a Prometheus that is not among the items; 0 means that nothing is known.
func intervalOf(g *graph, paths []scrapePath) (shortest time.Duration, certain bool) {
	certain = true
	for _, p := range paths {
		d, stated := parseInterval(string(p.interval))
		if !stated {
			d, stated = globalInterval(g)
		}
		if shortest == 0 || d < shortest {
			shortest = d
		}
		certain = certain && stated
	}
	return shortest, certain
}

// globalInterval is the shortest that the Prometheuses among the items have.
func globalInterval(g *graph) (shortest time.Duration, stated bool) {
	for _, p := range g.prometheuses {
		d, ok := parseInterval(string(p.spec.ScrapeInterval))
		if !ok {
			d = operatorInterval
		}
		if shortest == 0 || d < shortest {
			shortest = d
		}
	}
	if shortest == 0 {
		return operatorInterval, false
	}
	return shortest, true
}

func parseInterval(s string) (time.Duration, bool) {
	d, err := prommodel.ParseDuration(s)
	return time.Duration(d), err == nil && d > 0
}

func checkWindows(g *graph, d *demand, o *offer, ps *model.Problems) {
	interval, certain := intervalOf(g, d.paths())
	at := o.field("metricsQuery")
	for _, win := range windows(o.expr) {
		every, read := interval, "read every "+inWords(interval)
		if win.step > 0 {
			every, read = win.step, "computed every "+inWords(win.step)
		}
		least := time.Duration(win.samples) * every
		switch {
		case every == 0 || win.samples == 1 && win.span >= every || win.span >= 4*every:
		case !certain && win.step == 0:
			if win.span < least {
				ps.Warnf(ruleWindowID, at, "looks back %s in %s, but Prometheus reads the pods of %s every %s unless its own "+
					"scrapeInterval says otherwise; write at least [%s]",
					inWords(win.span), win.fn, d.scaler.item.Place.Object, inWords(every), inWords(4*every))
			}
		case win.span < least:
			ps.Errorf(ruleWindowID, at, "looks back %s in %s, which needs %s, but the pods of %s are %s; write at least [%s]",
				inWords(win.span), win.fn, samplesInWords(win.samples), d.scaler.item.Place.Object, read, inWords(4*every))
		case win.step == 0:
			ps.Warnf(ruleWindowID, at, "looks back %s in %s, but the pods of %s are %s, so that one missed scrape leaves no value; "+
				"write at least [%s]",
				inWords(win.span), win.fn, d.scaler.item.Place.Object, read, inWords(4*every))
		}
	}
}

// checkRelist reports an adapter that lists the series more often than they are scraped: it then forgets those that had
// no sample in between (cmd/adapter, --metrics-max-age is --metrics-relist-interval by default).
func checkRelist(w *world, d *demand, ps *model.Problems) {
	interval, certain := intervalOf(w.graph, d.paths())
	if !certain {
		return
	}
	for _, a := range w.setup.adapters {
		args := a.args()
		for _, name := range []string{"metrics-max-age", "metrics-relist-interval"} {
			value, ok := flagValue(args, name)
			if age, err := time.ParseDuration(value); ok && err == nil && age > 0 {
				if age < interval {
					ps.Warnf(ruleWindowID, a.at.Child("args"), "has --%s=%s, but the pods of %s are read every %s, so that the adapter "+
						"forgets their metrics from time to time; write at least %s",
						name, value, d.scaler.item.Place.Object, inWords(interval), inWords(2*interval))
				}
				break
			}
		}
	}
}

func samplesInWords(n int) string {
	if n == 1 {
		return "one sample"
	}
	return "two samples"
}
