//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/test/e2e/cluster"
	"github.com/krm-fn/krm-fn/test/truth"
)

const (
	backend = "products-privatejet"
	// caseRate is the load of the backend of a case, in requests a second: below the target of its one pod.
	caseRate = 0.08
)

// caseSpan is what its HorizontalPodAutoscaler then reads, in thousandths.
var caseSpan = span{70, 90}

// A verdict is what happened to a case.
type verdict struct {
	outcome truth.Outcome
	// detail is how the cluster reports it.
	detail string
}

// TestTruth compares the table of package truth with the cluster. All cases of a namespace exist at the same time; the others
// follow, one at a time. At the end it writes docs/truth.md.
func TestTruth(t *testing.T) {
	rendered := program(t, "krm-fn", "", "render", "examples/products-privatejet")
	stack := program(t, "kustomize", "", "build", "examples/stack")
	c := start(t)
	apply(t, c, stack)
	verdicts := map[string]verdict{}
	rules := setUp(t, c, rendered, verdicts)
	apply(t, c, rules)
	t.Logf("%s: the cases are applied", c.Since())
	judgeAll(t, c, truth.Cases, verdicts, judge)
	t.Logf("%s: the cases of a namespace are finished", c.Since())

	sound := truth.Sound(rendered, "sound") + "---\n" + stack
	apply(t, c, sound)
	for i := range truth.ClusterCases {
		disturb(t, c, &truth.ClusterCases[i], sound, verdicts)
	}
	writeTruth(t, "truth.md", truthHead, slices.Concat(truth.Cases, truth.ClusterCases), verdicts)
	if !t.Failed() {
		proved = fmt.Sprintf("in %d cases, krm-fn check finds an error where the cluster does not read the metrics, and none where it does, "+
			"but for those that name what it cannot know; %s, at most %d MiB",
			len(truth.Cases)+len(truth.ClusterCases), c.Since(), c.PeakMemory())
	}
}

// setUp applies the cases of a namespace, except for the rules of the adapter: it returns a ConfigMap with those of all.
func setUp(t *testing.T, c *cluster.Cluster, rendered string, verdicts map[string]verdict) string {
	t.Helper()
	var configMap string
	for i := range truth.Cases {
		item := &truth.Cases[i]
		text, err := item.Apply(truth.Sound(rendered, item.Name))
		if err != nil {
			t.Fatal(err)
		}
		namespaced, config := truth.Cut(text, "ConfigMap")
		head, rules, _ := strings.Cut(config, "    rules:\n")
		if configMap == "" {
			configMap = head + "    rules:\n"
		}
		configMap += rules
		serveCase(t, c, item.Name)
		if err := c.Apply(t.Context(), namespaced); err != nil {
			verdicts[item.Name] = verdict{outcome: truth.Refused, detail: refusal(err)}
		}
	}
	return configMap
}

// serveCase serves the series of a case.
func serveCase(t *testing.T, c *cluster.Cluster, name string) {
	t.Helper()
	c.Workloads.Serve(cluster.App{
		Namespace: name, Image: products.Image, Port: products.Port, Path: products.Path,
		Counter: truth.Series(name), Labels: `http_method="GET"`,
	})
	if err := c.Workloads.SetLoad(name, products.Image, cluster.Load{Requests: caseRate}); err != nil {
		t.Fatal(err)
	}
}

// refusal is the end of what kubectl says, without what it was asked to do.
func refusal(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	_, text, found := strings.Cut(lines[len(lines)-1], "exit status 1: ")
	if !found {
		return lines[len(lines)-1]
	}
	return text
}

// judgeAll waits until every case has done what its table says for longer than a rate looks back and the adapter takes to
// list series. Those that do not in time keep the verdict that they have then.
func judgeAll(t *testing.T, c *cluster.Cluster, cases []truth.Case, verdicts map[string]verdict,
	judge func(context.Context, *cluster.Cluster, string) (verdict, error),
) {
	t.Helper()
	const hold = 100 * time.Second
	since := time.Now()
	err := c.Until(t.Context(), "the cases do what the table says", 15*time.Minute, func(ctx context.Context) error {
		var errs []error
		for i := range cases {
			item := &cases[i]
			if o := verdicts[item.Name].outcome; o != truth.Refused && o != truth.RejectedByWebhook {
				v, err := judge(ctx, c, item.Name)
				if err != nil {
					return err
				}
				verdicts[item.Name] = v
			}
			if v := verdicts[item.Name]; v.outcome != item.Cluster {
				errs = append(errs, fmt.Errorf("%s: %s (%s) and not %s", item.Name, v.outcome, v.detail, item.Cluster))
			}
		}
		if err := errors.Join(errs...); err != nil {
			since = time.Now()
			return err
		}
		if held := time.Since(since); held < hold {
			return fmt.Errorf("they have for %s", held.Round(time.Second))
		}
		return nil
	})
	if err != nil {
		explain(t, c)
		t.Error(err)
	}
}

