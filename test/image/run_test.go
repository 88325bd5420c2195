package image

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/tools"
)

// sealed are the flags of a container that can do nothing but compute.
var sealed = []string{"run", "--rm", "-i", "--network", "none", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"}

// runsAsNobody asks the engine for the user of a container that waits for its input.
func (i imageOfPage) runsAsNobody(t *testing.T) {
	t.Helper()
	name := filepath.Base(strings.ReplaceAll(i.name, ":", "-"))
	cmd := exec.CommandContext(t.Context(), "docker", append(sealed, "--name", name, i.name)...)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var top outcome
	for range 120 {
		if top = run(t, call{}, "docker", "top", name); top.code == 0 {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	// Its input is not a ResourceList.
	if _, err := io.WriteString(input, "no: list\n"); err != nil {
		t.Error(err)
	}
	_ = input.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v; exit code %d\n%s", err, cmd.ProcessState.ExitCode(), &output)
	}
	// The first column is the user, by the name in the image or by that on the machine, or its number.
	lines := strings.Split(strings.TrimSpace(top.stdout), "\n")
	user := strings.Fields(lines[len(lines)-1])[0]
	if len(lines) != 2 || user != "nobody" && user != "65534" {
		t.Errorf("docker top: %s%s", top.stdout, top.stderr)
	}
}

// isTheFunction runs the function on ResourceLists, one that it renders and one that it rejects, with everything that a container
// can be denied.
func (i imageOfPage) isTheFunction(t *testing.T) {
	t.Helper()
	for name, code := range map[string]int{"private-jet": 0, "many-errors": 1} {
		list := read(t, filepath.Join(tools.Root(t), "testdata", name, "input.yaml"))
		program := run(t, call{stdin: list}, filepath.Join(i.program, "krm-fn"))
		container := run(t, call{stdin: list}, "docker", append(sealed, i.name)...)
		same(t, program, container)
		if program.code != code || program.stdout == "" {
			t.Errorf("%s: exit code %d", name, program.code)
		}
		if !strings.HasSuffix(container.stderr, program.stderr) {
			t.Errorf("%s: the messages differ:\n%s", name, difference(program.stderr, container.stderr))
		}
	}
}

// rendersFiles runs the command of the page on the files of this repository.
func (i imageOfPage) rendersFiles(t *testing.T) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "examples", "products-privatejet")
	copyTree(t, filepath.Join(tools.Root(t), "examples", "products-privatejet"), dir)
	root := filepath.Dir(filepath.Dir(dir))
	// The user nobody must be able to enter.
	for at := root; at != filepath.Clean(os.TempDir()) && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := run(t, call{dir: root}, filepath.Join(i.program, "krm-fn"), "render", "examples/products-privatejet")
	container := i.shell(t, "files", root)
	same(t, program, container)
	if n := strings.Count(program.stdout, "\nkind: Deployment\n"); n != 2 {
		t.Errorf("%d Deployments", n)
	}
}

// givesSBOM copies the bill of materials out of the image by the commands of the page.
func (i imageOfPage) givesSBOM(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if o := i.shell(t, "sbom", dir); o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	if got := read(t, filepath.Join(dir, "sbom.cdx.json")); !strings.Contains(got, `"bomFormat": "CycloneDX"`) {
		t.Errorf("sbom.cdx.json is %.200s", got)
	}
}

// kustomization returns two copies of the example, one that calls the program and one that calls the image.
func (i imageOfPage) kustomization(t *testing.T) (program, container string) {
	t.Helper()
	source := filepath.Join(tools.Root(t), "examples", "kustomize-transformer")
	program, container = filepath.Join(t.TempDir(), "program"), filepath.Join(t.TempDir(), "container")
	copyTree(t, source, program)
	copyTree(t, source, container)
	config := read(t, filepath.Join(source, "render-apis.yaml"))
	from, to := strings.Index(config, "  annotations:\n"), strings.Index(config, "spec:\n")
	write(t, filepath.Join(container, "render-apis.yaml"), config[:from]+i.block(t, "yaml render-apis.yaml")+config[to:])
	return program, container
}

