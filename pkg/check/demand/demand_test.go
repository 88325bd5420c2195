package demand

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
)

func TestSingular(t *testing.T) {
	for plural, want := range map[string]string{
		"pods": "pod", "ingresses": "ingress", "networkpolicies": "networkpolicy", "namespaces": "namespace", "endpoints": "endpoint",
	} {
		if got := Singular(schema.GroupResource{Resource: plural}); got != want {
			t.Errorf("Singular(%q) = %q, want %q", plural, got, want)
		}
	}
}

func TestFromExporter(t *testing.T) {
	for series, want := range map[string]bool{
		"container_cpu_usage_seconds_total": true, "kube_pod_info": true, "up": true, "uptime_seconds": false,
		"request_total": true, "request_totals": false, "http_requests_total": false, "haproxy_frontend_http_requests_total": true,
	} {
		if got := new(Demand).FromExporter(series); got != want {
			t.Errorf("FromExporter(%q) = %t, want %t", series, got, want)
		}
	}
}

// TestProgramsServeSeriesAboutThemselves checks that series of HAProxy come from the pods that run it.
func TestProgramsServeSeriesAboutThemselves(t *testing.T) {
	for image, want := range map[string]bool{
		"docker.io/library/haproxy:3.2.21": false, "haproxy@sha256:0": false, "registry.example.com:5000/mirror/haproxy": false,
		"registry.example.com/haproxy/web:1": true, "haproxy-exporter:1": true, "": true,
	} {
		d := &Demand{Workload: &chain.Workload{Template: chain.PodTemplate{Running: []chain.Container{{Image: image}}}}}
		if got := d.FromExporter("haproxy_frontend_http_requests_total"); got != want {
			t.Errorf("in pods with %q: %t, want %t", image, got, want)
		}
	}
}

func TestRelated(t *testing.T) {
	names := []string{"http_requests", "http_requests_per_second", "queue_length"}
	for _, tc := range []struct{ name, metric, want string }{
		{"a name that begins with the metric", "queue", "queue_length"},
		{"a metric that begins with a name", "queue_length_max", "queue_length"},
		{"the first of several", "http", "http_requests"},
		{"a beginning that ends within a word", "que", ""},
		{"nothing like it", "latency", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := related(tc.metric, names); got != tc.want {
				t.Errorf("related(%q) = %q, want %q", tc.metric, got, tc.want)
			}
		})
	}
}

func TestParsePage(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       Page
	}{
		{"series and comments", "# HELP a A.\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\nb 3\n", Page{
			"a": {{"x": {"1"}}, {"x": {"2"}}}, "b": {{}},
		}},
		{"an exemplar and no newline at the end", "a{x=\"1\"} 1 # {trace=\"t\"} 0.5\na 2", Page{"a": {{"x": {"1"}}, {}}}},
		{"nothing", "", Page{}},
		{"no page", "a{ 1\n", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ParsePage([]byte(tc.text))
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != (tc.want == nil) {
				t.Errorf("ParsePage: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}
