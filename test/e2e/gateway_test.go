//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/tools"
)

const (
	apiPath      = "/prodapi/v1"
	productsJSON = `{"products":[{"name":"Apples","price":1.50},{"name":"Mangoes","price":2.75}]}`
)

// realProducts is the program of the backend. What counts are the requests that reach it.
var realProducts = cluster.App{
	Namespace: "shop", Image: products.Image, Port: 8080, Path: "/metrics", Counter: products.Counter, Labels: products.Labels,
	Body: productsJSON,
}

// gatewayTest is the example with HAProxy in a cluster, and a copy of its inputs.
type gatewayTest struct {
	*testing.T
	c       *cluster.Cluster
	inputs  string
	address string
	token   string // that of the scenario
}

// TestGateway sends the requests of the scenario through the gateway: who gets which answer, how both scale, and that no request
// fails when the gateway gets another configuration, or fewer pods.
func TestGateway(t *testing.T) {
	g := newGateway(t)
	g.begin()
	// The gateway is at its target, 200m. Of four requests, three reach the backend, whose target is 100m.
	low := g.load(0.2, true)
	g.settle("one request in 5 seconds", goal{"shop", backend, 2, map[string]span{backendRate: {50, 100}}},
		goal{"shop", "products-api", 1, map[string]span{gatewayRate: {190, 210}}})
	low.end("one request in 5 seconds")

	high := g.load(50, false)
	g.settle("50 requests per second", goal{"shop", backend, 6, map[string]span{backendRate: {1000, 9200}}},
		goal{"shop", "products-api", 5, map[string]span{gatewayRate: {1000, 11000}}})
	high.expectNone(t, "scaling up")
	g.scenario()
	other := g.change()
	g.rolled("shop", "products-api", 5)
	high.expectNone(t, "another configuration")
	g.changed(other)
	g.shrink()
	g.settle("fewer pods under the same load", goal{"shop", backend, 2, map[string]span{backendRate: {22000, 28000}}},
		goal{"shop", "products-api", 2, map[string]span{gatewayRate: {22000, 28000}}})
	g.rolled("shop", "products-api", 2)
	high.end("fewer pods")
	g.settle("no requests", goal{"shop", backend, 1, map[string]span{backendRate: {0, 0}}},
		goal{"shop", "products-api", 1, map[string]span{gatewayRate: {0, 0}}})
	proved = fmt.Sprintf("requests through HAProxy, configured by krm-fn, get the right answers, scale the gateway 1-5-2-1 and the backend "+
		"1-2-6-2-1, and none fails meanwhile; %s, at most %d MiB", g.c.Since(), g.c.PeakMemory())
}

// newGateway starts a cluster.
func newGateway(t *testing.T) *gatewayTest {
	t.Helper()
	if config.Bin["haproxy"] == "" {
		t.Fatal("haproxy is not installed; on Debian, run apt-get install haproxy")
	}
	token, err := os.ReadFile("testdata/scenario-token.txt")
	if err != nil {
		t.Fatal(err)
	}
	g := &gatewayTest{T: t, inputs: t.TempDir(), token: strings.TrimSpace(string(token))}
	if err := os.CopyFS(g.inputs, os.DirFS(filepath.Join(tools.Root(t), "examples", "products"))); err != nil {
		t.Fatal(err)
	}
	g.c = start(t)
	t.Cleanup(g.logs)
	return g
}

// begin installs the example, checks it, and waits until it answers. It returns the manifests.
func (g *gatewayTest) begin() string {
	g.Helper()
	g.c.Workloads.Serve(realProducts)
	manifests := install(g.T, g.c, g.inputs)
	g.check(manifests)
	service, err := g.c.Client.CoreV1().Services("shop").Get(g.Context(), "products-api", metav1.GetOptions{})
	if err != nil {
		g.Fatal(err)
	}
	g.address = net.JoinHostPort(service.Spec.ClusterIP, "9090")
	g.answers("the gateway answers", 2*time.Minute)
	return manifests
}

// answers waits for the answer to the first request of the scenario.
func (g *gatewayTest) answers(what string, limit time.Duration) {
	g.Helper()
	if err := g.c.Until(g.Context(), what, limit, func(context.Context) error { return g.ask(g.first()) }); err != nil {
		g.Fatal(err)
	}
	g.Logf("%s: %s", g.c.Since(), what)
}

