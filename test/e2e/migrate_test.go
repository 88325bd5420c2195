//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
)

// limit is the time limit of steps that take seconds.
const limit = 5 * time.Minute

// A plan is the part of the report of krm-fn migrate that this test follows.
type plan struct {
	Objects []struct {
		Kind, Namespace, Name, Action string
		Changes                       []any
	}
	Steps []struct {
		Title    string
		Commands []string
	}
}

// TestMigrate takes a cluster from the operator to rendered files by the commands that krm-fn migrate prints, and back, and again.
func TestMigrate(t *testing.T) {
	c := start(t)
	restore(t, c, "pkg/migrate/testdata/private-jet/dump.yaml")
	for _, name := range []string{"products-api", "products-privatejet"} {
		kubectl(t, c, "", "-n", "shop", "rollout", "status", "deployment", name, "--timeout=5m")
	}
	m := migrationOf(t, c)
	services := watchOutages(t, c, "shop", "products-api", "products-privatejet")
	before := m.workloads(t)
	for i, step := range m.plan.Steps {
		services.during(step.Title)
		for _, command := range step.Commands {
			m.run(t, command)
		}
		if slices.ContainsFunc(step.Commands, isApply) {
			services.during("the way back")
			m.back(t)
			m.unchanged(t)
		}
		t.Logf("%s: %d. %s", c.Since(), i+1, step.Title)
	}
	if !m.wentBack {
		t.Fatal("no step applies anything")
	}
	services.during("after the last step")
	m.collected(t)
	if found := services.all(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
	if after := m.workloads(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("Deployments before and after, with UIDs and replicas:\n%v\n%v", before, after)
	}
	m.takenOver(t)
	services.see(t, c, "shop", "products-api")
	proved = fmt.Sprintf("the commands of krm-fn migrate lead from the operator's objects to the rendered ones, back and forth again, "+
		"with a ready pod behind every Service at any time, and the end of the operator's resources takes nothing along; %s, at most %d MiB",
		c.Since(), c.PeakMemory())
}

// A migration is under way in a cluster; dir is the directory that its commands name.
type migration struct {
	c        *cluster.Cluster
	dir      string
	plan     plan
	wentBack bool
}

func migrationOf(t *testing.T, c *cluster.Cluster) *migration {
	t.Helper()
	m := &migration{c: c, dir: t.TempDir()}
	m.plan = m.migrate(t, "migration")
	if len(m.plan.Steps) == 0 {
		t.Fatal("there are no steps")
	}
	return m
}

// migrate makes a dump with the command of the documentation and has krm-fn migrate read it.
func (m *migration) migrate(t *testing.T, dir string) plan {
	t.Helper()
	dump := kubectl(t, m.c, "", "get", "apis.wso2.com,targetendpoints.wso2.com,configmaps,deployments,services,"+
		"horizontalpodautoscalers,ingresses", "--all-namespaces", "-o", "yaml")
	cmd := exec.CommandContext(t.Context(), config.Bin["krm-fn"], "migrate", "-o", dir, "--format", "json", "-")
	cmd.Dir, cmd.Stdin = m.dir, strings.NewReader(dump)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("krm-fn migrate: %v: %s", err, stderrOf(err))
	}
	var p plan
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func stderrOf(err error) string {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}

// run runs a command line of a plan, in a shell, as users do. kubectl diff exits with 1 if there are differences.
func (m *migration) run(t *testing.T, command string) string {
	t.Helper()
	out, err := m.shell(t.Context(), command)
	if exit := (*exec.ExitError)(nil); strings.HasPrefix(command, "kubectl diff ") && errors.As(err, &exit) && exit.ExitCode() == 1 {
		return out
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, stderrOf(err))
	}
	return out
}

func (m *migration) shell(ctx context.Context, command string) (string, error) {
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "KUBECONFIG="+m.c.Kubeconfig(), "PATH="+filepath.Dir(config.Bin["kubectl"])+":"+os.Getenv("PATH"))
	out, err := cmd.Output()
	return string(out), err
}

func isApply(command string) bool { return strings.HasPrefix(command, "kubectl apply -f ") }

