//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
)

// TestMigrateKEDA moves the example from prometheus-adapter to KEDA by the commands that krm-fn migrate keda prints, under load, and
// back. No workload ever has fewer replicas than the load needs, and no request fails.
func TestMigrateKEDA(t *testing.T) {
	g := newGateway(t)
	g.begin()
	load := g.load(50, false)
	g.settle("50 requests per second, by the adapter", goal{"shop", backend, 6, map[string]span{backendRate: {1000, 9200}}},
		goal{"shop", "products-api", 5, map[string]span{gatewayRate: {1000, 11000}}})
	g.rolled("shop", backend, 6)
	least := watchReplicas(t, g.c, "shop")

	installKEDA(t, g.c)
	// The command leaves alone what krm-fn rendered, which has a setting for KEDA. These are now like those of anybody.
	kubectl(t, g.c, "", "-n", "shop", "annotate", "hpa", "--all", "krm-fn.dev/owner-")
	m := &migration{c: g.c, dir: t.TempDir()}
	for _, step := range m.toKEDA(t) {
		for _, command := range step.Commands {
			m.run(t, command)
		}
		t.Logf("%s: %s", g.c.Since(), step.Title)
	}
	g.settle("50 requests per second, by KEDA", goal{"shop", backend, 6, map[string]span{prometheusTrigger: {1000, 9200}}},
		goal{"shop", "products-api", 5, map[string]span{prometheusTrigger: {1000, 11000}}})
	if got := least(); got[backend] != 6 || got["products-api"] != 5 {
		t.Errorf("least replicas during the migration: %v", got)
	}
	load.end("the migration")
	g.settle("no requests, by KEDA", goal{"shop", backend, 1, map[string]span{prometheusTrigger: {0, 0}}},
		goal{"shop", "products-api", 1, map[string]span{prometheusTrigger: {0, 0}}})

	m.run(t, "kubectl -n shop delete scaledobject --all --cascade=orphan")
	m.run(t, "kubectl apply -f keda/rollback")
	g.settle("no requests, by the adapter again", goal{"shop", backend, 1, map[string]span{backendRate: {0, 0}}},
		goal{"shop", "products-api", 1, map[string]span{gatewayRate: {0, 0}}})
	if !t.Failed() {
		proved = fmt.Sprintf("the steps of krm-fn migrate keda lead from the adapter to KEDA and back; under load, no replica goes away and no "+
			"request fails; %s, at most %d MiB", g.c.Since(), g.c.PeakMemory())
	}
}

// toKEDA runs krm-fn migrate keda on a dump of the cluster, and returns the steps.
func (m *migration) toKEDA(t *testing.T) []struct {
	Title    string
	Commands []string
} {
	t.Helper()
	dump := kubectl(t, m.c, "", "get", "hpa,deployments,statefulsets,services,configmaps,servicemonitors,podmonitors,apiservices",
		"--all-namespaces", "-o", "yaml")
	cmd := exec.CommandContext(t.Context(), config.Bin["krm-fn"], "migrate", "keda", "-o", "keda", "--format", "json", "-")
	cmd.Dir, cmd.Stdin = m.dir, strings.NewReader(dump)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("krm-fn migrate keda: %v: %s", err, stderrOf(err))
	}
	var report struct {
		Converted []struct{ Name string }
		Kept      []any
		plan
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Converted) != 2 || len(report.Kept) > 0 || len(report.Steps) == 0 {
		t.Fatalf("the report is\n%s", out)
	}
	return report.Steps
}

// watchReplicas records the least number of replicas of each Deployment in a namespace, until the function that it returns is called.
func watchReplicas(t *testing.T, c *cluster.Cluster, namespace string) func() map[string]int32 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	least := map[string]int32{}
	done.Go(func() {
		for ctx.Err() == nil {
			list, err := c.Client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				continue
			}
			for i := range list.Items {
				d := &list.Items[i]
				n := min(*d.Spec.Replicas, d.Status.AvailableReplicas)
				if before, known := least[d.Name]; !known || n < before {
					least[d.Name] = n
				}
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
	return func() map[string]int32 {
		cancel()
		done.Wait()
		return least
	}
}
