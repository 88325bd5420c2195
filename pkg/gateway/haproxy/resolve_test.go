package haproxy

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// nameServer is a DNS server that knows the names below a domain once its state is true, all with the address 127.0.0.1. It returns
// its address.
func nameServer(t *testing.T, domain string, state *atomic.Bool) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var suffix []byte
	for label := range strings.SplitSeq(domain, ".") {
		suffix = append(append(suffix, byte(len(label))), label...)
	}
	const header, fixed, typeA = 12, 4, 1 // RFC 1035, section 4.1.
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			end := header + bytes.IndexByte(buffer[header:n], 0) + 1
			name, question := buffer[header:end-1], buffer[header:end+fixed]
			known := state.Load() && bytes.HasSuffix(name, suffix)
			answer := append(bytes.Clone(buffer[:2]), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
			answer = append(answer, question...)
			switch {
			case !known:
				answer[3] |= 3 // The name does not exist.
			case buffer[end+1] == typeA:
				answer[7] = 1
				answer = append(answer, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1)
			}
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	return conn.LocalAddr().String()
}

// TestResolve starts a gateway before the DNS server knows its backends.
func TestResolve(t *testing.T) {
	var known atomic.Bool
	dns := nameServer(t, "shop.svc.cluster.local", &known)
	full, short, address := echo(t, "full", 200), echo(t, "short", 200), echo(t, "address", 200)
	full.Host = "full.shop.svc.cluster.local"
	short.Host, short.Address = "short", "short.shop.svc.cluster.local"
	address.Host, address.Address = "address.example.com", "127.0.0.1"
	nowhere := Server{Host: "nowhere.example.com", Port: 80}
	metrics := freePort(t)
	ready := request{path: ReadinessPath, status: 200}
	g := Gateway{Metrics: metrics, APIs: []API{{Operations: []Operation{
		public("GET", "/full", full), public("GET", "/short", short), public("GET", "/nowhere", nowhere),
	}}}}
	url, _ := start(t, g, "parse-resolv-conf", "nameserver test "+dns)
	probes := fmt.Sprintf("http://127.0.0.1:%d", metrics)
	for _, path := range []string{"/full", "/short", "/nowhere"} {
		request{path: path, status: 503, want: []string{`"code":101503`, "application/json"}}.send(t, url)
	}
	request{path: ReadinessPath, status: 503, want: []string{"not ready"}}.send(t, probes)
	known.Store(true)
	for range 200 {
		response, err := http.Get(probes + ReadinessPath)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	ready.send(t, probes)
	time.Sleep(time.Second)
	request{path: "/full", status: 200, want: []string{"full GET", "host=full.shop.svc.cluster.local:"}}.send(t, url)
	request{path: "/short", status: 200, want: []string{"short GET", "host=short:"}}.send(t, url)
	request{path: "/nowhere", status: 503, want: []string{`"code":101503`}}.send(t, url)

	// An IP address needs no DNS server.
	known.Store(false)
	g.APIs, g.Metrics = []API{{Operations: []Operation{public("GET", "/address", address), public("GET", "/nowhere", nowhere)}}}, freePort(t)
	url, _ = start(t, g, "parse-resolv-conf", "nameserver test "+dns)
	request{path: "/address", status: 200, want: []string{"host=address.example.com:"}}.send(t, url)
	ready.send(t, fmt.Sprintf("http://127.0.0.1:%d", g.Metrics))
}
