package orchestrators

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// autoscaled checks what krm-fn autoscale prints, with krm-fn check.
func autoscaled(t *testing.T, p page, block string) {
	t.Helper()
	dir := example(t, "existing-workload")
	o := shell(t, p, block, dir)
	if got := strings.Join(names(parse(t, o.stdout)), "\n"); got != "ConfigMap custom-metrics/adapter-config\nHorizontalPodAutoscaler shop/orders\nServiceMonitor shop/orders" {
		t.Errorf("objects:\n%s", got)
	}
}

// rendersExisting checks what krm-fn render adds to the example.
func rendersExisting(t *testing.T, p page, block string) {
	t.Helper()
	o := shell(t, p, block, tools.Root(t))
	if got := strings.Join(names(parse(t, o.stdout)), "\n"); got != "ConfigMap custom-metrics/adapter-config\nServiceMonitor shop/orders" {
		t.Errorf("objects:\n%s", got)
	}
}

// chart creates the chart of the page in its own directory: that of helm create, with the metric and the values of the page. It
// runs the commands of the page that need no cluster up to the release.
func chart(t *testing.T, p page, tool string) string {
	t.Helper()
	dir := t.TempDir()
	if o := run(t, dir, tools.Build(t, tool), "create", "orders"); o.code != 0 {
		t.Fatalf("helm create: %s", o.stderr)
	}
	edit(t, filepath.Join(dir, "orders", "templates", "hpa.yaml"), "  metrics:\n", p.blocks["yaml templates/hpa.yaml"])
	write(t, dir, map[string]string{"values.yaml": p.blocks["yaml values.yaml"], "render-apis.yaml": p.blocks["yaml render-apis.yaml"]})
	helmShell(t, p.blocks["sh rules"], dir, tool)
	return dir
}

// helmShell runs commands of the page with a version of Helm.
func helmShell(t *testing.T, commands, dir, tool string) outcome {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(tools.Build(t, tool), filepath.Join(bin, "helm")); err != nil {
		t.Fatal(err)
	}
	home := "export HELM_CONFIG_HOME=" + bin + "/config HELM_DATA_HOME=" + bin + "/data HELM_CACHE_HOME=" + bin + "/cache\n"
	o := run(t, dir, "sh", "-ec", "PATH="+bin+":$PATH\n"+home+commands)
	if o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	return o
}

// withoutCluster turns the commands of the page into ones that only print the release.
func withoutCluster(commands string) string {
	return strings.Replace(commands, "helm upgrade --install ", "helm template ", 1)
}

// checkRelease compares a release with the post-renderer with that without it: only the monitor is new.
func checkRelease(t *testing.T, plain, release string) {
	t.Helper()
	before := parse(t, plain)
	var added []object
	for _, o := range parse(t, release) {
		i := slices.IndexFunc(before, func(other object) bool { return bytes.Equal(other.text, o.text) })
		if i < 0 {
			added = append(added, o)
		} else {
			before = slices.Delete(before, i, i+1)
		}
	}
	if len(before) > 0 || strings.Join(names(added), " ") != "ServiceMonitor shop-orders" {
		t.Errorf("changed or removed: %v, added: %v", names(before), names(added))
	}
}

func helm3Release(t *testing.T, p page, block string) {
	t.Helper()
	dir := chart(t, p, "helm")
	plain := helmShell(t, "helm template shop orders --namespace shop --values values.yaml", dir, "helm").stdout
	release := helmShell(t, withoutCluster(p.blocks[block]), dir, "helm").stdout
	checkRelease(t, plain, release)
	for document := range strings.SplitSeq(plain, "---\n") {
		if !strings.Contains(release, document) {
			t.Errorf("the post-renderer changed\n%s", document)
		}
	}
}

// helm4Release runs only where it is asked for: Helm 4 takes minutes to build. Helm itself writes all documents anew.
func helm4Release(t *testing.T, p page, block string) {
	t.Helper()
	if os.Getenv("KRM_FN_HELM4") == "" {
		t.Skip("run make helm-test, which builds Helm 4")
	}
	dir := chart(t, p, "helm4")
	write(t, dir, map[string]string{"examples/helm-plugin/plugin.yaml": read(t, filepath.Join(tools.Root(t), "examples", "helm-plugin", "plugin.yaml"))})
	plain := helmShell(t, "helm template shop orders --namespace shop --values values.yaml", dir, "helm4").stdout
	o := helmShell(t, withoutCluster(strings.Replace(p.blocks[block], "helm plugin install", "helm >&2 plugin install", 1)), dir, "helm4")
	checkRelease(t, plain, o.stdout)
}

// helmConfig passes the configuration of the page, whose label the monitor then has.
func helmConfig(t *testing.T, p page, _ string) {
	t.Helper()
	dir := chart(t, p, "helm")
	o := helmShell(t, `helm template shop orders --namespace shop --values values.yaml --post-renderer krm-fn \
	  --post-renderer-args post-render --post-renderer-args --config --post-renderer-args render-apis.yaml`, dir, "helm")
	if !strings.Contains(o.stdout, "    release: prometheus\n") {
		t.Errorf("no label:\n%s", o.stdout)
	}
}

// helmCheck proves every metric of the release, and finds a mistake in it.
func helmCheck(t *testing.T, p page, block string) {
	t.Helper()
	dir := chart(t, p, "helm")
	o := helmShell(t, p.blocks[block], dir, "helm")
	if !strings.Contains(o.stderr, "1 HorizontalPodAutoscaler, 2 metrics: 2 proved") {
		t.Errorf("it says %s%s", o.stdout, o.stderr)
	}
	broken := run(t, dir, "sh", "-c", "sed 's/port: http/port: htp/' monitors.yaml > broken.yaml && "+tools.Build(t, "helm")+
		" template shop orders --namespace shop --values values.yaml | krm-fn check - broken.yaml")
	if broken.code != 1 || !strings.Contains(broken.stdout, "[scrape/port]") {
		t.Errorf("with a mistake: %v", broken)
	}
}
