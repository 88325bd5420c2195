package orchestrators

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written is a directory with the OpenAPI document of the example, without what it calls, in which a block of docs/init.md has run.
func written(t *testing.T, p page, block string) (dir string, o outcome) {
	t.Helper()
	dir = t.TempDir()
	document := read(t, filepath.Join(example(t, "kustomize-generator"), "swagger.yaml"))
	write(t, dir, map[string]string{"swagger.yaml": strings.Replace(document, endpointsOfExample, "", 1), "issuer.pem": issuer})
	return dir, run(t, dir, "sh", "-ec", p.blocks[block])
}

// issuer is a public key.
const issuer = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEomwcHXB91a10afZDHX4j4sHV80M
SR9Ix3cUGh4jv/+hMwGKOOuG+dsorpL4xN3WlUs3xm2bUiiBNHKEoqTdqg==
-----END PUBLIC KEY-----
`

const endpointsOfExample = "x-wso2-production-endpoints:\n  urls:\n  - products-privatejet\n"

// initKustomize checks that the package for kustomize is as the page says, and that the command in its last line renders it.
func initKustomize(t *testing.T, p page, block string) {
	t.Helper()
	dir, o := written(t, p, "sh init")
	if diff := cmp.Diff(outcome{p.blocks[block], "", 0}, o, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Fatalf("(-page +got):\n%s", diff)
	}
	lines := strings.Split(strings.TrimSuffix(o.stdout, "\n"), "\n")
	built := run(t, dir, "sh", "-ec", lines[len(lines)-1])
	if built.code != 0 || built.stderr != "" {
		t.Fatalf("exit code %d\n%s", built.code, built.stderr)
	}
	clean(t, built.stdout)
	sound(t, parse(t, built.stdout))
	golden(t, "init.yaml", built.stdout)
}

// initLines checks the lines that are added to the document.
func initLines(t *testing.T, p page, block string) {
	t.Helper()
	dir, _ := written(t, p, "sh init")
	added := ""
	for line := range strings.Lines(p.blocks[block]) {
		if after, ok := strings.CutPrefix(line, "+"); ok {
			added += after
		}
	}
	want := strings.Replace(read(t, filepath.Join(dir, "swagger.yaml")), "paths:\n", added+"paths:\n", 1)
	if diff := cmp.Diff(want, read(t, filepath.Join(dir, "products-api", "swagger.yaml"))); diff != "" {
		t.Errorf("(-page +got):\n%s", diff)
	}
}

// initKpt checks that the package for kpt renders the same as that for kustomize, once and for all.
func initKpt(t *testing.T, p page, block string) {
	t.Helper()
	dir, o := written(t, p, block)
	if o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	dir = filepath.Join(dir, "products-api")
	first := tree(t, dir)
	objects := renderedIn(t, first)
	if diff := cmp.Diff(contents(t, parse(t, read(t, filepath.Join("testdata", "init.yaml")))), contents(t, objects)); diff != "" {
		t.Errorf("manifests (-kustomize +kpt):\n%s", diff)
	}
	mustRender(t, dir)
	if diff := cmp.Diff(first, tree(t, dir)); diff != "" {
		t.Errorf("files (-first +second render):\n%s", diff)
	}
}

// initSeveral checks that a kustomization renders two packages in one call.
func initSeveral(t *testing.T, p page, block string) {
	t.Helper()
	dir, _ := written(t, p, "sh init")
	second := strings.ReplaceAll(p.blocks["sh init"], "products", "reviews")
	if o := run(t, dir, "sh", "-ec", second); o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	write(t, dir, map[string]string{"kustomization.yaml": p.blocks[block]})
	objects := mustBuild(t, dir, ".")
	sound(t, objects)
	if one := parse(t, read(t, filepath.Join("testdata", "init.yaml"))); len(objects) != 2*len(one)-1 {
		t.Errorf("%d objects, not twice %d with one adapter configuration", len(objects), len(one))
	}
}

func initPlain(t *testing.T, p page, block string) {
	t.Helper()
	dir, o := written(t, p, block)
	if o.code != 0 || o.stderr != "wrote 10 files to manifests\n2 HorizontalPodAutoscalers, 3 metrics: 3 proved\n" {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	if diff := cmp.Diff(contents(t, parse(t, read(t, filepath.Join("testdata", "init.yaml")))), contents(t, renderedIn(t, tree(t, filepath.Join(dir, "manifests"))))); diff != "" {
		t.Errorf("manifests (-kustomize +krm-fn render):\n%s", diff)
	}
}

func initWrong(t *testing.T, p page, block string) {
	t.Helper()
	dir, o := written(t, p, "sh wrong")
	if diff := cmp.Diff(outcome{"", p.blocks[block], 1}, o, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("(-page +got):\n%s", diff)
	}
	if files := tree(t, dir); len(files) != 2 {
		t.Errorf("there are %s", paths(files))
	}
}
