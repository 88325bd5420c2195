//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
)

const (
	gatewayRate = "http_requests_total_value_per_second"
	backendRate = "products_http_requests_total_per_second"
	jobsWaiting = "inventory_jobs_waiting"
)

// gateway is what the micro-gateway serves: its own probes and scrapes count, too.
func gateway(namespace, image string) cluster.App {
	return cluster.App{
		Namespace: namespace, Image: image, Port: 9797, Path: "/metrics", Counter: "http_requests_total_value",
		Labels: `http_method="GET",http_status="200",http_url="/products"`,
		Probes: `http_method="GET",http_status="200",http_url="/metrics"`,
	}
}

// The programs in the images of the examples.
var (
	productsAPI = gateway("shop", "/products-api:")
	products    = cluster.App{
		Namespace: "shop", Image: "/k8s-prometheu-metrics-sample:", Port: 8080, Path: "/metrics",
		Counter: "products_http_requests_total", Labels: `http_url="/products"`,
	}
	inventoryAPI = gateway("warehouse", "/inventory-api:")
	inventory    = cluster.App{Namespace: "warehouse", Image: "/inventory:", Port: 8080, Path: "/actuator/prometheus", Gauge: jobsWaiting}
)

// A phase is a load and its expected result.
type phase struct {
	name string
	load map[*cluster.App]cluster.Load
	want []goal
}

// scenario has the numbers of the operator's scenario: the backend's target is 100m, from 1 to 6 pods; the gateway's is 200m
// and 50 % of a core, from 1 to 5. Each load has one number of replicas at which it is stable. Beside it the sidecar example:
// 20 requests per second, 5 waiting jobs, and 60% CPU per pod, from 2 to 8. It scales down only after ten minutes, so that what
// is too much must be too much for the most pods, too: a rate looks back, and new pods can be one too many.
var scenario = []phase{
	{
		name: "little to do",
		load: map[*cluster.App]cluster.Load{&products: {Requests: 0.05}, &productsAPI: {Requests: 0.1}, &inventoryAPI: {Requests: 20}, &inventory: {Level: 2}},
		want: []goal{
			{"shop", "products-privatejet", 1, map[string]span{backendRate: {45, 55}, "cpu": {0, 2}}},
			{"shop", "products-api", 1, map[string]span{gatewayRate: {95, 105}, "cpu": {0, 2}}},
			{"warehouse", "inventory-api", 2, map[string]span{gatewayRate: {9800, 10200}, jobsWaiting: {2000, 2000}, "cpu": {0, 2}}},
		},
	},
	{
		name: "the backend above its target, the gateway at its own",
		load: map[*cluster.App]cluster.Load{&products: {Requests: 0.166}, &productsAPI: {Requests: 0.2}, &inventoryAPI: {Requests: 30}, &inventory: {Level: 5}},
		want: []goal{
			{"shop", "products-privatejet", 2, map[string]span{backendRate: {79, 87}}},
			{"shop", "products-api", 1, map[string]span{gatewayRate: {195, 205}}},
			{"warehouse", "inventory-api", 2, map[string]span{gatewayRate: {14500, 15500}, jobsWaiting: {5000, 5000}}},
		},
	},
	{
		name: "more than the most replicas can do",
		load: map[*cluster.App]cluster.Load{&products: {Requests: 0.996}, &productsAPI: {Requests: 3}, &inventoryAPI: {Requests: 240}, &inventory: {Level: 5}},
		want: []goal{
			{"shop", "products-privatejet", 6, map[string]span{backendRate: {160, 172}}},
			{"shop", "products-api", 5, map[string]span{gatewayRate: {590, 610}}},
			{"warehouse", "inventory-api", 8, map[string]span{gatewayRate: {29000, 31000}, jobsWaiting: {5000, 5000}}},
		},
	},
	{
		name: "the gateway's cpu alone",
		load: map[*cluster.App]cluster.Load{&products: {Requests: 0.05}, &productsAPI: {Requests: 0.1, CPU: 1400}, &inventoryAPI: {Requests: 80}, &inventory: {Level: 6.5}},
		want: []goal{
			{"shop", "products-privatejet", 1, map[string]span{backendRate: {45, 55}}},
			{"shop", "products-api", 3, map[string]span{"cpu": {45, 49}, gatewayRate: {30, 37}}},
			{"warehouse", "inventory-api", 8, map[string]span{gatewayRate: {9700, 10300}, jobsWaiting: {6500, 6500}}},
		},
	},
	{
		name: "nothing to do",
		load: map[*cluster.App]cluster.Load{&products: {}, &productsAPI: {}, &inventoryAPI: {}, &inventory: {}},
		want: []goal{
			{"shop", "products-privatejet", 1, map[string]span{backendRate: {0, 0}}},
			{"shop", "products-api", 1, map[string]span{gatewayRate: {0, 0}, "cpu": {0, 2}}},
			{"warehouse", "inventory-api", 8, map[string]span{gatewayRate: {0, 0}, jobsWaiting: {0, 0}}},
		},
	},
}

