package argocd

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/test/schema"
	"github.com/krm-fn/krm-fn/test/tools"
)

// instruction is a line of a Dockerfile.
type instruction struct{ name, args string }

// dockerfile reads the instructions of a Dockerfile without continued lines.
func dockerfile(t *testing.T, file string) []instruction {
	t.Helper()
	var all []instruction
	for line := range strings.Lines(read(t, file)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, args, _ := strings.Cut(line, " ")
		all = append(all, instruction{name, args})
	}
	return all
}

// installed is Argo CD's own installation with a component of the examples, below the kustomization of the page, and without it.
func installed(t *testing.T, component string) (before, after []object) {
	t.Helper()
	needsArgoCD(t)
	module, err := tools.Required(tools.Root(t), "argocd", "github.com/argoproj/argo-cd/v3")
	if err != nil {
		t.Fatal(err)
	}
	install := read(t, filepath.Join(module, "manifests", "install.yaml"))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "install.yaml"), install)
	write(t, filepath.Join(dir, "kustomization.yaml"), strings.Replace(readPage(t).blocks["yaml argocd/kustomization.yaml"], "- plugin\n", "- "+component+"\n", 1))
	copyTo(t, filepath.Join(dir, component), example(t, "argocd", component))
	cmd := exec.CommandContext(t.Context(), tools.Build(t, "kustomize"), "build", dir)
	return parse(t, install), parse(t, must(t, cmd))
}

// TestComponents checks what the components change in an installation: only the named objects.
func TestComponents(t *testing.T) {
	t.Parallel()
	for component, want := range map[string][]string{
		"plugin":        {"Deployment argocd-repo-server"},
		"build-options": {"ConfigMap argocd-cm", "Deployment argocd-repo-server"},
	} {
		before, after := installed(t, component)
		then, now := byNameWithout(t, before), byNameWithout(t, after)
		var changed []string
		var manifests strings.Builder
		for name, o := range now {
			if !cmp.Equal(then[name], o) {
				changed = append(changed, name)
				manifests.WriteString("---\n" + string(encode(t, o)) + "\n")
			}
		}
		slices.Sort(changed)
		if diff := cmp.Diff(want, changed); diff != "" || len(then) != len(now) {
			t.Errorf("%s: %d objects, then %d; changed (-want +got):\n%s", component, len(then), len(now), diff)
		}
		violations, err := schema.New(t).Check(schema.Newest, []byte(manifests.String()))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range violations {
			t.Errorf("%s: %s", component, v)
		}
	}
}

// TestSidecar checks the sidecar in an installation: what it shares with the repo server, what it is allowed to do, and that it is
// the container that the image is made for.
func TestSidecar(t *testing.T) {
	t.Parallel()
	_, after := installed(t, "plugin")
	pod := byNameWithout(t, after)["Deployment argocd-repo-server"].at("spec", "template", "spec")
	containers := map[string]object{}
	for _, c := range object(pod.(map[string]any)).at("containers").([]any) {
		containers[c.(map[string]any)["name"].(string)] = c.(map[string]any)
	}
	server, sidecar := containers["argocd-repo-server"], containers["krm-fn"]
	if len(containers) != 2 || server == nil || sidecar == nil {
		t.Fatalf("containers: %v", containers)
	}
	mounts := func(c object) map[string]string {
		all := map[string]string{}
		for _, m := range c.at("volumeMounts").([]any) {
			all[m.(map[string]any)["name"].(string)] = m.(map[string]any)["mountPath"].(string)
		}
		return all
	}
	if diff := cmp.Diff(map[string]string{
		"var-files": "/var/run/argocd", "plugins": "/home/argocd/cmp-server/plugins", "krm-fn-tmp": "/tmp",
	}, mounts(sidecar)); diff != "" {
		t.Errorf("mounts of the sidecar (-want +got):\n%s", diff)
	}
	var volumes []string
	for _, v := range object(pod.(map[string]any)).at("volumes").([]any) {
		volumes = append(volumes, v.(map[string]any)["name"].(string))
	}
	for name := range mounts(sidecar) {
		if !slices.Contains(volumes, name) {
			t.Errorf("there is no volume %s", name)
		}
		if path, shared := mounts(server)[name]; shared != (name == "plugins") {
			t.Errorf("the repo server mounts %s at %s", name, path)
		}
	}
	security := map[string]any{"runAsUser": 999.0, "runAsGroup": 999.0}
	maps.Copy(security, server.at("securityContext").(map[string]any)) // The sidecar has no more permissions than the repo server.
	if diff := cmp.Diff(security, sidecar.at("securityContext")); diff != "" {
		t.Errorf("securityContext (-want +got):\n%s", diff)
	}
	if len(security) < 6 || sidecar.at("resources", "limits", "memory") != "512Mi" || sidecar.at("resources", "limits", "cpu") != "1" || sidecar.at("env") != nil {
		t.Errorf("securityContext %v, limits %v, environment %v", security, sidecar.at("resources", "limits"), sidecar.at("env"))
	}
	image := map[string]string{}
	for _, i := range dockerfile(t, example(t, "argocd", "plugin", "Dockerfile")) {
		image[i.name] = i.args
	}
	if image["USER"] != "999:999" || image["ENTRYPOINT"] != string(encode(t, sidecar.at("command"))) {
		t.Errorf("the image runs %s as %s", image["ENTRYPOINT"], image["USER"])
	}
}

