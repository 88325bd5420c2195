package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSimulateInputs has loads and manifests that contradict each other, and those at the limits.
func TestSimulateInputs(t *testing.T) {
	const shape = "step:from=8,to=40,at=2m,for=3m,end=10m"
	dir := writeFiles(t, map[string]string{
		"new.yaml": mended(t), "old.yaml": strings.Replace(mended(t), "maxReplicas: 10", "maxReplicas: 3", 1),
		"else.yaml": strings.ReplaceAll(mended(t), "orders", "pay"),
		"zero.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {name: web}
  minReplicaCount: 0
  maxReplicaCount: 5
  triggers:
  - type: prometheus
    metadata:
      serverAddress: http://prometheus:9090
      query: sum(increase(nginx_ingress_controller_requests{exported_namespace="shop"}[1m]))
      threshold: "600"
`,
		"large.csv": "time,requests\n0,8\n5m,40\n" + strings.Repeat("# a comment, as long as others\n", 9<<20/30) + "10m,8\n",
		"year.csv":  "time,requests\n0,8\n182d,40\n",
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, c := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		"two loads for all":         {[]string{"--load", shape, "--load", "day"}, exitProblems, "", "has 2 loads, the second of which is day; set --load once for it"},
		"two loads for one":         {[]string{"--load", "hpa/orders=day", "--load", "hpa/shop/orders=ramp"}, exitProblems, "", "the second of which is ramp"},
		"a load for another":        {[]string{in("else.yaml"), "--scaler", "hpa/orders", "--load", "hpa/pay=day"}, exitProblems, "", "has no load; add --load hpa/shop/orders=FILE, or a load for all"},
		"requests at an ingress":    {[]string{in("zero.yaml"), "--scaler", "so/web", "--load", "step:from=0,to=30,at=5m,for=10m"}, exitOK, "It runs 0 to 3 pods", ""},
		"a file of nine MiB":        {[]string{"--load", in("large.csv")}, exitOK, "hpa/shop/orders under " + in("large.csv"), ""},
		"a folder":                  {[]string{"--load", dir}, exitUsage, "", "--load: " + dir + ": it is not a regular file"},
		"a file that is not there":  {[]string{"--load", in("none")}, exitUsage, "", "--load: " + in("none") + ": no such file or directory; a shape is one of constant"},
		"a look in seven minutes":   {[]string{"--load", shape, "--sync-period", "7m"}, exitOK, "\n  0s ", ""},
		"a look in a day":           {[]string{"--load", shape, "--sync-period", "24h"}, exitOK, "\n  0s ", ""},
		"a year in seconds":         {[]string{"--load", in("year.csv"), "--sync-period", "1s"}, exitProblems, "", "would take too long to simulate"},
		"an unlike version":         {[]string{"--load", shape, "--compare", in("else.yaml"), "--per-request", "pay_per_second=1"}, exitOK, "hpa/shop/orders under", "shop/pay: is only in " + in("else.yaml") + ", so it is not shown"},
		"a scaler of one version":   {[]string{"--load", shape, "--compare", in("else.yaml"), "--per-request", "pay_per_second=1"}, exitOK, "", "shop/orders: is not in " + in("else.yaml") + ", so it is not compared"},
		"two versions in CSV":       {[]string{"--load", shape, "--compare", in("old.yaml"), "-o", "csv"}, exitOK, "\n" + in("old.yaml") + ",hpa/shop/orders,0s,8,", ""},
		"the first of two versions": {[]string{"--load", shape, "--compare", in("old.yaml"), "-o", "csv"}, exitOK, "manifests,scaler,time,requests,replicas,ready,metric,value\n" + in("new.yaml") + ",hpa/", ""},
		"a version of the stream":   {[]string{"--load", shape, "--compare", "-"}, exitOK, "hpa/shop/orders in - under", ""},
		"two versions of a stream":  {[]string{"-", "--load", shape, "--compare", "-"}, exitUsage, "", "--compare: standard input has the manifests already"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"simulate", in("new.yaml"), "--per-request", "orders_per_second=1"}, c.args...)
			got := run(t, ".", mended(t), args...)
			if got.code != c.code || !strings.Contains(got.stdout, c.stdout) || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("exit code %d, want %d, %q, and %q in\n%.1000s%s", got.code, c.code, c.stdout, c.stderr, got.stdout, got.stderr)
			}
			if c.code != exitOK && got.stdout != "" {
				t.Errorf("writes %s", got.stdout)
			}
		})
	}
}

// TestSimulateToZero simulates a backend that has no pods until a request at the gateway needs one, as it is rendered.
func TestSimulateToZero(t *testing.T) {
	manifests := filepath.Join(testdata, "examples", "products-keda.yaml")
	got := run(t, ".", "", "simulate", manifests, "--load", "step:from=0,to=3", "--cpu-per-request", "10m", "--scaler", "so/products",
		"--expect", "excess<=90", "--expect", "replicas<=6")
	if got.code != exitOK || !strings.Contains(got.stdout, "\n  5m15s   3           1         0 ") ||
		!strings.Contains(got.stdout, "\n  It runs 0 to 6 pods, ") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}
