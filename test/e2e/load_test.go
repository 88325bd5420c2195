//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// steady is a load that does not wait for responses, and counts every request without the right one. Other than net/http, it sends
// no request twice: what a client must send again is a failure, too.
type steady struct {
	address, path, token string
	body                 string // of a response
	// guests means that every second new connection sends no token: a request that counts at the gateway only.
	guests bool

	mu       sync.Mutex
	times    []time.Duration
	failures []string
}

// run sends requests until the context ends: half of them on kept connections, half on new ones. It returns when the last one has
// its response.
func (s *steady) run(ctx context.Context, rate float64) {
	const connections = 5
	var group sync.WaitGroup
	each := time.Duration(float64(time.Second) / rate * 2)
	for i := range connections {
		group.Go(func() {
			pause(ctx, each*time.Duration(i))
			s.keep(ctx, each*connections)
		})
	}
	pause(ctx, each/2)
	for n, ticks := 0, time.Tick(each); ctx.Err() == nil; n++ {
		token := s.token
		if s.guests && n%2 == 1 {
			token = ""
		}
		group.Go(func() { s.once(token) })
		select {
		case <-ctx.Done():
		case <-ticks:
		}
	}
	group.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// once sends a request on a new connection.
func (s *steady) once(token string) {
	began := time.Now()
	conn, err := net.DialTimeout("tcp", s.address, 5*time.Second)
	if err != nil {
		s.note("new connection", began, err)
		return
	}
	defer func() { _ = conn.Close() }()
	_, err = s.exchange(conn, bufio.NewReader(conn), token, true)
	s.note("new connection", began, err)
}

// keep sends requests on a connection, and makes another one only when the gateway has announced the end of the first in a response.
// It does not look whether the other side has closed the connection meanwhile, as a client far away cannot either: its request can
// be on the way.
func (s *steady) keep(ctx context.Context, every time.Duration) {
	var conn net.Conn
	var reader *bufio.Reader
	for ticks := time.Tick(every); ctx.Err() == nil; {
		began := time.Now()
		var err error
		if conn == nil {
			if conn, err = net.DialTimeout("tcp", s.address, 5*time.Second); err == nil {
				reader = bufio.NewReader(conn)
			}
		}
		last := false
		if err == nil {
			last, err = s.exchange(conn, reader, s.token, false)
		}
		s.note("kept connection", began, err)
		if (err != nil || last) && conn != nil {
			_ = conn.Close()
			conn = nil
		}
		select {
		case <-ctx.Done():
		case <-ticks:
		}
	}
	if conn != nil {
		_ = conn.Close()
	}
}

// exchange sends a request and reads the response. last means that it is the last one on this connection.
func (s *steady) exchange(conn net.Conn, reader *bufio.Reader, token string, only bool) (last bool, err error) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	request, err := http.NewRequest(http.MethodGet, "http://"+s.address+s.path, http.NoBody)
	if err != nil {
		return false, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	request.Close = only
	if err := request.Write(conn); err != nil {
		return false, err
	}
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return false, err
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	switch {
	case err != nil:
		return false, err
	case token == "" && response.StatusCode == http.StatusUnauthorized:
	case token == "" || response.StatusCode != http.StatusOK || string(text) != s.body:
		return false, fmt.Errorf("%s: %.200q", response.Status, text)
	}
	return response.Close, nil
}

func (s *steady) note(kind string, began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := time.Since(began)
	s.times = append(s.times, took)
	if err != nil {
		s.failures = append(s.failures, fmt.Sprintf("%s %s, after %s: %v", time.Now().Format("15:04:05.000"), kind, took, err))
	}
}

// expectNone fails if a request since the last call has failed.
func (s *steady) expectNone(t *testing.T, what string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.times) == 0 {
		t.Fatalf("%s: no request was sent", what)
	}
	slices.Sort(s.times)
	n := len(s.times)
	text := fmt.Sprintf("%s: %d of %d requests failed; half took at most %s, 99%% %s, all %s", what, len(s.failures), n,
		round(s.times[n/2]), round(s.times[n*99/100]), round(s.times[n-1]))
	if len(s.failures) > 0 {
		t.Errorf("%s\n%s", text, strings.Join(s.failures[:min(20, len(s.failures))], "\n"))
	} else {
		t.Log(text)
	}
	s.times, s.failures = nil, nil
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
