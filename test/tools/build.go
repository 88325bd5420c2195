package tools

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A program is a main package of one of the modules under tools/.
type program struct {
	module, pkg string
	tags        string
	// version is what the program says of itself, where other programs act on it.
	version string
}

const operatorModule = "github.com/prometheus-operator/prometheus-operator"

// programs says what tests can build, by name.
var programs = map[string]program{
	"adapter":       {module: "adapter", pkg: "sigs.k8s.io/prometheus-adapter/cmd/adapter"},
	"argocd":        {module: "argocd", pkg: "."},
	"browser":       {module: "browser", pkg: "."},
	"etcd":          {module: "cluster", pkg: "go.etcd.io/etcd/server/v3"},
	"helm":          {module: "helm", pkg: "helm.sh/helm/v3/cmd/helm"},
	"helm4":         {module: "helm4", pkg: "helm.sh/helm/v4/cmd/helm"},
	"keda-adapter":  {module: "keda", pkg: KEDA.Path + "/cmd/adapter"},
	"keda-judge":    {module: "keda", pkg: "."},
	"keda-operator": {module: "keda", pkg: KEDA.Path + "/cmd/operator"},
	"keda-webhooks": {module: "keda", pkg: KEDA.Path + "/cmd/webhooks"},
	"kpt":           {module: "kpt", pkg: "."},
	"kube-apiserver": {
		module: "cluster", pkg: "k8s.io/kubernetes/cmd/kube-apiserver",
		version: "k8s.io/component-base/version.gitVersion=v1.37.2",
	},
	"kube-controller-manager":    {module: "cluster", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager"},
	"kube-scheduler":             {module: "cluster", pkg: "k8s.io/kubernetes/cmd/kube-scheduler"},
	"kube-proxy":                 {module: "cluster", pkg: "k8s.io/kubernetes/cmd/kube-proxy"},
	"kube-score":                 {module: "kube-score", pkg: "github.com/zegl/kube-score/cmd/kube-score"},
	"kubectl":                    {module: "cluster", pkg: "k8s.io/kubernetes/cmd/kubectl"},
	"kustomize":                  {module: "kustomize", pkg: "sigs.k8s.io/kustomize/kustomize/v5"},
	"kyaml-identity":             {module: "kyaml-identity", pkg: "."},
	"kwok":                       {module: "cluster", pkg: "sigs.k8s.io/kwok/cmd/kwok"},
	"metrics-server":             {module: "cluster", pkg: "sigs.k8s.io/metrics-server/cmd/metrics-server"},
	"operator":                   {module: "prometheus-operator", pkg: operatorModule + "/cmd/operator"},
	"prometheus-config-reloader": {module: "prometheus-operator", pkg: operatorModule + "/cmd/prometheus-config-reloader"},
	"prometheus": {
		module: "cluster", pkg: "github.com/prometheus/prometheus/cmd/prometheus", tags: "remove_all_sd,enable_kubernetes_sd",
	},
	"schemacheck": {module: "schemacheck", pkg: "."},
	"yaml-nodes":  {module: "yaml-nodes", pkg: "."},
}

var built struct {
	sync.Mutex
	path  map[string]string
	krmFn string
}

// Build returns the path of a binary called name, one of programs. The path contains a hash of the module's files and of the Go
// version, so that an existing binary is the right one and is not built
// again; parallel test processes wait for the first to build it.
func Build(t testing.TB, name string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if path, ok := built.path[name]; ok {
		return path
	}
	path, err := Program(Root(t), name)
	if err != nil {
		t.Fatal(err)
	}
	if built.path == nil {
		built.path = map[string]string{}
	}
	built.path[name] = path
	return path
}

// Program is Build for callers that have no test yet; root is the repository's.
func Program(root, name string) (string, error) {
	program, ok := programs[name]
	if !ok {
		return "", fmt.Errorf("%s: not a program that tests use", name)
	}
	module := filepath.Join(root, "tools", program.module)
	hash, err := hashFiles(module)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "bin", name+"-"+hash)
	path := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	partial := fmt.Sprintf("%s.%d", path, os.Getpid())
	ldflags := "-ldflags=-s -w"
	if program.version != "" {
		ldflags += " -X " + program.version
	}
	cmd := exec.Command("go", "build", "-C", module, ldflags, "-tags="+program.tags, "-o", partial, program.pkg)
	cmd.Env = goEnv("CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return path, os.Rename(partial, path)
}

// hashFiles covers go.mod, go.sum and the Go files of a tool's module, which
// has no directories.
func hashFiles(module string) (string, error) {
	files, err := filepath.Glob(filepath.Join(module, "*.*"))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, filepath.Base(file), len(text))
		sum.Write(text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:6]), nil
}

// goEnv keeps the flags of the surrounding build, such as -mod=mod or -race,
// from reaching the modules of the tools.
func goEnv(extra ...string) []string {
	return append(os.Environ(), append([]string{"GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off"}, extra...)...)
}

// Root returns the repository's root: the closest directory above the directory of the
// test that contains the go.mod of the product.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// FindRoot is Root for callers that have no test yet.
func FindRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/krm-fn/krm-fn\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no directory above this test holds the go.mod of github.com/krm-fn/krm-fn")
		}
		dir = parent
	}
}

// Required returns the directory, in Go's module cache, of a module that
// tools/TOOL requires.
func Required(root, tool, module string) (string, error) {
	cmd := exec.Command("go", "-C", filepath.Join(root, "tools", tool), "mod", "download", "-json", module)
	cmd.Env = goEnv()
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, out)
	}
	var got struct{ Dir string }
	err = json.Unmarshal(out, &got)
	return got.Dir, err
}
