//go:build unix

package argocd

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krm-fn/krm-fn/test/tools"
)

// installation is a running Argo CD, as far as it renders manifests.
type installation struct {
	// repoServer is its address.
	repoServer string
	// argocdCM is the file of the ConfigMap argocd-cm, or "" for an empty one.
	argocdCM string
	// hardRefresh keeps the repo server from answering out of its cache, as a hard refresh of an Application does.
	hardRefresh bool
}

// install starts a repo server with kustomize, krm-fn and git on its PATH. Sockets of plugins are looked for in a directory.
func install(t *testing.T, plugins string) installation {
	t.Helper()
	program := argoCD(t)
	dir := shortTempDir(t)
	const password = "REDIS_PASSWORD=secret-of-redis"
	redis := exec.Command(program, "redis")
	redis.Env = append(os.Environ(), password)
	address := strings.TrimSpace(startAndReadLine(t, redis))
	serve, metrics := freeAddress(t), freeAddress(t)
	host, port, _ := net.SplitHostPort(serve)
	_, metricsPort, _ := net.SplitHostPort(metrics)
	cmd := exec.Command(program, "repo-server", "--disable-tls", "--address", host, "--port", port,
		"--metrics-address", host, "--metrics-port", metricsPort, "--redis", address, "--loglevel", "warn")
	cmd.Env = []string{
		"PATH=" + strings.Join([]string{filepath.Dir(tools.Build(t, "kustomize")), filepath.Dir(tools.KrmFn(t)), os.Getenv("PATH")}, string(os.PathListSeparator)),
		"HOME=" + dir, "TMPDIR=" + dir,
		"ARGOCD_GPG_ENABLED=false",
		"ARGOCD_PLUGINSOCKFILEPATH=" + plugins,
		"ARGOCD_ASK_PASS_SOCK=" + filepath.Join(dir, "ask-pass.sock"),
		password,
	}
	start(t, cmd)
	await(t, "argocd-repo-server", func() bool { return answers(t, "tcp", serve) })
	return installation{repoServer: serve}
}

// start starts a server, and returns the file of its log. It ends with its input, and that with the test or with this process.
func start(t *testing.T, cmd *exec.Cmd) (log string) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	log = filepath.Join(t.TempDir(), "log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if cmd.Stderr = file; cmd.Stdout == nil {
		cmd.Stdout = file
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", cmd, read(t, log))
		}
	})
	return log
}

// startAndReadLine starts a server and gives the first line that it prints.
func startAndReadLine(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout = in
	start(t, cmd)
	_ = in.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return line
}

// await waits until a server is ready.
func await(t *testing.T, name string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ready() {
			return
		}
	}
	t.Fatalf("%s does not answer", name)
}

func answers(t *testing.T, network, address string) bool {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// freeAddress returns an address of the loopback interface on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// shortTempDir is a temporary directory for sockets: their paths have at most 107 bytes.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "argocd-") //nolint:usetesting // t.TempDir has the name of the test in its path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// response is what a repo server answers.
type response struct {
	Manifests  []string `json:"manifests"`
	SourceType string   `json:"sourceType"`
	Commands   []string `json:"commands"`
}

// objects returns the manifests of a response.
func (r response) objects(t *testing.T) []object {
	t.Helper()
	objects := make([]object, len(r.Manifests))
	for i, text := range r.Manifests {
		objects[i] = decode(t, []byte(text))
	}
	return objects
}

// generate asks for the manifests of an Application, which is read from a file, but whose repository is repo. It returns the
// message that the user sees if there are none.
func (i installation) generate(t *testing.T, application, repo string) (r response, message string) {
	t.Helper()
	args := []string{"generate", "--server", i.repoServer, "--application", application, "--repo", repo}
	if i.argocdCM != "" {
		args = append(args, "--argocd-cm", i.argocdCM)
	}
	if i.hardRefresh {
		args = append(args, "--hard-refresh")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	o := run(t, exec.CommandContext(ctx, argoCD(t), args...))
	if o.code != 0 {
		return response{}, strings.TrimSuffix(o.stderr, "\n")
	}
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	return r, ""
}

// mustGenerate returns the response for an Application that must have manifests.
func (i installation) mustGenerate(t *testing.T, application, repo string) response {
	t.Helper()
	r, message := i.generate(t, application, repo)
	if message != "" {
		t.Fatal(message)
	}
	return r
}