// judge returns what the cluster does with the HorizontalPodAutoscaler of a case.
func judge(ctx context.Context, c *cluster.Cluster, namespace string) (verdict, error) {
	r, err := readHPA(ctx, c, namespace, backend)
	if err != nil {
		return verdict{}, err
	}
	switch {
	case r.reason != "" && r.reason != "FailedGetPodsMetric":
		return verdict{truth.Unknown, r.reason}, nil
	case len(r.unknown) > 0 && slices.Contains([]string{"cpu", "network"}, r.unknown[len(r.unknown)-1]):
		return verdict{truth.Unknown, "FailedGetResourceMetric"}, nil
	case len(r.unknown) > 0:
		// Whether a condition says it depends on the other metrics; what the controller is told is always the same.
		detail, err := ask(ctx, c, namespace, r.unknown[len(r.unknown)-1])
		return verdict{truth.Unknown, detail}, err
	}
	for metric, value := range r.values {
		if metric != "cpu" && (value < caseSpan.low || value > caseSpan.high) {
			return verdict{outcome: truth.Misreads}, nil
		}
	}
	return verdict{outcome: truth.Reads}, nil
}

// ask asks the API of the adapter for a metric of all pods of a namespace, as the controller does.
func ask(ctx context.Context, c *cluster.Cluster, namespace, metric string) (string, error) {
	text, err := c.Kubectl(ctx, "", "get", "--raw", "/apis/custom.metrics.k8s.io/v1beta2/namespaces/"+namespace+"/pods/*/"+metric)
	if err != nil {
		_, message, _ := strings.Cut(err.Error(), "Error from server ")
		if kind, _, ok := strings.Cut(strings.TrimPrefix(message, "("), ")"); ok {
			return kind, nil
		}
		return "", err
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return "", err
	}
	if len(list.Items) == 0 {
		return "no values", nil
	}
	return "values, but not the requested ones", nil
}

// disturb makes the change of a case in the whole cluster, waits until the HorizontalPodAutoscaler of the valid manifests shows the
// effect, takes it back, and waits until that reads again.
func disturb(t *testing.T, c *cluster.Cluster, item *truth.Case, sound string, verdicts map[string]verdict) {
	t.Helper()
	changed, err := item.Apply(sound)
	if err != nil {
		t.Fatal(err)
	}
	wait := func(what string, want truth.Outcome) {
		err := c.Until(t.Context(), item.Name+": "+what, 10*time.Minute, func(ctx context.Context) error {
			v, err := judge(ctx, c, "sound")
			if err != nil {
				return err
			}
			if verdicts[item.Name] = v; v.outcome != want {
				return fmt.Errorf("%s (%s) and not %s", v.outcome, v.detail, want)
			}
			return nil
		})
		if err != nil {
			explain(t, c)
			t.Error(err)
		}
	}
	wait("it begins sound", truth.Reads)
	change(t, c, item.Name, [2]string{sound, changed})
	wait("it is changed", item.Cluster)
	seen := verdicts[item.Name]
	change(t, c, item.Name, [2]string{changed, sound})
	wait("the change is taken back", truth.Reads)
	// What the metrics API answers while programs start again is a matter of moments.
	verdicts[item.Name] = verdict{outcome: seen.outcome}
	t.Logf("%s: %s: %s (%s)", c.Since(), item.Name, seen.outcome, seen.detail)
}

// change applies what differs between two texts of all manifests, the old and the new, and starts again what reads its
// manifests only then.
func change(t *testing.T, c *cluster.Cluster, name string, manifests [2]string) {
	t.Helper()
	var docs []string
	for doc := range strings.SplitSeq(manifests[1], "---\n") {
		if !strings.Contains(manifests[0], doc) {
			docs = append(docs, doc)
		}
	}
	switch {
	case name == "controller-role":
		changeControllerRole(t, c)
	case len(docs) == 0:
		t.Fatalf("%s changes nothing", name)
	case strings.HasPrefix(name, "prometheus-"):
		generated := prometheusConfig(t, c)
		apply(t, c, strings.Join(docs, "---\n"))
		if strings.Contains(docs[0], "kind: Prometheus\n") {
			// The operator writes the configuration again; Prometheus would read it within minutes.
			if err := c.Until(t.Context(), "the operator acts", 5*time.Minute, func(context.Context) error {
				if prometheusConfig(t, c) == generated {
					return errors.New("the configuration is what it was")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		restart(t, c, "monitoring", "app.kubernetes.io/name=prometheus")
	default:
		apply(t, c, strings.Join(docs, "---\n"))
		if strings.Contains(docs[0], "kind: ConfigMap\n") || strings.Contains(docs[0], "kind: RoleBinding\n") {
			restart(t, c, "custom-metrics", "app.kubernetes.io/name=prometheus-adapter")
		}
	}
}

func prometheusConfig(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	secret, err := c.Client.CoreV1().Secrets("monitoring").Get(t.Context(), "prometheus-autoscaling", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(secret.Data["prometheus.yaml.gz"])
}

// restart deletes pods; their controllers make new ones.
func restart(t *testing.T, c *cluster.Cluster, namespace, selector string) {
	t.Helper()
	if _, err := c.Kubectl(t.Context(), "", "delete", "pods", "--namespace="+namespace, "--selector="+selector); err != nil {
		t.Fatal(err)
	}
}

// changeControllerRole takes the API of custom metrics out of the role of the HorizontalPodAutoscaler controller, which
// kube-apiserver makes when it starts, or, the next time, gives it back.
func changeControllerRole(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	const group, other = "custom.metrics.k8s.io", "none.example.com"
	roles := c.Client.RbacV1().ClusterRoles()
	role, err := roles.Get(t.Context(), "system:controller:horizontal-pod-autoscaler", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range role.Rules {
		switch groups := role.Rules[i].APIGroups; groups[0] {
		case group:
			groups[0] = other
		case other:
			groups[0] = group
		}
	}
	if _, err := roles.Update(t.Context(), role, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}
