package haproxy

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// program returns the path of HAProxy. Without HAProxy, it skips the test, or fails it if KRM_FN_HAPROXY is set.
func program(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		path = "/usr/sbin/haproxy"
		_, err = os.Stat(path)
	}
	switch {
	case err == nil:
	case os.Getenv("KRM_FN_HAPROXY") != "":
		t.Fatal("haproxy is not installed")
	default:
		t.Skip("haproxy is not installed")
	}
	return path
}

// write writes the files of a gateway into its directory.
func write(t testing.TB, g Gateway) {
	t.Helper()
	files, err := Render(g)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(g.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// accepted fails if HAProxy rejects the configuration of a gateway.
func accepted(t testing.TB, g Gateway) {
	t.Helper()
	cmd := exec.Command(program(t), "-c", "-f", filepath.Join(g.Dir, ConfigFile))
	cmd.Env = append(os.Environ(), "ALICE=alice", "SECRET=secret")
	if out, err := cmd.CombinedOutput(); err != nil {
		text, _ := os.ReadFile(filepath.Join(g.Dir, ConfigFile))
		t.Fatalf("%v\n%s\n%s", err, out, text)
	}
}

// output is what a program has written so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs a gateway until the end of the test, and returns the base URL of its API.
func start(t *testing.T, g Gateway) (url string, log *output) {
	t.Helper()
	g.Dir, g.HTTP, g.Metrics, g.Threads, g.MaxConnections = t.TempDir(), freePort(t), cmp.Or(g.Metrics, freePort(t)), 1, 100
	write(t, g)
	accepted(t, g)
	log = &output{}
	cmd := exec.Command(program(t), "-db", "-f", filepath.Join(g.Dir, ConfigFile))
	cmd.Env = append(os.Environ(), "ALICE=alice", `SECRET=p '"#$x`)
	cmd.Stdout, cmd.Stderr = log, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	ready := fmt.Sprintf("http://127.0.0.1:%d%s", g.Metrics, HealthPath)
	for range 500 {
		if response, err := http.Get(ready); err == nil {
			_ = response.Body.Close()
			t.Cleanup(func() { stop() })
			return fmt.Sprintf("http://127.0.0.1:%d", g.HTTP), log
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("HAProxy does not start")
	return "", nil
}

func freePort(t *testing.T) int32 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return int32(l.Addr().(*net.TCPAddr).Port)
}

// echo is a backend that answers with its name and the request.
func echo(t *testing.T, name string, status int) Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "%s %s %s host=%s authorization=%t key=%t", name, r.Method, r.RequestURI, r.Host,
			r.Header.Get("Authorization") != "", r.Header.Get("X-Api-Key") != "")
	}))
	t.Cleanup(s.Close)
	host, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	n, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return Server{Host: host, Port: int32(n)}
}

// request is one request, and what is expected.
type request struct {
	method, path string
	headers      []string
	body         string
	status       int
	// want are parts of the body, or of the headers as NAME: VALUE.
	want []string
}

func (q request) send(t *testing.T, url string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	method := q.method
	if method == "" {
		method = "GET"
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: %d\r\n", method, q.path, len(q.body))
	for _, h := range q.headers {
		fmt.Fprintf(conn, "%s\r\n", h)
	}
	fmt.Fprintf(conn, "\r\n%s", q.body)
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(answer), "\r\n")
	if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", q.status)) {
		t.Errorf("%s %s %.80q: got %q, want status %d\n%s", method, q.path, q.headers, head, q.status, answer)
		return
	}
	for _, w := range q.want {
		if not, ok := strings.CutPrefix(w, "!"); ok {
			if strings.Contains(strings.ToLower(string(answer)), strings.ToLower(not)) {
				t.Errorf("%s %s %.80q: unexpected %q in\n%s", method, q.path, q.headers, not, answer)
			}
		} else if !strings.Contains(strings.ToLower(string(answer)), strings.ToLower(w)) {
			t.Errorf("%s %s %.80q: no %q in\n%s", method, q.path, q.headers, w, answer)
		}
	}
}

func public(method, path string, servers ...Server) Operation {
	return Operation{Method: method, Path: path, Pool: Pool{Servers: servers}, Access: Access{Public: true}}
}