func (i imageOfPage) inKustomize(t *testing.T) {
	t.Helper()
	i.builds(t, "kustomize")
}

func (i imageOfPage) inKubectl(t *testing.T) {
	t.Helper()
	i.builds(t, "kubectl")
}

// builds runs a block of the page that builds a kustomization.
func (i imageOfPage) builds(t *testing.T, block string) {
	t.Helper()
	program, container := i.kustomization(t)
	want := run(t, call{dir: program, env: i.env(t)}, "kustomize", "build", "--enable-alpha-plugins", "--enable-exec", ".")
	same(t, want, i.shell(t, block, container))
	if n := strings.Count(want.stdout, "\nkind: Deployment\n"); n != 2 || want.code != 0 {
		t.Errorf("the program renders %d Deployments; exit code %d\n%s", n, want.code, want.stderr)
	}
}

// misspell makes a mistake in a package, and returns the message about it.
func misspell(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "backend.yaml")
	write(t, file, strings.Replace(read(t, file), "maxReplicas: 6", "maxReplica: 6", 1))
	return `spec.deploy.maxReplica: unknown field "maxReplica"; did you mean "maxReplicas"? [input/field]`
}

func (i imageOfPage) inKustomizeFails(t *testing.T) {
	t.Helper()
	_, container := i.kustomization(t)
	message := regexp.MustCompile(`(?m)^error: standard input:[0-9]+:[0-9]+: TargetEndpoint shop/products-privatejet: ` +
		regexp.QuoteMeta(misspell(t, container)) + "$")
	if o := i.shell(t, "kustomize", container); o.code != 1 || o.stdout != "" || !message.MatchString(o.stderr) {
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// kptPackages returns two copies of the example, one that calls the program and one that calls the image.
func (i imageOfPage) kptPackages(t *testing.T) (program, container string) {
	t.Helper()
	source := filepath.Join(tools.Root(t), "examples", "kpt")
	program, container = filepath.Join(t.TempDir(), "products"), filepath.Join(t.TempDir(), "products")
	copyTree(t, source, program)
	copyTree(t, source, container)
	config := read(t, filepath.Join(source, "Kptfile"))
	head, _, _ := strings.Cut(config, "pipeline:\n")
	write(t, filepath.Join(container, "Kptfile"), head+i.block(t, "yaml Kptfile"))
	return program, container
}

// kptRender runs the command of the page. kpt waits five seconds for the version of the engine, which might take longer
// on a busy machine; then the command is run again.
func (i imageOfPage) kptRender(t *testing.T, dir string) outcome {
	t.Helper()
	var o outcome
	for range 5 {
		o = i.shell(t, "kpt", dir)
		if !strings.Contains(o.stderr, "pipeline.run: signal: killed\n") {
			break
		}
	}
	return o
}

func (i imageOfPage) inKpt(t *testing.T) {
	t.Helper()
	program, container := i.kptPackages(t)
	must(t, call{dir: program, env: i.env(t)}, "kpt", "fn", "render", "--allow-exec")
	for render := range 2 {
		if o := i.kptRender(t, container); o.code != 0 {
			t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
		}
		want, got := tree(t, program), tree(t, container)
		if len(want) != 17 {
			t.Errorf("the package has %d files", len(want))
		}
		delete(want, "Kptfile")
		delete(got, "Kptfile")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("render %d: files (-program +container):\n%s", render+1, diff)
		}
	}
}

func (i imageOfPage) inKptFails(t *testing.T) {
	t.Helper()
	_, container := i.kptPackages(t)
	message := "[error] wso2.com/v1alpha1/TargetEndpoint/shop/products-privatejet " + misspell(t, container)
	before := tree(t, container)
	if o := i.kptRender(t, container); o.code != 1 || !strings.Contains(o.stderr, message) {
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	got := tree(t, container)
	delete(before, "Kptfile")
	delete(got, "Kptfile")
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

func difference(want, got string) string {
	return cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n"))
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// tree returns the texts of all files below dir by their paths.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[name] = read(t, filepath.Join(dir, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
