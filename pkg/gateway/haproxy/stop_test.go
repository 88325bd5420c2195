package haproxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kept is a connection of a client that sends several requests.
type kept struct {
	net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, url string) kept {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return kept{conn, bufio.NewReader(conn)}
}

func (k kept) send(method, path string) (*http.Response, error) {
	if _, err := fmt.Fprintf(k, "%s %s HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n", method, path); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(k.reader, nil)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, err
	}
	return response, response.Body.Close()
}

// TestStop sends a request on a kept connection after HAProxy has been told to stop, as one that is on the way then.
func TestStop(t *testing.T) {
	g := Gateway{APIs: []API{{Operations: []Operation{public("GET", "/a", echo(t, "b", 200))}}}}
	g.Dir, g.HTTP, g.Metrics, g.Threads, g.MaxConnections = t.TempDir(), freePort(t), freePort(t), 1, 100
	write(t, g)
	cmd := exec.Command(program(t), "-db", "-f", filepath.Join(g.Dir, ConfigFile))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	url := fmt.Sprintf("http://127.0.0.1:%d", g.HTTP)
	for range 500 {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	k := dial(t, url)
	if response, err := k.send("GET", "/a"); err != nil || response.StatusCode != http.StatusOK || response.Close {
		t.Fatalf("before it stops: got %v, %v", response, err)
	}
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if response, err := k.send("GET", "/a"); err != nil || response.StatusCode != http.StatusOK || !response.Close {
		t.Errorf("a request after the stop: got %v, %v, want 200 and Connection: close", response, err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("HAProxy still runs after its last connection has ended")
	}
}

// TestClosedConnection closes a connection to a server after a request on it, as a server does that stops.
func TestClosedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				reader := bufio.NewReader(conn)
				if _, err := http.ReadRequest(reader); err == nil {
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					_, _ = http.ReadRequest(reader)
				}
				_ = conn.Close()
			}()
		}
	}()
	server := Server{Host: "127.0.0.1", Port: int32(l.Addr().(*net.TCPAddr).Port)}
	url, _ := start(t, Gateway{APIs: []API{{Operations: []Operation{
		public("GET", "/a", server), public("POST", "/a", server),
	}}}})
	k := dial(t, url)
	for range 5 {
		if response, err := k.send("GET", "/a"); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("GET: got %v, %v, want 200 from a second attempt", response, err)
		}
	}
	k = dial(t, url)
	if response, err := k.send("POST", "/a"); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("POST on a new connection: got %v, %v", response, err)
	}
	if response, err := k.send("POST", "/a"); err == nil && response.StatusCode == http.StatusOK {
		t.Error("a POST was sent twice")
	}
}
