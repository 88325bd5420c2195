package orchestrators

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// page is a page of docs: its text, and its blocks by the text after the three backticks, which is their language and a name
// for this test.
type page struct {
	text   string
	blocks map[string]string
	// order lists the names of the blocks.
	order []string
}

var fenced = regexp.MustCompile("(?s)\n```([^\n]+)\n(.*?\n)```\n")

func readPage(t *testing.T, name string) page {
	t.Helper()
	p := page{text: read(t, filepath.Join(tools.Root(t), "docs", name)), blocks: map[string]string{}}
	for _, m := range fenced.FindAllStringSubmatch(p.text, -1) {
		if _, twice := p.blocks[m[1]]; twice {
			t.Errorf("%s has two blocks %q", name, m[1])
		}
		p.blocks[m[1]] = m[2]
		p.order = append(p.order, m[1])
	}
	return p
}

// check tests one block of a page, together with those before it that have no test.
type check struct {
	block string
	run   func(t *testing.T, p page, block string)
}

// TestPages runs every block of the pages. A block without a check fails.
func TestPages(t *testing.T) {
	t.Parallel()
	for name, checks := range map[string][]check{
		"kustomize.md": {
			{"yaml examples/kustomize-transformer/kustomization.yaml", excerpt},
			{"yaml examples/kustomize-transformer/render-apis.yaml", excerpt},
			{"sh examples/kustomize-transformer", printsProducts},
			{"text kustomize error", kustomizeError},
			{"yaml examples/kustomize-generator/kustomization.yaml", excerpt},
			{"yaml examples/kustomize-generator/render-apis.yaml", excerpt},
			{"sh examples/kustomize-generator", printsProducts},
			{"yaml images", nil},
			{"yaml images.yaml", changedImages},
			{"yaml more-memory.yaml", patchedManifests},
			{"yaml function/kustomization.yaml", nil},
			{"yaml overlays/test/kustomization.yaml", nil},
			{"sh environments", environments},
			{"yaml described-objects.yaml", nil},
			{"yaml outer kustomization", describedObjects},
			{"yaml container", container},
		},
		"kpt.md": {
			{"yaml examples/kpt/Kptfile", excerpt},
			{"yaml examples/kpt/render-apis.yaml", excerpt},
			{"sh examples/kpt", nil},
			{"text examples/kpt", packageRenders},
			{"text kpt error", kptError},
			{"text .krmignore", nil},
			{"yaml examples/kustomize-generator/render-apis.yaml", documentInFile},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := readPage(t, name)
			module, _, _ := strings.Cut(strings.TrimPrefix(read(t, filepath.Join(tools.Root(t), "go.mod")), "module "), "\n")
			if command := "go install " + module + "/cmd/krm-fn@latest"; !strings.Contains(p.text, "`"+command+"`") {
				t.Errorf("the page does not say %s", command)
			}
			if tool := testedWith(t, strings.TrimSuffix(name, ".md")); !strings.Contains(p.text, "tested with "+tool+".\n") {
				t.Errorf("the page does not say that it is tested with %s", tool)
			}
			p.test(t, checks)
		})
	}
}

// TestTaskPages runs every block of the pages about tasks for which there is more than one tool.
func TestTaskPages(t *testing.T) {
	t.Parallel()
	for name, checks := range map[string][]check{
		"init.md": {
			{"sh init", nil},
			{"text init", initKustomize},
			{"diff added", initLines},
			{"sh kpt", initKpt},
			{"sh plain", initPlain},
			{"yaml kustomization.yaml", initSeveral},
			{"sh wrong", nil},
			{"text wrong", initWrong},
		},
		"existing-workloads.md": {
			{"sh autoscale", autoscaled},
			{"yaml examples/existing-workload/hpa.yaml", excerpt},
			{"sh render", rendersExisting},
		},
		"helm.md": {
			{"yaml templates/hpa.yaml", nil},
			{"yaml values.yaml", nil},
			{"sh rules", nil},
			{"sh adapter", nil},
			{"sh helm3", helm3Release},
			{"sh helm4", helm4Release},
			{"yaml render-apis.yaml", helmConfig},
			{"sh check", helmCheck},
		},
		"fleet.md": {
			{"text layout", layout("kustomize")},
			{"sh kustomize", fleetBuilds},
			{"yaml examples/fleet/kustomize/production/kustomization.yaml", excerpt},
			{"yaml examples/fleet/kustomize/staging/kustomization.yaml", excerpt},
			{"yaml examples/fleet/kustomize/teams/catalog/production/kustomization.yaml", excerpt},
			{"yaml examples/fleet/kustomize/teams/checkout/base/orders/backend.yaml", excerpt},
			{"yaml teams/catalog/base/kustomization.yaml", nil},
			{"yaml teams/catalog/base/reviews/kustomization.yaml", nil},
			{"yaml teams/catalog/base/reviews/api.yaml", nil},
			{"yaml teams/catalog/base/reviews/swagger.yaml", nil},
			{"text added", addedInKustomize},
			{"yaml cluster/kustomization.yaml", nil},
			{"text two backends", oneCluster},
			{"text kpt layout", layout("kpt")},
			{"sh kpt", nil},
			{"text rendered", fleetRenders},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readPage(t, name).test(t, checks)
		})
	}
}

