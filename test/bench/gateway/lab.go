package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A lab has a backend, and the gateways that are measured.
type lab struct {
	settings
	dir, krmFn string
	stderr     io.Writer
	processes  []*exec.Cmd
	gateways   []*gateway
}

// A gateway is a program that forwards requests to the backend.
type gateway struct {
	// api is what it serves; name is the program and whose configuration it has.
	api, name string
	address   string
	path      string
	token     string
	pid       int
	results   []result
}

// program returns the path of a program, "" if it is not installed.
func program(name string) string {
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	return ""
}

// free returns a loopback address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

const body = `{"products":[{"name":"Apples","price":1.50},{"name":"Mangoes","price":2.75}]}`

// start starts the backend and all gateways. The backend is HAProxy, too, because it must not be what is slow.
func (l *lab) start() error {
	haproxy := program("haproxy")
	if haproxy == "" {
		return errors.New("haproxy is not installed; on Debian, run apt-get install haproxy")
	}
	backend, err := free()
	if err != nil {
		return err
	}
	if err := l.haproxy("backend", fmt.Sprintf(plain, backend)+
		"  http-request return status 200 content-type application/json string '"+body+"'\n"); err != nil {
		return err
	}
	for _, size := range []int{2, 200} {
		for _, secured := range []bool{false, true} {
			a, err := newAPI(size, secured, backend)
			if err != nil {
				return err
			}
			if err := l.gatewaysOf(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// gatewaysOf starts the gateways of an API. nginx verifies no tokens.
func (l *lab) gatewaysOf(a *api) error {
	for _, kind := range []struct {
		name  string
		start func(a *api, name, address string) error
	}{
		{byHand, l.byHand}, {rendered, l.rendered}, {nginxByHand, l.nginx},
	} {
		if kind.name == nginxByHand && (a.issuer != nil || program("nginx") == "") {
			continue
		}
		address, err := free()
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d", len(l.gateways))
		if err := kind.start(a, name, address); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		g := &gateway{api: a.name(), name: kind.name, address: address, path: a.path(), token: a.token}
		g.pid = l.processes[len(l.processes)-1].Process.Pid
		if err := g.sound(); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		l.gateways = append(l.gateways, g)
	}
	return nil
}

// sound waits until a gateway answers as it must.
func (g *gateway) sound() error {
	var last error
	for range 200 {
		time.Sleep(20 * time.Millisecond)
		if last = g.ask(g.path, g.token, http.StatusOK); last != nil {
			continue
		}
		if g.token != "" {
			last = g.ask(g.path, g.token[:len(g.token)-30]+strings.Repeat("A", 30), http.StatusUnauthorized)
		}
		return errors.Join(last, g.ask(g.path+"/x/y", g.token, http.StatusNotFound))
	}
	return last
}

func (g *gateway) ask(path, token string, status int) error {
	request, err := http.NewRequest(http.MethodGet, "http://"+g.address+path, http.NoBody)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != status {
		err = fmt.Errorf("GET %s: %s, wanted %d", path, response.Status, status)
	}
	return errors.Join(err, response.Body.Close())
}

// haproxy starts HAProxy with a configuration.
func (l *lab) haproxy(name, config string) error {
	file := filepath.Join(l.dir, name+".cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	return l.run(program("haproxy"), "-db", "-f", file)
}

func (l *lab) run(path string, args ...string) error {
	cmd := exec.Command(path, args...)
	cmd.Stderr = l.stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	l.processes = append(l.processes, cmd)
	return nil
}

func (l *lab) stop() {
	for _, cmd := range l.processes {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// measure measures all gateways in each round, one after the other.
func (l *lab) measure(ctx context.Context) error {
	for round := range l.rounds {
		for i := range l.gateways {
			g := l.gateways[(i+round)%len(l.gateways)]
			r, err := g.load(ctx, l.connections, l.each)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", g.api, g.name, err)
			}
			g.results = append(g.results, r)
		}
	}
	return nil
}