// back follows the rollback in the report, and then migrates again. In between, only the old container runs.
func (m *migration) back(t *testing.T) {
	t.Helper()
	m.wentBack = true
	const containers = `kubectl -n shop get pods -l app=products-api -o jsonpath='{range .items[*]}{.spec.containers[*].name}{"\n"}{end}'`
	for _, way := range []struct{ dir, container string }{
		{"migration/manifests", "mgw"}, {"migration/baseline", "mgwproducts-api"}, {"migration/manifests", "mgw"},
	} {
		m.run(t, "kubectl apply -f "+way.dir)
		for _, name := range []string{"products-api", "products-privatejet"} {
			m.run(t, "kubectl -n shop rollout status deployment "+name+" --timeout=5m")
		}
		if err := m.c.Until(t.Context(), "pods of "+way.dir, limit, func(context.Context) error {
			names, err := m.shell(t.Context(), containers)
			if want := strings.Repeat(way.container+"\n", 3); err != nil || names != want {
				return fmt.Errorf("%q instead of %q: %w", names, want, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// unchanged shows that the report told the truth: after its changes, neither kubectl nor another report finds any.
func (m *migration) unchanged(t *testing.T) {
	t.Helper()
	if out, err := m.shell(t.Context(), "kubectl diff -f migration/manifests"); err != nil || out != "" {
		t.Errorf("kubectl diff: %v %s\n%s", err, stderrOf(err), out)
	}
	again := m.migrate(t, "again")
	if len(again.Objects) < len(m.plan.Objects) {
		t.Errorf("%d objects instead of %d", len(again.Objects), len(m.plan.Objects))
	}
	for _, o := range again.Objects {
		// A dump has no ServiceMonitors, so they are new in every report.
		if o.Action != "none" && o.Kind != "ServiceMonitor" {
			t.Errorf("%s %s/%s is to change: %s %v", o.Kind, o.Namespace, o.Name, o.Action, o.Changes)
		}
	}
}

// collected waits until the garbage collector has had its say after the end of the operator's resources, and of their kinds.
func (m *migration) collected(t *testing.T) {
	t.Helper()
	// The collector works through its queue in order: it has seen all owners go when it has taken away what a later one owned.
	kubectl(t, m.c, "", "delete", "crd", "apis.wso2.com", "targetendpoints.wso2.com")
	owner := kubectl(t, m.c, "", "create", "configmap", "canary-owner", "-n", "shop", "-o", "jsonpath={.metadata.uid}")
	kubectl(t, m.c, fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: canary, namespace: shop, ownerReferences: ["+
		"{apiVersion: v1, kind: ConfigMap, name: canary-owner, uid: %s}]}}", owner), "create", "-f", "-")
	kubectl(t, m.c, "", "delete", "configmap", "canary-owner", "-n", "shop")
	kubectl(t, m.c, "", "wait", "--for=delete", "configmap/canary", "-n", "shop", "--timeout=5m")
	for _, o := range m.plan.Objects {
		if o.Action == "leave" {
			continue
		}
		owners := kubectl(t, m.c, "", "-n", o.Namespace, "get", strings.ToLower(o.Kind), o.Name, "-o", "jsonpath={.metadata.ownerReferences}")
		if owners != "" {
			t.Errorf("%s %s is still owned by %s", o.Kind, o.Name, owners)
		}
	}
}

// workloads are the Deployments with their UIDs and replicas, which a migration keeps.
func (m *migration) workloads(t *testing.T) []string {
	t.Helper()
	list, err := m.c.Client.AppsV1().Deployments("shop").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range list.Items {
		d := &list.Items[i]
		all = append(all, fmt.Sprintf("%s %s %d", d.Name, d.UID, *d.Spec.Replicas))
	}
	slices.Sort(all)
	return all
}

// takenOver shows that a tool that applies on the server's side can go on from there without a conflict or a new pod.
func (m *migration) takenOver(t *testing.T) {
	t.Helper()
	pods := "kubectl -n shop get pods -o name | sort"
	before := m.run(t, pods)
	m.run(t, "kubectl apply --server-side --field-manager=gitops -f migration/manifests")
	if out, err := m.shell(t.Context(), "kubectl diff --server-side --field-manager=gitops -f migration/manifests"); err != nil || out != "" {
		t.Errorf("kubectl diff --server-side: %v %s\n%s", err, stderrOf(err), out)
	}
	if after := m.run(t, pods); after != before {
		t.Errorf("pods before and after:\n%s\n%s", before, after)
	}
}