// test runs the checks of a page, which must be those of its blocks.
func (p page) test(t *testing.T, checks []check) {
	t.Helper()
	var blocks []string
	for _, c := range checks {
		blocks = append(blocks, c.block)
	}
	if diff := cmp.Diff(blocks, p.order); diff != "" {
		t.Fatalf("blocks (-tested +on the page):\n%s", diff)
	}
	for _, c := range checks {
		if c.run == nil {
			continue
		}
		t.Run(c.block, func(t *testing.T) {
			t.Parallel()
			c.run(t, p, c.block)
		})
	}
}

// testedWith returns a tool and the version that its go.mod pins.
func testedWith(t *testing.T, tool string) string {
	t.Helper()
	pinned := regexp.MustCompile(`/` + tool + `(?:/v[0-9]+)? v(\S+)\s`)
	m := pinned.FindStringSubmatch(read(t, filepath.Join(tools.Root(t), "tools", tool, "go.mod")))
	if m == nil {
		t.Fatalf("tools/%s/go.mod does not require %s", tool, tool)
	}
	return tool + " " + m[1]
}

// excerpt checks that a block is a part of the file that it names.
func excerpt(t *testing.T, p page, block string) {
	t.Helper()
	_, file, _ := strings.Cut(block, " ")
	if !strings.Contains(read(t, filepath.Join(tools.Root(t), file)), p.blocks[block]) {
		t.Errorf("this is not in %s:\n%s", file, p.blocks[block])
	}
}

// shell runs a block of commands in dir.
func shell(t *testing.T, p page, block, dir string) outcome {
	t.Helper()
	o := run(t, dir, "sh", "-ec", p.blocks[block])
	if o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	return o
}

