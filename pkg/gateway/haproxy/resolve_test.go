package haproxy

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
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
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(buffer[:n]); err != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if !state.Load() || !strings.HasSuffix(q.Name.String(), domain+".") {
				m.RCode = dnsmessage.RCodeNameError
			} else if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 5},
					Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
				}}
			}
			if text, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(text, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// eventually waits until a URL gives 200.
func eventually(t *testing.T, url string) {
	t.Helper()
	for range 400 {
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not give 200", url)
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
	for _, found := range []string{probes + ReadinessPath, url + "/full", url + "/short"} {
		eventually(t, found)
	}
	request{path: "/full", status: 200, want: []string{"full GET", "host=full.shop.svc.cluster.local:"}}.send(t, url)
	request{path: "/short", status: 200, want: []string{"short GET", "host=short:"}}.send(t, url)
	request{path: "/nowhere", status: 503, want: []string{`"code":101503`}}.send(t, url)

	// An IP address needs no DNS server.
	known.Store(false)
	g.APIs, g.Metrics = []API{{Operations: []Operation{public("GET", "/address", address), public("GET", "/nowhere", nowhere)}}}, freePort(t)
	url, _ = start(t, g, "parse-resolv-conf", "nameserver test "+dns)
	request{path: "/address", status: 200, want: []string{"host=address.example.com:"}}.send(t, url)
	request{path: ReadinessPath, status: 200}.send(t, fmt.Sprintf("http://127.0.0.1:%d", g.Metrics))
}
