package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
)

// sourceOf returns the source of a metric of a scaler.
func (s *signals) sourceOf(sc *chain.Scaler, number int) Source {
	m := &sc.Metrics[number]
	src := Source{Place: sc.MetricAt(number)}
	if name, ok := usedResource(m); ok {
		src.Kind = FromResources
		if name != corev1.ResourceCPU {
			src.Unknown = fmt.Sprintf("%s does not follow from the number of requests", name)
		}
		return src
	}
	src.Kind = FromElsewhere
	d := s.metrics[metricKey{sc, number}]
	switch {
	case d == nil:
		src.Unknown = "the metric is not valid"
	case d.Query() != nil:
		src.Kind, src.Query = FromPrometheus, d.Query().Text
		s.follow(&src, d, d.Query().Expr)
	case !d.FromAdapter() || s.graph.APIs.ServedByOther(d.Group()) || d.Unserved():
		src.Unknown = "another program than prometheus-adapter serves the metric"
	case d.Problem != "":
		src.Unknown = "the controller cannot find what the metric describes"
	case d.Effective() == nil || !d.Effective().Registered:
		src.Unknown = "no rule in the input serves the metric"
	default:
		src.Kind, src.Query = FromPrometheus, d.Effective().Query
		s.follow(&src, d, d.Effective().Expr)
	}
	return src
}

// usedResource returns the resource whose usage a metric reads.
func usedResource(m *autoscalingv2.MetricSpec) (corev1.ResourceName, bool) {
	switch {
	case m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource != nil:
		return m.Resource.Name, true
	case m.Type == autoscalingv2.ContainerResourceMetricSourceType && m.ContainerResource != nil:
		return m.ContainerResource.Name, true
	}
	return "", false
}

// mostRecordings limits the recording rules between a query and the pods.
const mostRecordings = 8

// follow sets what the query of a metric makes of which series, through recording rules.
func (s *signals) follow(src *Source, d *demand.Demand, e parser.Expr) {
	all := []parser.Expr{e}
	if e == nil {
		src.Unknown = "the query is not PromQL"
	} else {
		src.Shape, src.Unknown = promexpr.ShapeOf(e)
	}
	for src.Unknown == "" && d.IsRecorded(src.Shape.Series) {
		if len(all) > mostRecordings {
			src.Unknown = "more recording rules follow each other than simulations know"
			break
		}
		all = append(all, s.throughRecording(src, d))
	}
	src.Interval, src.Certain = s.intervalFor(d, src.Shape.Series)
	if src.Unknown != "" {
		src.Shape = promexpr.Shape{}
		return
	}
	switch d.Kind {
	case autoscalingv2.PodsMetricSourceType:
		src.Shape.Sum, src.Shape.PerPod = false, true // The adapter groups by pod, whatever the label is called.
	case autoscalingv2.ExternalMetricSourceType:
		// The controller adds up the elements (Kubernetes, pkg/controller/podautoscaler/metrics, GetExternalMetric).
		src.Shape.Sum, src.Shape.PerPod = src.Shape.Sum || src.Shape.PerPod, false
	}
	src.Elsewhere = d.Kind != autoscalingv2.PodsMetricSourceType && d.FromExporter(src.Shape.Series)
	src.Unknown = unlikeRequests(all, src.Shape)
}

// throughRecording adds the recording rule that makes the series of a source, and returns its expression.
func (s *signals) throughRecording(src *Source, d *demand.Demand) parser.Expr {
	outer := src.Shape
	e, text := d.Recorded(outer.Series)
	interval, ok := parseInterval(text)
	if !ok {
		interval, _ = globalInterval(s.graph, evaluationInterval)
	}
	src.Evaluation += interval
	if e == nil {
		src.Unknown = fmt.Sprintf("the expression that records %s is not PromQL", outer.Series)
		return e
	}
	inner, reason := promexpr.ShapeOf(e)
	switch {
	case reason != "":
		src.Unknown = fmt.Sprintf("%s is recorded, and %s", outer.Series, strings.Replace(reason, "the query", "its expression", 1))
	case outer.Fn != "":
		src.Unknown = fmt.Sprintf("the query takes %s of the recorded series %s", outer.Fn, outer.Series)
	default:
		inner.Factor *= outer.Factor
		inner.Offset += outer.Offset
		inner.Sum = inner.Sum || inner.PerPod && outer.Sum
		inner.PerPod = inner.PerPod && outer.PerPod
		src.Shape = inner
	}
	return e
}

// intervalFor returns the scrape interval of a series. It is certain if the series comes from the pods of the workload, and the
// input tells how often Prometheus scrapes them.
func (s *signals) intervalFor(d *demand.Demand, series string) (time.Duration, bool) {
	paths := d.Paths()
	own := len(paths) > 0
	if !own && d.Workload != nil {
		paths = d.Workload.Scrapes()
	}
	if d.FromExporter(series) {
		paths, own = nil, false
	}
	interval, certain := intervalOf(s.graph, paths)
	if interval == 0 {
		interval, _ = globalInterval(s.graph, scrapeInterval)
	}
	return interval, certain && own
}

var (
	// ofRequests are words in the names of counters of requests. The words of measured are in names of histograms of requests, and
	// those of unlike in names of counters of something else.
	ofRequests = []string{
		"call", "calls", "handled", "hits", "invocations", "queries", "req", "reqs", "request", "requests", "rq",
	}
	measured = []string{"bytes", "duration", "http", "latency", "milliseconds", "rpc", "seconds", "size"}
	unlike   = []string{
		"bucket", "canceled", "cancelled", "dropped", "error", "errors", "exceptions", "failed", "failures", "rejected", "retries",
		"sum", "timeouts",
	}
	statusLabels = []string{"code", "grpc_code", "http_status", "response_code", "status", "status_code"}
	succeeded    = []string{"200", "2xx", "OK"}
)

// countsRequests reports whether a counter counts requests, as far as its name tells.
func countsRequests(series string) bool {
	words := strings.FieldsFunc(strings.ToLower(series), func(r rune) bool { return r == '_' || r == ':' })
	is := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	if is(unlike) {
		return false
	}
	if strings.HasSuffix(series, "_count") {
		return is(ofRequests) || is(measured)
	}
	return is(ofRequests) && !is([]string{"bytes", "milliseconds", "seconds", "size"})
}

// unlikeRequests says why a series does not have the number of requests, as far as its name and the selectors of expressions
// tell.
func unlikeRequests(all []parser.Expr, s promexpr.Shape) string {
	switch {
	case !s.Counter && strings.HasSuffix(s.Series, "_total"):
		return fmt.Sprintf("the query reads the counter %s without a rate", s.Series)
	case !s.Counter:
		return s.Series + " is a gauge"
	case !countsRequests(s.Series):
		return "nothing says that " + s.Series + " counts requests"
	}
	for _, e := range all {
		for _, label := range statusLabels {
			for _, m := range promexpr.MatchersOn(e, label) {
				if !slices.ContainsFunc(succeeded, m.Matches) {
					return fmt.Sprintf("the query selects requests by their %s", label)
				}
			}
		}
	}
	return ""
}
