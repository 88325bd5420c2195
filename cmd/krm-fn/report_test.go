package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const judged = "1 HorizontalPodAutoscaler, 1 metric: 1 broken\n"
	file := filepath.Join(t.TempDir(), "report.html")
	if got := run(t, ".", "", "report", "-o", file, brokenChain); got != (outcome{stderr: judged, code: exitProblems}) {
		t.Fatalf("%+v", got)
	}
	page := read(t, file)
	for _, want := range []string{
		"<title>Report on examples/broken-chain</title>", "<p>1 HorizontalPodAutoscaler, 1 metric: 1 broken.</p>",
		`<a href="#broken">Broken chains</a> (1)`, "examples/broken-chain/manifests.yaml:49:5: ServiceMonitor shop/orders: spec.endpoints[0].port",
		"<strong class=\"status bad\">BROKEN</strong> <b>monitor:</b> <bdi>none in the input</bdi>", "<svg ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	// Standard output gets the same bytes.
	if got := run(t, ".", "", "report", brokenChain); got != (outcome{page, judged, exitProblems}) {
		t.Errorf("exit code %d, %s, %d bytes of %d", got.code, got.stderr, len(got.stdout), len(page))
	}
}

func TestReportOfAStream(t *testing.T) {
	got := run(t, ".", mended(t), "report", "--title", "Shop & more", "-")
	if got.code != exitOK || got.stderr != "1 HorizontalPodAutoscaler, 1 metric: 1 proved\n" ||
		!strings.Contains(got.stdout, "<h1>Shop &amp; more</h1>") || strings.Contains(got.stdout, "BROKEN") {
		t.Errorf("exit code %d, %s\n%s", got.code, got.stderr, got.stdout)
	}
	got = run(t, ".", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "report", "-")
	const none = "1 object without a HorizontalPodAutoscaler, so no metric is checked"
	if got.code != exitOK || got.stderr != none+"\n" || !strings.Contains(got.stdout, "<p>"+none+".</p>") {
		t.Errorf("exit code %d, %s\n%s", got.code, got.stderr, got.stdout)
	}
}

func TestReportErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none", "report.html")
	for name, tc := range map[string]struct {
		args []string
		want string
		code int
	}{
		"no path":   {nil, "error: name the files or directories to report on, or - for standard input\nRun 'krm-fn --help' for usage.\n", exitUsage},
		"no folder": {[]string{"-o", missing, brokenChain}, "error: open " + missing + ": no such file or directory\n", exitProblems},
		"no load": {
			[]string{"--cpu", "5m", brokenChain},
			"error: --cpu is about simulations, which --load asks for; add --load, or remove --cpu\nRun 'krm-fn --help' for usage.\n", exitUsage,
		},
		"bad flag": {[]string{"--kubernetes-version", "x", brokenChain}, "error: --kubernetes-version: \"x\" is not a Kubernetes version; use one such as \"1.37\" [input/value]\n", exitProblems},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, ".", "", append([]string{"report"}, tc.args...)...); got != (outcome{stderr: tc.want, code: tc.code}) {
				t.Errorf("%+v", got)
			}
		})
	}
	// What could not be read is in the report.
	got := run(t, ".", "a: [", "report", "-")
	if got.code != exitProblems || !strings.Contains(got.stdout, "input/syntax") {
		t.Errorf("exit code %d\n%s", got.code, got.stdout)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a file was written")
	}
}
