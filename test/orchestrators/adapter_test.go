package orchestrators

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
)

// The adapter reads its rules when it starts, so a change of the rules must replace its pods.

// adapter is the Deployment of the adapter in objects.
func adapter(t *testing.T, objects []object) appsv1.Deployment {
	t.Helper()
	d, ok := typed[appsv1.Deployment](t, objects, "Deployment")[ref{"custom-metrics", "prometheus-adapter"}]
	if !ok {
		t.Fatal("there is no adapter")
	}
	return d
}

func TestAdapterInKustomize(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, filepath.Join("testdata", "shop"))
	before := mustBuild(t, dir, ".")
	edit(t, filepath.Join(dir, "configs.yaml"), "stock_requests_per_second", "stock_orders_per_second")
	after := mustBuild(t, dir, ".")
	var volumes []string
	for _, objects := range [][]object{before, after} {
		sound(t, objects)
		volumes = append(volumes, adapter(t, objects).Spec.Template.Spec.Volumes[0].ConfigMap.Name)
	}
	if !strings.HasPrefix(volumes[0], "adapter-config-") || volumes[0] == volumes[1] {
		t.Errorf("the adapter mounts %s before and %s after a change of its rules", volumes[0], volumes[1])
	}
}

func TestAdapterInKpt(t *testing.T) {
	t.Parallel()
	dir := example(t, "kpt")
	deployment := read(t, filepath.Join("testdata", "shop", "adapter.yaml"))
	write(t, dir, map[string]string{"adapter.yaml": deployment})
	mustRender(t, dir)
	before := read(t, filepath.Join(dir, "adapter.yaml"))
	const annotation = "        krm-fn.dev/adapter-rules-checksum: "
	var without strings.Builder
	for line := range strings.Lines(before) {
		if !strings.HasPrefix(line, annotation) && line != "      annotations:\n" {
			without.WriteString(line)
		}
	}
	if diff := cmp.Diff(deployment, without.String()); diff != "" {
		t.Errorf("adapter.yaml, its checksum aside (-want +got):\n%s", diff)
	}
	mustRender(t, dir)
	if diff := cmp.Diff(before, read(t, filepath.Join(dir, "adapter.yaml"))); diff != "" {
		t.Errorf("adapter.yaml (-first +second render):\n%s", diff)
	}
	edit(t, filepath.Join(dir, "hpa-configs.yaml"), "products_http_requests_total_per_second", "products_orders_total_per_second")
	mustRender(t, dir)
	if after := read(t, filepath.Join(dir, "adapter.yaml")); after == before {
		t.Errorf("adapter.yaml is as before a change of the rules:\n%s", after)
	}
}
