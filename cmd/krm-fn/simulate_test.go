package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ordered are the flags of a load for the mended chain: ten minutes, in three of which there are five times as many orders.
var ordered = []string{"--load", "step:from=8,to=40,at=2m,for=3m,end=10m", "--per-request", "orders_per_second=1"}

// TestSimulateFormats compares what simulate writes about a scaler in each format.
func TestSimulateFormats(t *testing.T) {
	for _, format := range sortedNames(simulationFormats) {
		t.Run(format, func(t *testing.T) {
			got := run(t, ".", mended(t), append([]string{"simulate", "-", "-o", format}, ordered...)...)
			if got.code != exitOK || strings.Contains(got.stderr, "error") {
				t.Errorf("exit code %d, %s", got.code, got.stderr)
			}
			isOf(t, format, got.stdout)
			golden(t, filepath.Join(testdata, "simulate", format+".txt"), got.stdout)
		})
	}
}

// isOf checks that a text is of a format.
func isOf(t *testing.T, format, text string) {
	t.Helper()
	var err error
	switch format {
	case "json":
		var v any
		err = json.Unmarshal([]byte(text), &v)
	case "svg":
		for d := xml.NewDecoder(strings.NewReader(text)); err == nil; {
			_, err = d.Token()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		t.Errorf("%s: %v", format, err)
	}
}

// shops are the manifests of two scalers in files, in a folder of their own.
func shops(t *testing.T) string {
	t.Helper()
	pay := strings.NewReplacer("orders", "pay", "app: orders", "app: pay").Replace(mended(t))
	pay, _, _ = strings.Cut(pay, "---\napiVersion: v1\nkind: ConfigMap")
	pay = strings.Replace(pay, "pay_per_second", "orders_per_second", 1)
	return writeFiles(t, map[string]string{
		"new/orders.yaml": mended(t), "new/pay.yaml": pay,
		"old/orders.yaml": strings.Replace(mended(t), "maxReplicas: 10", "maxReplicas: 3", 1),
		"load.csv":        "time,requests,orders_per_second\n0s,4,4\n2m,30,30\n6m,4,4\n",
		"extra.csv":       "time,requests,order_per_second\n0s,4,4\n2m,30,30\n6m,4,4\n", "other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "bad.csv": "time,requests\n0s,x\n",
	})
}

// TestSimulateCompares has two versions of the manifests under the same load.
func TestSimulateCompares(t *testing.T) {
	dir := shops(t)
	for _, format := range sortedNames(simulationFormats) {
		args := append([]string{"simulate", "-", "--compare", filepath.Join(dir, "old"), "-o", format}, ordered...)
		got := run(t, ".", mended(t), args...)
		if got.code != exitOK {
			t.Errorf("%s: exit code %d, %s", format, got.code, got.stderr)
		}
		isOf(t, format, got.stdout)
		if format == "table" { // A picture cuts the name of the folder.
			golden(t, filepath.Join(testdata, "simulate", "compare-"+format+".txt"), strings.ReplaceAll(got.stdout, dir, "DIR"))
		}
	}
}

// TestSimulate has what simulate says beside the simulation, and its exit code.
func TestSimulate(t *testing.T) {
	dir := shops(t)
	manifests, orders := filepath.Join(dir, "new"), filepath.Join(dir, "new", "orders.yaml")
	file := func(name string) string { return filepath.Join(dir, name) }
	const shape = "step:from=8,to=40,at=2m,for=3m,end=10m"
	each := []string{"--per-request", "orders_per_second=1"}
	for name, c := range map[string]struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		"two scalers":                 {append(each, manifests, "--load", shape), exitOK, "hpa/shop/pay under step", ""},
		"one of two":                  {append(each, manifests, "--load", shape, "--scaler", "hpa/pay"), exitOK, "hpa/shop/pay under step", ""},
		"one of two, with namespace":  {append(each, manifests, "--load", shape, "--scaler", "hpa/shop/pay"), exitOK, "hpa/shop/pay under step", ""},
		"a load for one":              {append(each, manifests, "--load", "hpa/pay="+shape), exitOK, "hpa/shop/pay under step", ""},
		"a load for one, one for all": {append(each, manifests, "--load", "hpa/pay=constant", "--load", shape), exitOK, "hpa/shop/pay under constant", ""},
		"a picture of two":            {append(each, manifests, "--load", shape, "-o", "svg"), exitUsage, "", "--output svg draws one scaler; choose it with --scaler: hpa/shop/orders, hpa/shop/pay"},
		"a picture of one of two":     {append(each, manifests, "--load", shape, "-o", "svg", "--scaler", "hpa/pay"), exitOK, "<svg", ""},
		"a scaler that is not there":  {append(each, manifests, "--load", shape, "--scaler", "hpa/order"), exitProblems, "", `the input has no scaler "hpa/order"`},
		"no scaler":                   {[]string{file("other.yaml"), "--load", shape}, exitProblems, "", "the input has no HorizontalPodAutoscaler and no ScaledObject to simulate"},
		"a file":                      {[]string{orders, "--load", file("load.csv")}, exitOK, "under " + file("load.csv"), ""},
		"a column without a reader":   {append(each, orders, "--load", file("extra.csv")), exitOK, "hpa/shop/orders", "has a column order_per_second that no scaler reads; did you mean"},
		"a metric without a reader":   {append(each, orders, "--load", shape, "--per-request", "x=1"), exitOK, "hpa/shop/orders", "--per-request: no scaler reads the metric x"},
		"a metric that is unknown":    {[]string{orders, "--load", shape}, exitProblems, "", "add a column orders_per_second to the load, or set --per-request orders_per_second=NUMBER"},
		"a broken chain":              {append(each, brokenChain, "--load", shape), exitProblems, "", "[scrape/port]"},
		"a row that is not a number":  {[]string{orders, "--load", file("bad.csv")}, exitProblems, "", file("bad.csv") + ": line "},
		"expectations that are met":   {append(each, orders, "--load", shape, "--expect", "replicas<=10", "--expect", "flaps<=1"), exitOK, "hpa/shop/orders", ""},
		"expectations that are not": {
			append(each, orders, "--load", shape, "--expect", "replicas<=5", "--expect", "over-target<1s"), exitProblems, "hpa/shop/orders",
			"does not meet the expectation replicas<=5: replicas is 9 [simulate/expect]",
		},
		"an unknown expectation":    {append(each, orders, "--load", shape, "--expect", "pods<5"), exitUsage, "", `--expect: "pods" is not one of replicas,`},
		"no load":                   {append(each, orders), exitUsage, "", "--load is missing; give a file, or a shape such as step:from=10,to=100"},
		"an unknown shape":          {append(each, orders, "--load", "stairs:from=1"), exitUsage, "", "a shape is one of constant, step, ramp, spike, day"},
		"a wrong setting":           {append(each, orders, "--load", "step:form=1"), exitUsage, "", "--load: "},
		"no such file":              {append(each, orders, "--load", file("none.csv")), exitUsage, "", "none.csv: no such file or directory; a shape is one of constant,"},
		"a folder":                  {append(each, orders, "--load", dir), exitUsage, "", "--load: "},
		"an unknown format":         {append(each, orders, "--load", shape, "-o", "pdf"), exitUsage, "", `--output: "pdf" is not one of csv, json, svg, table`},
		"a wrong quantity":          {append(each, orders, "--load", shape, "--cpu", "-1"), exitUsage, "", `--cpu: "-1" is not a quantity of 0 or more`},
		"a huge quantity":           {append(each, orders, "--load", shape, "--memory", "1e999999999"), exitUsage, "", `--memory: "1e999999999" is not a quantity`},
		"a quantity":                {append(each, orders, "--load", shape, "--cpu", "5m", "--cpu-per-request", "10m", "--memory", "1Mi", "--memory-per-request", "1Ki"), exitOK, "hpa/shop/orders", ""},
		"cpu without effect":        {append(each, orders, "--load", shape, "--cpu", "5m"), exitOK, "", "--cpu has no effect: no scaler reads cpu, and no pod has a CPU limit"},
		"memory without effect":     {append(each, orders, "--load", shape, "--memory", "1Gi"), exitOK, "", "--memory has no effect: no scaler reads memory"},
		"others left out":           {append(each, manifests, "--load", "hpa/pay="+shape), exitOK, "", "shop/orders: has no load, so it is left out [simulate/load]"},
		"no time":                   {append(each, orders, "--load", shape, "--sync-period", "0s"), exitUsage, "", "--sync-period: 0s is not between 1s and 24h"},
		"a negative time":           {append(each, orders, "--load", shape, "--pod-start", "-1s"), exitUsage, "", "--pod-start: -1s is not between 0s and 24h"},
		"a negative number":         {append(each, orders, "--load", shape, "--replicas", "-1"), exitUsage, "", "cannot be negative"},
		"not a number":              {append(each, orders, "--load", shape, "--capacity", "NaN"), exitUsage, "", "cannot be negative"},
		"a metric without a number": {[]string{orders, "--load", shape, "--per-request", "orders_per_second"}, exitUsage, "", `--per-request: "orders_per_second" is not METRIC=NUMBER`},
		"others that are not there": {append(each, orders, "--load", shape, "--compare", file("none")), exitProblems, "", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ".", "", append([]string{"simulate"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.stdout, c.stdout) || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("exit code %d, want %d, %q, and %q in\n%s%s", got.code, c.code, c.stdout, c.stderr, got.stdout, got.stderr)
			}
			if c.code != exitOK && c.stdout == "" && got.stdout != "" {
				t.Errorf("writes %s", got.stdout)
			}
			if strings.Contains(name, "one") && strings.Contains(got.stdout, "hpa/shop/orders under") && !strings.Contains(name, "all") {
				t.Errorf("simulates another one: %s", got.stdout)
			}
		})
	}
}