// first is the request of the scenario's own curl.
func (g *gatewayTest) first() *question {
	return &question{"the scenario", http.MethodGet, apiPath + "/products", g.token, 200, "/products " + productsJSON}
}

// check fails if krm-fn check finds an error in what is applied.
func (g *gatewayTest) check(manifests string) {
	g.Helper()
	file := filepath.Join(g.TempDir(), "all.yaml")
	all := manifests + "---\n" + program(g.T, "kustomize", "", "build", "examples/stack")
	if err := os.WriteFile(file, []byte(all), 0o600); err != nil {
		g.Fatal(err)
	}
	g.Logf("krm-fn check:\n%s", program(g.T, "krm-fn", "", "check", file))
}

// logs shows the ends of the logs of the gateways if the test has failed.
func (g *gatewayTest) logs() {
	if !g.Failed() {
		return
	}
	files, err := filepath.Glob(filepath.Join(config.WorkDir, "log", "pods", "shop_products-api*"))
	if err != nil {
		g.Error(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		g.Logf("%s: %v\n%s", filepath.Base(file), err, strings.Join(lines[max(0, len(lines)-12):], "\n"))
	}
}

// send sends a request and returns the status and the body.
func (g *gatewayTest) send(ctx context.Context, method, path, token string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+g.address+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	request.Close = true
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if path := response.Header.Get("X-Path"); path != "" {
		text = fmt.Appendf(nil, "%s %s", path, text)
	}
	return response.StatusCode, string(text), err
}

// A question is a request and the answer that it must get.
type question struct {
	name, method, path, token string
	status                    int
	body                      string
}

func (g *gatewayTest) ask(q *question) error {
	status, body, err := g.send(g.Context(), q.method, q.path, q.token)
	if err != nil || status != q.status || q.body != "" && body != q.body {
		return fmt.Errorf("%s: %s %s: wanted %d %s, got %d %s (%w)", q.name, q.method, q.path, q.status, q.body, status, body, err)
	}
	return nil
}

func (g *gatewayTest) askAll(questions ...question) {
	g.Helper()
	for i := range questions {
		if err := g.ask(&questions[i]); err != nil {
			g.Error(err)
		}
	}
	if g.Failed() {
		g.FailNow()
	}
}

// scenario sends the requests of the scenario, and those that must not get through.
func (g *gatewayTest) scenario() {
	g.Helper()
	text, err := os.ReadFile(filepath.Join(g.inputs, "security.yaml"))
	if err != nil {
		g.Fatal(err)
	}
	_, certificate, _ := strings.Cut(string(text), "server.pem: |\n")
	certificate = strings.ReplaceAll(certificate, "    ", "")
	questions := []question{
		*g.first(),
		{"a parameter", http.MethodGet, apiPath + "/products/7", g.token, 200, "/products/7 " + productsJSON},
		{"no token", http.MethodGet, apiPath + "/products", "", 401, ""},
		{"another issuer", http.MethodGet, apiPath + "/products", newIssuer(g.T, "https://other.example.com").token(g.T, time.Hour), 401, ""},
		{"another method", http.MethodDelete, apiPath + "/products", g.token, 405, ""},
		{"an unknown path", http.MethodGet, apiPath + "/orders", g.token, 404, ""},
		{"no base path", http.MethodGet, "/products", g.token, 404, ""},
		{"the metrics", http.MethodGet, "/metrics", g.token, 404, ""},
	}
	for name, token := range forged(g.T, g.token, certificate) {
		questions = append(questions, question{name, http.MethodGet, apiPath + "/products", token, 401, ""})
	}
	g.askAll(questions...)
}

// A runningLoad is a steady load until end.
type runningLoad struct {
	*steady
	t      *testing.T
	cancel context.CancelFunc
	ended  chan struct{}
}

func (g *gatewayTest) load(rate float64, guests bool) *runningLoad {
	g.Helper()
	ctx, cancel := context.WithCancel(g.Context())
	l := &runningLoad{
		steady: &steady{address: g.address, path: apiPath + "/products", token: g.token, body: productsJSON, guests: guests},
		t:      g.T, cancel: cancel, ended: make(chan struct{}),
	}
	go func() {
		l.run(ctx, rate)
		close(l.ended)
	}()
	return l
}

func (l *runningLoad) end(what string) {
	l.t.Helper()
	l.cancel()
	<-l.ended
	l.expectNone(l.t, what)
}

func (g *gatewayTest) settle(what string, goals ...goal) {
	g.Helper()
	g.Logf("%s: %s", g.c.Since(), what)
	settle(g.T, g.c, 3*time.Minute, goals...)
}

// edit changes a text in a file of the inputs.
func (g *gatewayTest) edit(file string, replace ...string) {
	g.Helper()
	path := filepath.Join(g.inputs, file)
	old, err := os.ReadFile(path)
	if err != nil {
		g.Fatal(err)
	}
	text := strings.NewReplacer(replace...).Replace(string(old))
	if text == string(old) {
		g.Fatalf("%s: no change by %q", file, replace)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		g.Fatal(err)
	}
}

// change gives the gateway another configuration: another path, and a second issuer.
func (g *gatewayTest) change() *issuer {
	g.Helper()
	other := newIssuer(g.T, "https://issuer.example.com")
	g.edit("swagger.yaml", "/products/{productId}", "/items/{itemId}", "productId", "itemId")
	g.edit("security.yaml", "    certificate: wso2am320-secret\n",
		"    certificate: wso2am320-secret\n  - issuer: "+other.name+"\n    certificate: other-issuer\n")
	secret := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: other-issuer\n  namespace: shop\nstringData:\n  tls.crt: |\n    " +
		strings.ReplaceAll(strings.TrimSpace(other.certificate), "\n", "\n    ") + "\n"
	if err := os.WriteFile(filepath.Join(g.inputs, "other.yaml"), []byte(secret), 0o600); err != nil {
		g.Fatal(err)
	}
	g.render()
	return other
}

func (g *gatewayTest) render() {
	g.Helper()
	apply(g.T, g.c, program(g.T, "krm-fn", "", "render", g.inputs))
}

// changed verifies that all gateways have the changed configuration.
func (g *gatewayTest) changed(other *issuer) {
	g.Helper()
	pretender := newIssuer(g.T, other.name)
	for range 10 {
		g.askAll(
			question{"the new path", http.MethodGet, apiPath + "/items/7", g.token, 200, "/items/7 " + productsJSON},
			question{"the old path", http.MethodGet, apiPath + "/products/7", g.token, 404, ""},
			question{"the second issuer", http.MethodGet, apiPath + "/products", other.token(g.T, time.Minute), 200, ""},
			question{"an expired token", http.MethodGet, apiPath + "/products", other.token(g.T, -time.Minute), 401, ""},
			question{"the issuer's name", http.MethodGet, apiPath + "/products", pretender.token(g.T, time.Minute), 401, ""},
		)
	}
}

// shrink makes both HorizontalPodAutoscalers remove pods at once.
func (g *gatewayTest) shrink() {
	g.Helper()
	g.edit("hpa-configs.yaml", `mgwMaxReplicas: "5"`, `mgwMaxReplicas: "2"`)
	g.edit("backend.yaml", "maxReplicas: 6", "maxReplicas: 2")
	g.render()
}

// rolled waits until a Deployment has its pods, all of them new, and no others.
func (g *gatewayTest) rolled(namespace, name string, replicas int) {
	g.Helper()
	if err := g.c.Until(g.Context(), "the pods are replaced", 3*time.Minute, func(ctx context.Context) error {
		d, err := g.c.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if s := d.Status; s.ObservedGeneration != d.Generation || int(s.UpdatedReplicas) != replicas || int(s.AvailableReplicas) != replicas {
			return fmt.Errorf("wanted %d replicas: %+v", replicas, s)
		}
		pods, err := g.c.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(d.Spec.Selector)})
		if err == nil && len(pods.Items) != replicas {
			err = fmt.Errorf("wanted %d pods, there are %d", replicas, len(pods.Items))
		}
		return err
	}); err != nil {
		explain(g.T, g.c)
		g.Fatal(err)
	}
}
