package gateway

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krm-fn/krm-fn/test/tools"
)

// TestRequestBodies sends bodies through the gateway of an API with a limit, and counts what reaches the backend.
func TestRequestBodies(t *testing.T) {
	program := haproxy(t)
	var received atomic.Int64
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		received.Add(n)
	}))
	t.Cleanup(backend.Close)
	url := serve(t, program, strings.ReplaceAll(`apiVersion: wso2.com/v1alpha1
kind: API
metadata:
  name: files
  namespace: shop
  annotations: {krm-fn.dev/max-request-body: 1Ki}
spec:
  definition:
    swaggerConfigmapNames: [files]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: files, namespace: shop}
data:
  openapi.yaml: |
    openapi: 3.0.3
    info: {title: Files, version: v1}
    servers: [{url: BACKEND}]
    paths:
      /files: {post: {responses: {"200": {description: ok}}}}
`, "BACKEND", backend.URL))
	for _, c := range []struct {
		name   string
		body   io.Reader
		status int
		fault  string
	}{
		{"the limit", strings.NewReader(strings.Repeat("x", 1024)), 200, ""},
		{"above", strings.NewReader(strings.Repeat("x", 1025)), 413, `{"fault":{"code":413,`},
		{"chunked", io.MultiReader(strings.NewReader("x")), 411, `{"fault":{"code":411,`},
	} {
		response, err := http.Post(url+"/files", "text/plain", c.body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != c.status || !strings.HasPrefix(string(text), c.fault) || err != nil {
			t.Errorf("%s: got %s %s (%v), want %d %s", c.name, response.Status, text, err, c.status, c.fault)
		}
	}
	if n := received.Load(); n != 1024 {
		t.Errorf("the backend received %d bytes, want 1024", n)
	}
}

// serve renders an input with one API, and runs its gateway until the end of the test. It returns the base URL.
func serve(t *testing.T, program, input string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "input.yaml")
	if err := os.WriteFile(file, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tools.KrmFn(t), "render", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	all, err := Configurations(string(out))
	if err != nil || len(all) != 1 {
		t.Fatalf("%d configurations, %v", len(all), err)
	}
	dir, address := t.TempDir(), freeAddress(t)
	for _, files := range all {
		files["haproxy.cfg"] = strings.NewReplacer("*:9090", address, "*:9797", freeAddress(t)).Replace(files["haproxy.cfg"])
		if err := Check(program, dir, files); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-db", "-f", filepath.Join(dir, "config", "haproxy.cfg"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return "http://" + address
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("HAProxy does not start")
	return ""
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