// TestSimulateOutputFails has a standard output that cannot be written.
func TestSimulateOutputFails(t *testing.T) {
	for _, format := range sortedNames(simulationFormats) {
		var stderr bytes.Buffer
		args := append([]string{"simulate", "-", "-o", format}, ordered...)
		code := Run(t.Context(), Env{Args: args, Stdin: strings.NewReader(mended(t)), Stdout: failingWriter{errors.New("it broke")}, Stderr: &stderr, Dir: "."})
		if code != exitProblems || !strings.Contains(stderr.String(), "error: standard output: it broke\n") {
			t.Errorf("%s: exit code %d, %s", format, code, stderr.String())
		}
	}
}

// TestProgress has what a person at a terminal sees of a long command.
func TestProgress(t *testing.T) {
	var to bytes.Buffer
	p := newProgress(&to, 3)
	p.step()
	p.end()
	if p.to != nil || to.Len() > 0 {
		t.Errorf("without a terminal: %q", to.String())
	}
	p = &progress{to: &to, all: 3, next: time.Now().Add(time.Hour)}
	p.step()
	p.next = time.Time{}
	p.step()
	p.step()
	p.end()
	if got := to.String(); got != "\r2 of 3\r\x1b[K" {
		t.Errorf("got %q", got)
	}
}