func TestScaling(t *testing.T) {
	c := start(t)
	c.Workloads.Serve(productsAPI, products, inventoryAPI, inventory)
	manifests := install(t, c, "examples/products-privatejet", "examples/inventory-sidecar")
	live := record(t, c)
	for i := range scenario {
		live.expect(&scenario[i])
		play(t, c, &scenario[i])
		if i == 2 {
			t.Run("drift", func(t *testing.T) { noDrift(t, c, manifests) })
		}
	}
	live.compare(t, manifests+"\n---\n"+program(t, "kustomize", "", "build", "examples/stack"))
	proved = fmt.Sprintf("as rendered, private jet scales 1-2-6-1 (backend) and 1-1-5-3-1 (gateway), the sidecar example 2-2-8 while "+
		"it reads metrics of both containers, and applying again changes nothing; %s, at most %d MiB", c.Since(), c.PeakMemory())
}

func TestSmoke(t *testing.T) {
	c := start(t)
	c.Workloads.Serve(productsAPI, products)
	install(t, c, "examples/products-privatejet")
	for _, p := range scenario[:2] {
		p.want = p.want[:2] // without the sidecar example
		p.load = map[*cluster.App]cluster.Load{&products: p.load[&products], &productsAPI: p.load[&productsAPI]}
		play(t, c, &p)
	}
	proved = fmt.Sprintf("as rendered, both HorizontalPodAutoscalers of the private jet example read all metrics, and the backend scales "+
		"from 1 to 2; %s, at most %d MiB", c.Since(), c.PeakMemory())
}

// install applies the monitoring stack and what krm-fn renders from examples, as users do, and returns the latter.
func install(t *testing.T, c *cluster.Cluster, examples ...string) string {
	t.Helper()
	manifests := program(t, "krm-fn", "", append([]string{"render"}, examples...)...)
	for _, namespace := range []string{"shop", "warehouse"} {
		apply(t, c, "{apiVersion: v1, kind: Namespace, metadata: {name: "+namespace+"}}")
	}
	apply(t, c, program(t, "kustomize", "", "build", "examples/stack"))
	apply(t, c, manifests)
	t.Logf("%s: everything is applied", c.Since())
	return manifests
}

func play(t *testing.T, c *cluster.Cluster, p *phase) {
	t.Helper()
	t.Logf("%s: %s", c.Since(), p.name)
	for app, load := range p.load {
		if err := c.Workloads.SetLoad(app.Namespace, app.Image, load); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, c, 10*time.Minute, p.want...)
}

// noDrift shows that manifests which are in the cluster, and have been scaled there, are not changed by applying them again,
// and do not differ: what Argo CD and others compare.
func noDrift(t *testing.T, c *cluster.Cluster, manifests string) {
	t.Helper()
	type state struct {
		generation int64
		replicas   int32
	}
	deployments := func() map[string]state {
		list, err := c.Client.AppsV1().Deployments("").List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=krm-fn"})
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]state{}
		for i := range list.Items {
			d := &list.Items[i]
			states[d.Namespace+"/"+d.Name] = state{d.Generation, *d.Spec.Replicas}
		}
		return states
	}
	before := deployments()
	if got := before["shop/products-privatejet"].replicas; got != 6 {
		t.Fatalf("the backend has %d replicas, so this test shows nothing", got)
	}
	for range 2 {
		out, err := c.Kubectl(t.Context(), manifests, "diff", "--server-side", "--field-manager=gitops", "-f", "-")
		if err != nil || out != "" {
			t.Errorf("kubectl diff: %v\n%s", err, out)
		}
		apply(t, c, manifests)
	}
	if after := deployments(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("Deployments before and after applying again:\n%v\n%v", before, after)
	}
}
