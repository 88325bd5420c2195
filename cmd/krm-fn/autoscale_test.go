package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAutoscale compares what the command prints for a workload with the expected file, which is sound in a run of its own.
func TestAutoscale(t *testing.T) {
	orders := filepath.Join("examples", "existing-workload", "orders.yaml")
	for name, args := range map[string][]string{
		"requests":  {"deploy/orders", "--metric", "http_requests_total_per_second=10", "--min", "2", "--max", "10", orders},
		"several":   {"Deployment.apps/orders", "--metric", "cpu=80%", "--metric", "memory=500Mi", "--metric", "queue_depth=2500m", "--max", "3", "--name", "orders-hpa", orders},
		"series":    {"deployments/orders", "-n", "shop", "--metric", "http_requests_per_second=10", "--series", "http_server_requests_seconds_count", "--metrics-port", "http", "--metrics-path", "/actuator/prometheus", "--monitor-label", "release=prometheus", "--max", "10", orders},
		"resources": {"deploy/orders", "--metric", "cpu=500m", "--max", "4", orders},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", "", append([]string{"autoscale"}, args...)...)
			if got.code != exitOK || got.stderr != "" {
				t.Fatalf("exit code %d\n%s", got.code, got.stderr)
			}
			golden(t, filepath.Join(testdata, "autoscale", name+".yaml"), got.stdout)
			checked := run(t, ".", read(t, orders)+"---\n"+got.stdout, "check", "-")
			if checked.code != exitOK || checked.stdout != "" {
				t.Errorf("check: exit code %d\n%s", checked.code, checked.stdout)
			}
		})
	}
}

// TestAutoscaleBelongsToTheUser renders what autoscale wrote together with its workload: nothing is rendered twice, and a
// HorizontalPodAutoscaler with an annotation keeps the rule that was written for it.
func TestAutoscaleBelongsToTheUser(t *testing.T) {
	dir := t.TempDir()
	orders := filepath.Join("examples", "existing-workload", "orders.yaml")
	args := []string{
		"autoscale", "deploy/orders", "--metric", "http_requests_per_second=10", "--series", "requests_count", "--max", "10",
		"-o", filepath.Join(dir, "scaling"), orders,
	}
	if got := run(t, ".", "", args...); got.code != exitOK || got.stdout+got.stderr != "" {
		t.Fatalf("got %v", got)
	}
	if got := run(t, ".", "", args...); got.code != exitProblems || !strings.Contains(got.stderr, "already exists") {
		t.Errorf("a second run: got %v", got)
	}
	got := run(t, ".", "", "render", "--all-scalers", orders, filepath.Join(dir, "scaling"))
	if got.code != exitOK || got.stdout != "" || got.stderr != "" {
		t.Errorf("render: got %v", got)
	}
}

func TestAutoscaleHelmValues(t *testing.T) {
	values := filepath.Join(t.TempDir(), "values.yaml")
	text := read(t, filepath.Join("examples", "existing-workload", "orders.yaml"))
	got := run(t, ".", text, "autoscale", "deploy/orders", "--metric", "requests_total_per_second=10", "--max", "5", "--adapter-values", values, "-")
	if got.code != exitOK || got.stderr != "" || strings.Contains(got.stdout, "ConfigMap") {
		t.Fatalf("got %v", got)
	}
	if rules := read(t, values); !strings.HasPrefix(rules, "rules:\n  custom:\n  - seriesQuery: '{__name__=\"requests_total\",") {
		t.Errorf("values:\n%s", rules)
	}
	checked := run(t, ".", text+"---\n"+got.stdout, "check", "--complete", "--adapter-values", values, "-")
	if strings.Contains(checked.stdout, "rule/") || !strings.Contains(checked.stderr, "1 metric: ") {
		t.Errorf("check: %v", checked)
	}
}