// TestDockerfiles checks that the page builds the images that the components name, from the files of the example, and that every
// stage is one that the Dockerfile or the call names.
func TestDockerfiles(t *testing.T) {
	t.Parallel()
	for folder, block := range map[string]string{"plugin": "sh image of the plugin", "build-options": "sh image of the repo server"} {
		command := strings.TrimSuffix(readPage(t).blocks[block], "\n")
		file := example(t, "argocd", folder, "Dockerfile")
		if !strings.Contains(read(t, file), "#   "+command+"\n") {
			t.Errorf("%s does not say how it is built: %s", file, command)
		}
		tag := regexp.MustCompile(`--tag (\S+)`).FindStringSubmatch(command)[1]
		if patch := read(t, example(t, "argocd", folder, "repo-server.yaml")); !strings.Contains(patch, "image: "+tag+"\n") {
			t.Errorf("%s: no container runs %s", folder, tag)
		}
		known := map[string]bool{}
		for _, i := range dockerfile(t, file) {
			fields := strings.Fields(i.args)
			switch i.name {
			case "ARG":
				known["${"+strings.Split(i.args, "=")[0]+"}"] = true
			case "FROM":
				if !known[fields[0]] {
					t.Errorf("%s: FROM %s", folder, fields[0])
				}
				if len(fields) == 3 {
					known[fields[2]] = true
				}
			case "COPY":
				if from, isStage := strings.CutPrefix(fields[0], "--from="); isStage {
					if !known[from] || fields[1] != "/usr/local/bin/krm-fn" {
						t.Errorf("%s: COPY %s", folder, i.args)
					}
				} else if _, err := os.Stat(example(t, "argocd", folder, fields[0])); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if product := read(t, filepath.Join(tools.Root(t), "Dockerfile")); !strings.Contains(product, " /usr/local/bin/krm-fn\n") {
		t.Error("the image of krm-fn has it elsewhere")
	}
}

// TestProject checks that the project permits what the examples render, and no kind that none of them has.
func TestProject(t *testing.T) {
	t.Parallel()
	project := parse(t, read(t, example(t, "argocd", "project.yaml")))[0]
	kinds, namespaces := map[string]bool{}, map[string]bool{}
	for _, k := range project.at("spec", "namespaceResourceWhitelist").([]any) {
		kinds[object(k.(map[string]any)).at("group").(string)+"/"+object(k.(map[string]any)).at("kind").(string)] = false
	}
	for _, d := range project.at("spec", "destinations").([]any) {
		namespaces[object(d.(map[string]any)).at("namespace").(string)] = true
	}
	for _, name := range []string{"products-privatejet", "inventory-sidecar", "petstore-shared", "store-operations"} {
		for _, o := range rendered(t, example(t, name)) {
			group, _, grouped := strings.Cut(o["apiVersion"].(string), "/")
			if !grouped {
				group = ""
			}
			kind := group + "/" + o["kind"].(string)
			if _, permitted := kinds[kind]; !permitted {
				t.Errorf("%s: %s is not permitted", name, kind)
			}
			kinds[kind] = true
			if namespace := o.at("metadata", "namespace").(string); name == "products-privatejet" && !namespaces[namespace] {
				t.Errorf("%s: namespace %s is not permitted", name, namespace)
			}
		}
	}
	for kind, used := range kinds {
		if !used && kind != "monitoring.coreos.com/PodMonitor" { // with monitor: PodMonitor
			t.Errorf("%s is permitted, and no example renders it", kind)
		}
	}
	for _, way := range []string{"rendered", "plugin", "build-options"} {
		app := parse(t, read(t, example(t, "argocd", way, "application.yaml")))[0]
		source := []any{app.at("spec", "source", "repoURL")}
		if app.at("spec", "project") != project.at("metadata", "name") || !cmp.Equal(source, project.at("spec", "sourceRepos")) {
			t.Errorf("%s: the project does not permit the Application's source", way)
		}
	}
}
