package haproxy

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestSleep sends requests to servers that do not run: the gateway is ready, asks clients to come back, and counts the requests, by
// which the servers are started.
func TestSleep(t *testing.T) {
	asleep := Server{Host: "127.0.0.1", Port: freePort(t), Sleeps: true}
	other := asleep
	other.Port = freePort(t)
	one, two := public("GET", "/one", asleep), public("GET", "/two", asleep, other)
	one.ID, two.ID = "one.pet", "two"
	apis := []API{{Operations: []Operation{one, two, public("GET", "/awake/{id}", echo(t, "b", 200))}}}
	g := Gateway{APIs: apis, Metrics: freePort(t)}
	url, _ := start(t, g)
	metrics := fmt.Sprintf("http://127.0.0.1:%d", g.Metrics)
	if got, want := Backends(apis), []string{"one.pet", "two", "get_awake_id"}; !slices.Equal(got, want) {
		t.Errorf("the backends are %q, want %q", got, want)
	}
	request{path: "/one", status: 503, want: []string{"retry-after: 30", `"code":101503`}}.send(t, url)
	request{path: "/two", status: 503, want: []string{"retry-after: 30", `"code":101503`}}.send(t, url)
	request{path: "/awake/1", status: 200}.send(t, url)
	request{path: ReadinessPath, status: 200}.send(t, metrics)
	response, err := http.Get(metrics + MetricsPath + "?scope=frontend&scope=backend")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Backends(apis) {
		if want := fmt.Sprintf("haproxy_backend_http_requests_total{proxy=%q} 1\n", name); !strings.Contains(string(page), want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
}

// TestAllAsleep is about a gateway whose backends all sleep: if it were not ready, no request could wake them.
func TestAllAsleep(t *testing.T) {
	a := Server{Host: "127.0.0.1", Port: freePort(t), Sleeps: true}
	b := a
	b.Port = freePort(t)
	g := Gateway{APIs: []API{{Operations: []Operation{public("GET", "/", a, b)}}}, Metrics: freePort(t)}
	url, _ := start(t, g)
	request{path: "/", status: 503}.send(t, url)
	request{path: ReadinessPath, status: 200}.send(t, fmt.Sprintf("http://127.0.0.1:%d", g.Metrics))
}