func TestAutoscaleErrors(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"config.yaml": configYAML,
		"two.yaml":    "apiVersion: v1\nkind: Service\nmetadata: {name: one}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: two}\n",
	})
	orders, scaled := filepath.Join("examples", "existing-workload", "orders.yaml"), filepath.Join("examples", "existing-workload")
	metric := []string{"--metric", "requests_total_per_second=10", "--max", "5"}
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"no slash":      {append(metric, orders), []string{`TYPE/NAME: "orders" is not TYPE/NAME, such as deployment/orders [input/value]`}},
		"not there":     {append(metric, orders), []string{`TYPE/NAME: the input has no deploy/order; did you mean "deployment/orders"? [hpa/target]`}},
		"nothing alike": {append(metric, orders), []string{`TYPE/NAME: the input has no widget/one; it has deployment/orders [hpa/target]`}},
		"scaled":        {append(metric, scaled), []string{"TYPE/NAME: HorizontalPodAutoscaler shop/orders scales it already; add the metric there, "}},
		"metrics": {
			[]string{"--metric", "a", "--metric", "b=x", "--metric", "c=80%", "--metric", "cpu=0%", "--metric", "d=-1", "--max", "5", orders},
			[]string{
				`--metric: "a" is not NAME=TARGET, such as `, "--metric: x is not a quantity above 0, such as 10, 500m, or 64Mi",
				"--metric: 80% is a percentage, which only cpu and memory have; use a number",
				"--metric: 0% is not a whole percentage of at least 1%", "--metric: -1 is not a quantity above 0",
			},
		},
		"bounds":  {[]string{"--metric", "cpu=80%", "--max", "0", "--min", "0", orders}, []string{"--max: is 0; use a number of at least 1", "--min: is 0; use a number from 1 to the maximum"}},
		"min":     {[]string{"--metric", "cpu=80%", "--max", "2", "--min", "3", orders}, []string{"--min: is 3; use a number from 1 to the maximum"}},
		"name":    {append(metric, "--name", "Orders", orders), []string{`--name: "Orders" is not a valid name; use lowercase letters, digits, '-', and '.' [input/name]`}},
		"series":  {append(metric, "--metric", "other=1", "--series", "x", orders), []string{"--series: needs exactly one metric of pods"}},
		"no pods": {[]string{"--metric", "cpu=80%", "--max", "2", "--series", "x", orders}, []string{"--series: needs exactly one metric of pods"}},
		"labels":  {append(metric, "--monitor-label", "release", orders), []string{`--monitor-label: "release" is not KEY=VALUE, such as release=prometheus`}},
		"config": {
			append(metric, "--config", filepath.Join(dir, "config.yaml"), "--series", "x", "--monitor-label", "a=b", orders),
			[]string{"--series: has no effect beside a configuration", "--monitor-label: has no effect beside a configuration"},
		},
		"not a config": {append(metric, "--config", filepath.Join(dir, "two.yaml"), orders), []string{"two.yaml: contains something else than one RenderAPIs"}},
		"port":         {append(metric, "--metrics-port", "admin", orders), []string{"is not a port that the containers of Deployment orders declare; available: http, metrics"}},
	} {
		t.Run(name, func(t *testing.T) {
			target := map[string]string{"no slash": "orders", "not there": "deploy/order", "nothing alike": "widget/one"}[name]
			if target == "" {
				target = "deploy/orders"
			}
			got := run(t, ".", "", append([]string{"autoscale", target}, tc.args...)...)
			if got.code != exitProblems || got.stdout != "" {
				t.Errorf("exit code %d, %s", got.code, got.stdout)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.stderr, "error: ") || !strings.Contains(got.stderr, want) {
					t.Errorf("it does not say %s:\n%s", want, got.stderr)
				}
			}
		})
	}
}

// TestAutoscaleNamespaces finds a workload of a name that two namespaces have.
func TestAutoscaleNamespaces(t *testing.T) {
	text := read(t, filepath.Join("examples", "existing-workload", "orders.yaml"))
	both := text + "---\n" + strings.ReplaceAll(text, "namespace: shop", "namespace: test")
	args := []string{"autoscale", "deploy/orders", "--metric", "requests_total_per_second=10", "--max", "5", "-"}
	if got := run(t, ".", both, args...); got.code != exitProblems || !strings.Contains(got.stderr, "is ambiguous: Deployment shop/orders and Deployment test/orders; set the namespace") {
		t.Errorf("got %v", got)
	}
	if got := run(t, ".", both, append(args, "-n", "test")...); got.code != exitOK || strings.Count(got.stdout, "namespace: test\n") != 2 {
		t.Errorf("got %v", got)
	}
}

func TestAdapterValuesThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "no", "values.yaml")
	got := run(t, ".", "", "render", "--adapter-values", file, filepath.Join("examples", "existing-workload"))
	if got.code != exitProblems || got.stdout != "" || !strings.Contains(got.stderr, "error: open ") {
		t.Errorf("got %v", got)
	}
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		t.Error("it created the directory")
	}
}