func printsProducts(t *testing.T, p page, block string) {
	t.Helper()
	o := shell(t, p, block, example(t, filepath.Base(block)))
	if diff := cmp.Diff(read(t, filepath.Join("testdata", "products.yaml")), o.stdout); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func kustomizeError(t *testing.T, p page, block string) {
	t.Helper()
	dir := example(t, "kustomize-transformer")
	edit(t, filepath.Join(dir, "backend.yaml"), "maxReplicas: 6", "maxReplica: 6")
	if o := kustomizeBuild(t, dir, "."); o.code != 1 || !strings.HasPrefix(o.stderr, p.blocks[block]) {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}

// changedImages checks images of the kustomization that renders.
func changedImages(t *testing.T, p page, _ string) {
	t.Helper()
	dir := example(t, "kustomize-transformer")
	want := strings.Replace(kustomizeBuild(t, dir, ".").stdout, "/products-api:v1", "/products-api:v2", 1)
	appendTo(t, filepath.Join(dir, "kustomization.yaml"), p.blocks["yaml images"])
	write(t, dir, map[string]string{"images.yaml": p.blocks["yaml images.yaml"]})
	if diff := cmp.Diff(want, kustomizeBuild(t, dir, ".").stdout); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// patchedManifests checks a transformer behind the function.
func patchedManifests(t *testing.T, p page, block string) {
	t.Helper()
	dir := example(t, "kustomize-transformer")
	before, after, _ := strings.Cut(kustomizeBuild(t, dir, ".").stdout, "image: renukafernando/")
	want := before + "image: renukafernando/" + strings.Replace(after, "memory: 512Mi", "memory: 1Gi", 1)
	appendTo(t, filepath.Join(dir, "kustomization.yaml"), "- more-memory.yaml\n")
	write(t, dir, map[string]string{"more-memory.yaml": p.blocks[block]})
	if diff := cmp.Diff(want, kustomizeBuild(t, dir, ".").stdout); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// environments checks an overlay that calls the function over a base that contains only inputs.
func environments(t *testing.T, p page, _ string) {
	t.Helper()
	dir := filepath.Dir(example(t, "kustomize-transformer"))
	base := filepath.Join(dir, "base")
	if err := os.Rename(filepath.Join(dir, "kustomize-transformer"), base); err != nil {
		t.Fatal(err)
	}
	want := names(mustBuild(t, dir, "base"))
	edit(t, filepath.Join(base, "kustomization.yaml"), "transformers:\n- render-apis.yaml\n", "")
	write(t, dir, map[string]string{
		"function/render-apis.yaml":        read(t, filepath.Join(base, "render-apis.yaml")),
		"function/kustomization.yaml":      p.blocks["yaml function/kustomization.yaml"],
		"overlays/test/kustomization.yaml": p.blocks["yaml overlays/test/kustomization.yaml"],
	})
	objects := parse(t, shell(t, p, "sh environments", dir).stdout)
	sound(t, objects)
	for i := range want {
		want[i] = strings.Replace(want[i], " shop/", " shop/test-", 1)
	}
	if diff := cmp.Diff(want, names(objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// describedObjects checks the configuration that lets kustomize rename what metrics describe.
func describedObjects(t *testing.T, p page, _ string) {
	t.Helper()
	dir := shopWithOuter(t, "", "namePrefix: out-\n"+p.blocks["yaml outer kustomization"])
	write(t, dir, map[string]string{"outer/described-objects.yaml": p.blocks["yaml described-objects.yaml"]})
	for _, s := range breaks(t, mustBuild(t, dir, "outer")) {
		if !strings.Contains(s, ": endpoint ") {
			t.Error(s)
		}
	}
}

// container checks the configuration for kubectl kustomize, which cannot run programs. What kustomize starts for it is docker,
// which is a script that calls krm-fn.
func container(t *testing.T, p page, block string) {
	t.Helper()
	dir := example(t, "kustomize-transformer")
	want := kustomizeBuild(t, dir, ".").stdout
	config := read(t, filepath.Join(dir, "render-apis.yaml"))
	from, to := strings.Index(config, "  annotations:\n"), strings.Index(config, "spec:\n")
	write(t, dir, map[string]string{
		"render-apis.yaml": config[:from] + p.blocks[block] + config[to:],
		"bin/docker":       "#!/bin/sh\necho \"$@\" > docker.log\nexec krm-fn\n",
	})
	if err := os.Chmod(filepath.Join(dir, "bin", "docker"), 0o755); err != nil {
		t.Fatal(err)
	}
	o := run(t, dir, "sh", "-c", `PATH="$PWD/bin:$PATH" kustomize build --enable-alpha-plugins .`)
	if o.code != 0 || o.stdout != want {
		t.Errorf("exit code %d\n%s%s", o.code, o.stderr, cmp.Diff(want, o.stdout))
	}
	if log := read(t, filepath.Join(dir, "docker.log")); !strings.HasSuffix(log, " ghcr.io/krm-fn/krm-fn:v1.0.0\n") {
		t.Errorf("docker was called with %s", log)
	}
}

func packageRenders(t *testing.T, p page, _ string) {
	t.Helper()
	dir := example(t, "kpt")
	shell(t, p, "sh examples/kpt", dir)
	if diff := cmp.Diff(p.blocks["text examples/kpt"], paths(only(tree(t, dir), isRendered))); diff != "" {
		t.Errorf("files (-page +rendered):\n%s", diff)
	}
}

func kptError(t *testing.T, p page, block string) {
	t.Helper()
	dir := example(t, "kpt")
	edit(t, filepath.Join(dir, "backend.yaml"), "maxReplicas: 6", "maxReplica: 6")
	if o := kptRender(t, dir); o.code != 1 || !strings.Contains(o.stderr, strings.TrimSuffix(p.blocks[block], "\n")) {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}

// documentInFile checks that an API in short renders the same as the API of the example.
func documentInFile(t *testing.T, p page, block string) {
	t.Helper()
	excerpt(t, page{blocks: map[string]string{block: p.blocks["yaml examples/kustomize-generator/render-apis.yaml"]}}, "yaml examples/kustomize-generator/render-apis.yaml")
	dir := example(t, "kpt")
	mustRender(t, dir)
	want := contents(t, renderedIn(t, tree(t, dir)))
	remove(t, dir, "api.yaml")
	appendTo(t, filepath.Join(dir, "render-apis.yaml"), p.blocks["yaml examples/kustomize-generator/render-apis.yaml"])
	write(t, dir, map[string]string{"swagger.yaml": read(t, filepath.Join(example(t, "kustomize-generator"), "swagger.yaml"))})

	o := kptRender(t, dir)
	if o.code == 0 || !strings.Contains(o.stderr, "input resource list must contain only KRM resources: swagger.yaml") {
		t.Errorf("without .krmignore: exit code %d\n%s", o.code, o.stderr)
	}
	write(t, dir, map[string]string{".krmignore": p.blocks["text .krmignore"]})
	mustRender(t, dir)
	after := tree(t, dir)
	if diff := cmp.Diff(want, contents(t, renderedIn(t, after))); diff != "" {
		t.Errorf("manifests (-API +short form):\n%s", diff)
	}
	if diff := cmp.Diff(sortedLines(filesOfAdapter+filesOfAPI+filesOfBackend), paths(only(after, isRendered))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