func TestRoutes(t *testing.T) {
	b := echo(t, "b", 200)
	prefixed := b
	prefixed.Path = "/v2"
	url, log := start(t, Gateway{APIs: []API{
		{BasePath: "/pets/v1.0", Operations: []Operation{
			public("GET", "/pet/{id}", b), public("DELETE", "/pet/{petId}", b), public("GET", "/pet/findByStatus", b),
			public("GET", "/pet/{id}/photos/{photo}", b), public("POST", "/pet", b), public("GET", "/", b),
			public("GET", "/a b/ü'#%", b), public("GET", "/50%25", b), public("HEAD", "/pet", b),
			{ID: "stat", Method: "GET", Path: "/stat-{n}.json", Pool: Pool{Servers: []Server{b}}, Access: Access{Public: true}},
		}},
		{BasePath: "/pets/v1.0/admin", Operations: []Operation{public("GET", "/x", prefixed)}},
		{Operations: []Operation{public("GET", "/plain", b), public("GET", "/v1/v1", b)}},
		{BasePath: "/v1", Operations: []Operation{public("GET", "/v1/deep", b)}},
	}})
	for _, q := range []request{
		{path: "/pets/v1.0/pet/7", status: 200, want: []string{"b GET /pet/7 host=127.0.0.1:"}},
		{path: "/pets/v1.0/pet/7?a=b%20c&d", status: 200, want: []string{"GET /pet/7?a=b%20c&d "}},
		{path: "/pets/v1.0/pet/7/", status: 200, want: []string{"GET /pet/7/ "}},
		{path: "/pets/v1.0/pet/a%2Fb", status: 200, want: []string{"GET /pet/a%2Fb "}},
		{path: "/pets/v1.0/pet/7/photos/8", status: 200, want: []string{"GET /pet/7/photos/8 "}},
		{path: "/pets/v1.0/stat-1.json", status: 200},
		{path: "/pets/v1.0/stat-1xjson", status: 404},
		{path: "/pets/v1x0/pet/7", status: 404},
		{path: "/pets/v1.0/pet/7/8", status: 404, want: []string{`"code":404`, "application/json"}},
		{path: "/pets/v1.0/pet/", status: 405, method: "GET"},
		{path: "/pets/v1.0/pet/findByStatus", method: "DELETE", status: 405, want: []string{"Allow: GET, OPTIONS"}},
		{path: "/pets/v1.0/pet/findByStatus", status: 200},
		{path: "/pets/v1.0/pet/7", method: "DELETE", status: 200, want: []string{"DELETE /pet/7 "}},
		{path: "/pets/v1.0/pet/7", method: "PATCH", status: 405, want: []string{"Allow: DELETE, GET, OPTIONS"}},
		{path: "/pets/v1.0/pet/7", method: "HEAD", status: 405},
		{path: "/pets/v1.0/pet/7", method: "OPTIONS", status: 200, want: []string{"Allow: DELETE, GET, OPTIONS"}},
		{path: "/pets/v1.0/pet", method: "POST", body: "x", status: 200, want: []string{"POST /pet "}},
		{path: "/pets/v1.0/", status: 200, want: []string{"GET / "}},
		{path: "/pets/v1.0", status: 200, want: []string{"GET / "}},
		{path: "/pets/v1.0/a%20b/%C3%BC'%23%25", status: 200},
		{path: "/pets/v1.0/50%25", status: 200},
		{path: "/PETS/v1.0/pet/7", status: 404},
		{path: "/pets/v1.00/pet/7", status: 404},
		{path: "/pets/v1.0/admin/x", status: 200, want: []string{"GET /v2/x "}},
		{path: "/plain", status: 200, want: []string{"GET /plain "}},
		{path: "/v1/v1", status: 200, want: []string{"GET /v1/v1 "}},
		{path: "/v1/v1/deep", status: 200, want: []string{"GET /v1/deep "}},
		{path: "/", status: 404},
		{path: "/pets/v1.0/pet/..", status: 400},
		{path: "/pets/v1.0/pet/%2e%2e", status: 400},
		{path: "/pets/v1.0/pet/%252e%252E/x", status: 400},
		{path: "/pets/v1.0/pet/..;/x", status: 400},
		{path: `/pets/v1.0/pet/a\..\x`, status: 400},
		{path: "/pets/v1.0/pet/a..b", status: 200},
		{path: "/pets/v1.0/pet/.well-known", status: 200},
		{path: "/metrics", status: 404},
	} {
		q.send(t, url)
	}
	for line := range strings.Lines(strings.TrimSpace(log.String())) {
		var entry struct {
			Method, Path, Operation string
			Status                  int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Status == 0 || entry.Method == "" {
			t.Errorf("%v in the log line %s", err, line)
		}
	}
}

// TestDisguisedPaths sends paths that backends could take for that of an operation with other security.
func TestDisguisedPaths(t *testing.T) {
	b := echo(t, "b", 200)
	url, _ := start(t, Gateway{APIs: []API{{BasePath: "/v1", Operations: []Operation{
		public("GET", "/pets/{id}", b), public("GET", "/pets/{id}/{part}", b), public("GET", "/only/{id}", b),
		{Method: "GET", Path: "/pets/admin", Pool: Pool{Servers: []Server{b}}, Access: Access{AnyOf: [][]Use{{}}}},
		{Method: "GET", Path: "/pets/{id}/owner", Pool: Pool{Servers: []Server{b}}, Access: Access{AnyOf: [][]Use{{}}}},
	}}}})
	for path, status := range map[string]int{
		"/v1/pets/admin": 401, "/v1/pets/admin/": 401, "/v1/pets/1/owner": 401,
		"/v1/pets/%61dmin": 400, "/v1/pets/admi%6E": 400, "/v1/pets/admin;a=b": 400, "/v1/pets/admin%3Ba": 400, "/v1/pets/admin;": 400,
		"/v1/pets/admin%2F": 400, "/v1/pets/1/%6fwner": 400, "/v1/pets/a%2Fowner": 400, "/v1/pets/1/owner;a": 400, `/v1/pets/1\owner`: 400,
		"/v1/pets/b%20c": 200, "/v1/pets/%62": 200, "/v1/pets/b;a=b": 200, "/v1/only/a%2Fb": 200, "/v1/only/50%25": 200, "/v1/pets/%C3%BC": 200,
		// Backends that decode slashes see the operation /pets/{id}/{part}.
		"/v1/pets/a%2Fb": 400,
	} {
		request{path: path, status: status}.send(t, url)
	}
}

func TestPools(t *testing.T) {
	one, two, broken := echo(t, "one", 200), echo(t, "two", 200), echo(t, "broken", 503)
	closed := Server{Host: "127.0.0.1", Port: freePort(t)}
	heavy := one
	heavy.Weight = 3
	pool := func(path string, failover bool, servers ...Server) Operation {
		o := public("GET", path, servers...)
		o.Pool.Failover = failover
		return o
	}
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(3 * time.Second) }))
	t.Cleanup(slow.Close)
	host, port, _ := net.SplitHostPort(slow.Listener.Addr().String())
	n, _ := strconv.ParseInt(port, 10, 32)
	late := public("GET", "/late", Server{Host: host, Port: int32(n)})
	late.Pool.Timeout = 300 * time.Millisecond
	post := pool("/failover", true, broken, two)
	post.Method = "POST"
	url, _ := start(t, Gateway{APIs: []API{{Operations: []Operation{
		pool("/share", false, one, two), pool("/weights", false, heavy, two), pool("/failover", true, broken, two), post,
		pool("/order", true, one, two), pool("/closed", false, closed), pool("/rest", true, closed, two), late,
		public("GET", "/nothing"), pool("/nowhere", false, Server{Host: "does-not-exist.invalid", Port: 80}),
	}}}})
	count := func(path string) map[string]int {
		all := map[string]int{}
		for range 40 {
			response, err := http.Get(url + path)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			name, _, _ := strings.Cut(string(text), " ")
			all[name]++
		}
		return all
	}
	if got := count("/share"); got["one"] != 20 || got["two"] != 20 {
		t.Errorf("equal shares: got %v", got)
	}
	if got := count("/weights"); got["one"] != 30 || got["two"] != 10 {
		t.Errorf("weights 3 and 1: got %v", got)
	}
	if got := count("/failover"); got["two"] != 40 {
		t.Errorf("failover from a broken server: got %v", got)
	}
	if got := count("/order"); got["one"] != 40 {
		t.Errorf("failover with a sound server: got %v", got)
	}
	for _, q := range []request{
		{path: "/rest", status: 200, want: []string{"two GET"}},
		{path: "/failover", method: "POST", body: "x", status: 503, want: []string{"broken POST"}},
		{path: "/closed", status: 503, want: []string{`"code":101503`, "application/json"}},
		{path: "/nowhere", status: 503, want: []string{`"code":101503`}},
		{path: "/nothing", status: 503, want: []string{`"code":101503`}},
		{path: "/late", status: 504, want: []string{`"code":101504`}},
	} {
		q.send(t, url)
	}
}

// keys are those of issuers.
type keys struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
}

func newKeys(t *testing.T) keys {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys{r, e}
}

func publicPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func unsigned(alg string, claims map[string]any) string {
	encode := func(v any) string {
		text, _ := json.Marshal(v)
		// WSO2 escapes slashes.
		return base64.RawURLEncoding.EncodeToString(bytes.ReplaceAll(text, []byte("/"), []byte(`\/`)))
	}
	return encode(map[string]any{"alg": alg, "typ": "JWT"}) + "." + encode(claims)
}

func (k keys) rs256(t *testing.T, claims map[string]any) string {
	t.Helper()
	text := unsigned("RS256", claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (k keys) es256(t *testing.T, claims map[string]any) string {
	t.Helper()
	text := unsigned("ES256", claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.ec, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}
