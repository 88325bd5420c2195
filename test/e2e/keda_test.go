//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/tools"
	"github.com/krm-fn/krm-fn/test/truth"
)

// prometheusTrigger is the name that KEDA gives to the metric of the second trigger, after that of cpu.
const prometheusTrigger = "s1-prometheus"

// TestKEDA scales the example with HAProxy by ScaledObjects: by the requests that go through the gateway, and, when the backend may
// have no pods, to zero and back. Meanwhile it compares the table of package truth with what KEDA does.
func TestKEDA(t *testing.T) {
	g := newGateway(t)
	installKEDA(t, g.c)
	g.useKEDA()
	manifests := g.begin()
	verdicts := setUpKEDA(t, g.c)

	low := g.load(0.2, true)
	g.settle("one request in 5 seconds", goal{"shop", backend, 2, map[string]span{prometheusTrigger: {50, 100}}},
		goal{"shop", "products-api", 1, map[string]span{prometheusTrigger: {190, 210}}})
	low.end("one request in 5 seconds")

	high := g.load(50, false)
	g.settle("50 requests per second", goal{"shop", backend, 6, map[string]span{prometheusTrigger: {1000, 9200}}},
		goal{"shop", "products-api", 5, map[string]span{prometheusTrigger: {1000, 11000}}})
	t.Run("drift", func(t *testing.T) { noDrift(t, g.c, manifests) })
	high.end("scaling up")
	g.settle("no requests", goal{"shop", backend, 1, map[string]span{prometheusTrigger: {0, 0}}},
		goal{"shop", "products-api", 1, map[string]span{prometheusTrigger: {0, 0}}})
	g.sleep()
	judgeAll(t, g.c, truth.KEDACases, verdicts, judgeKEDA)
	writeTruth(t, "truth-keda.md", kedaHead, truth.KEDACases, verdicts)
	if !t.Failed() {
		proved = fmt.Sprintf("KEDA accepts the rendered ScaledObjects and scales the gateway 1-5-1 and the backend 1-2-6-1-0-1, applying again "+
			"changes nothing, and in %d cases it does what the table says; %s, at most %d MiB",
			len(truth.KEDACases), g.c.Since(), g.c.PeakMemory())
	}
}

// installKEDA installs KEDA as its project ships it, but for one setting: the API server waits for the webhooks, so that their
// verdict about every object is seen.
func installKEDA(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	if config.Bin["keda-operator"] == "" {
		t.Fatalf("the programs of KEDA are not built; run make e2e-keda, which sets %s", kedaEnv)
	}
	manifests := strings.ReplaceAll(program(t, "kustomize", "", "build", filepath.Join(config.KEDAModule, "config", "default")),
		"failurePolicy: Ignore", "failurePolicy: Fail")
	apply(t, c, manifests)
	const wrong = "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: wrong, namespace: default}, " +
		"spec: {scaleTargetRef: {name: wrong}, idleReplicaCount: 1, minReplicaCount: 1, triggers: [{type: wrong, metadata: {}}]}}"
	if err := c.Until(t.Context(), "KEDA is ready", 5*time.Minute, func(ctx context.Context) error {
		if _, err := c.Kubectl(ctx, wrong, "create", "--dry-run=server", "-f", "-"); err == nil ||
			!strings.Contains(err.Error(), "must be less than MinReplicaCount") {
			return fmt.Errorf("the webhook does not reject a wrong ScaledObject: %w", err)
		}
		_, err := c.Kubectl(ctx, "", "get", "--raw", "/apis/external.metrics.k8s.io/v1beta1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: KEDA is ready", c.Since())
}

// useKEDA adds the configuration to the inputs.
func (g *gatewayTest) useKEDA() {
	g.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Root(g.T), truth.KEDAConfig))
	if err == nil {
		err = os.WriteFile(filepath.Join(g.inputs, "keda.yaml"), text, 0o600)
	}
	if err != nil {
		g.Fatal(err)
	}
}

// sleep lets the backend go to zero, with a cooldown that is shorter than the default, and wakes it with a request.
func (g *gatewayTest) sleep() {
	g.Helper()
	g.edit("backend.yaml", "minReplicas: 1", "minReplicas: 0")
	manifests := program(g.T, "krm-fn", "", "render", g.inputs)
	quick := strings.Replace(manifests, "  initialCooldownPeriod: 300\n", "  initialCooldownPeriod: 30\n  cooldownPeriod: 30\n", 1)
	if quick == manifests {
		g.Fatal("the rendered ScaledObject has no initialCooldownPeriod")
	}
	apply(g.T, g.c, quick)
	// Prometheus must scrape the new series of the gateway, all of them must be 0 for a rate window, and then the cooldown counts.
	if err := g.c.Until(g.Context(), "the backend sleeps", 8*time.Minute, func(ctx context.Context) error {
		d, err := g.c.Client.AppsV1().Deployments("shop").Get(ctx, backend, metav1.GetOptions{})
		if err == nil && d.Status.Replicas != 0 {
			err = fmt.Errorf("it has %d replicas", d.Status.Replicas)
		}
		return err
	}); err != nil {
		explain(g.T, g.c)
		g.Fatal(err)
	}
	g.Logf("%s: the backend sleeps", g.c.Since())
	if err := g.ask(&question{"a request to the sleeping backend", http.MethodGet, apiPath + "/products", g.token, 503, ""}); err != nil {
		g.Fatal(err)
	}
	// The gateway must stay ready, so that requests reach it.
	g.answers("the backend is awake", 4*time.Minute)
}
