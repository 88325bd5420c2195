//go:build unix

package argocd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// sidecar runs the plugin as its image does, and returns the directory of its socket, which the repo server shares, and the file of
// its log. The files of the image are those that its Dockerfile puts there, then changed. Root can confine it to these files and
// run it as the user of the image; any other user runs it as the current user.
func sidecar(t *testing.T, change func(image string)) (plugins, log string) {
	t.Helper()
	image := shortTempDir(t)
	if err := os.Chmod(image, 0o755); err != nil {
		t.Fatal(err)
	}
	layOut(t, image)
	change(image)
	server := filepath.Join(image, "var", "run", "argocd", "argocd-cmp-server")
	plugins = filepath.Join(image, "home", "argocd", "cmp-server", "plugins")
	tmp := filepath.Join(image, "tmp")
	for _, volume := range []string{filepath.Dir(server), plugins, tmp} {
		if err := os.MkdirAll(volume, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(volume, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	link(t, argoCD(t), server)
	cmd := exec.Command(server, "cmp-server")
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/local/bin"}
	if os.Geteuid() == 0 {
		// The container runtime provides this device; an empty file is sufficient for the test.
		write(t, filepath.Join(image, "dev", "null"), "")
		cmd.Path = "/var/run/argocd/argocd-cmp-server"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: image, Credential: &syscall.Credential{Uid: 999, Gid: 999}}
	} else {
		t.Log("not root: the plugin sees more files than those of its image, and runs as you")
		cmd.Args = append(cmd.Args, "--config-dir-path", filepath.Join(image, "home", "argocd", "cmp-server", "config"))
		cmd.Env = []string{
			"PATH=" + filepath.Join(image, "usr", "local", "bin"), "TMPDIR=" + tmp, "ARGOCD_PLUGINSOCKFILEPATH=" + plugins,
		}
	}
	log = start(t, cmd)
	socket := filepath.Join(plugins, "krm-fn.sock")
	await(t, "argocd-cmp-server", func() bool { return answers(t, "unix", socket) })
	return plugins, log
}

// calls counts the calls of a method in the log of a plugin. A call is noted when it comes, before it is answered.
func calls(t *testing.T, log, method string) int {
	t.Helper()
	return len(regexp.MustCompile(`(?m)^.*"grpc.method":"`+method+`".*"msg":"started call".*$`).FindAllString(read(t, log), -1))
}

// asIs leaves the image of the plugin as its Dockerfile makes it.
func asIs(string) {}

// link creates a second name for a file, or copies it if that is not possible.
func link(t *testing.T, from, to string) {
	t.Helper()
	if os.Link(from, to) == nil {
		return
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o755); err != nil {
		t.Fatal(err)
	}
}

// layOut makes the files of the plugin's image: krm-fn, as the image that it builds on has it, and what its Dockerfile copies.
func layOut(t *testing.T, image string) {
	t.Helper()
	bin := filepath.Join(image, "usr", "local", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, tools.KrmFn(t), filepath.Join(bin, "krm-fn"))
	for _, i := range dockerfile(t, example(t, "argocd", "plugin", "Dockerfile")) {
		if i.name != "COPY" {
			continue
		}
		var from, to string
		if n, err := fmt.Sscan(i.args, &from, &to); n != 2 || err != nil {
			t.Fatalf("COPY %s: %v", i.args, err)
		}
		write(t, filepath.Join(image, to), read(t, example(t, "argocd", "plugin", from)))
	}
}

// TestDiscovery checks which repositories Argo CD sends to the plugin that their Applications do not name: with discover all,
// without discover none.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	needsArgoCD(t)
	application := example(t, "argocd", "plugin", "application.yaml")
	noPlugin := changed(t, application, "    plugin:\n      name: krm-fn\n", "")
	url := repository(t, pluginPackage(t))
	for _, tt := range []struct {
		name, sourceType string
		image            func(image string)
		sent             bool
	}{
		{"with discover", "Plugin", asIs, true},
		{"without discover", "Directory", func(image string) {
			edit(t, filepath.Join(image, "home", "argocd", "cmp-server", "config", "plugin.yaml"), "  discover:\n    fileName: krm-fn.yaml\n", "")
		}, false},
	} {
		plugins, log := sidecar(t, tt.image)
		argo := install(t, plugins)
		if r := argo.mustGenerate(t, noPlugin, url); r.SourceType != tt.sourceType {
			t.Errorf("%s, no plugin named: Argo CD treats the package as %s, not %s", tt.name, r.SourceType, tt.sourceType)
		}
		if sent := calls(t, log, "MatchRepository") > 0; sent != tt.sent {
			t.Errorf("%s, no plugin named: the repository was sent: %v", tt.name, sent)
		}
		if r := argo.mustGenerate(t, application, url); r.SourceType != "Plugin" || len(r.Manifests) != 10 {
			t.Errorf("%s, the plugin named: %d manifests of a %s", tt.name, len(r.Manifests), r.SourceType)
		}
	}
}
