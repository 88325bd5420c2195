package haproxy

import (
	"cmp"
	"fmt"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// operation writes the backend of an operation.
func (r *renderer) operation(o *route) {
	r.section("backend", o.name)
	p := &o.Pool
	switch {
	case len(p.Servers) == 0:
		r.respond(nil, failure{503, 101503, "Runtime Error", "The operation has no back end"})
		return
	case p.Failover:
		// The first server that answers. A backup server is of no use here: a retry does not go to it.
		r.line("balance", "first")
	default:
		r.line("balance", "roundrobin")
	}
	if p.Timeout > 0 {
		r.line("timeout", "server", strconv.FormatInt(p.Timeout.Milliseconds(), 10)+"ms")
	}
	if p.sleeps() {
		r.line("http-error", "status", "503", "content-type", "application/json", "string", unreachable.body(),
			"hdr", "Retry-After", strconv.Itoa(WakeUp))
	}
	r.retries(p)
	r.rewrite(o.api.BasePath, p.Servers)
	// Requests for several hosts keep the header Host of the client: newer versions cannot set it after the choice of a server.
	if name := p.Servers[0].name(); !slices.ContainsFunc(p.Servers, func(s Server) bool { return s.name() != name }) {
		r.line("http-request", "set-header", "Host", literal(name))
	}
	names := map[string]Server{}
	for _, s := range p.Servers {
		if same, known := names[s.name()]; !known {
			r.server(s, len(p.Servers) > 1)
		} else if !reflect.DeepEqual(s, same) {
			r.errs = append(r.errs, fmt.Errorf("two different servers %q in one pool", s.name()))
		}
		names[s.name()] = s
	}
}

// WakeUp is the number of seconds after which a client should ask again for an operation whose servers sleep.
const WakeUp = 30

func (p *Pool) sleeps() bool {
	return slices.ContainsFunc(p.Servers, func(s Server) bool { return s.Sleeps })
}

// retries tries the next server: always where a connection fails, and after some responses in a Failover.
func (r *renderer) retries(p *Pool) {
	if len(p.Servers) == 1 {
		return
	}
	r.line("retries", strconv.Itoa(len(p.Servers)-1))
	r.line("option", "redispatch", "1")
	if p.Failover {
		r.line("retry-on", "conn-failure", "empty-response", "response-timeout", "501", "502", "503", "504")
	}
}

// rewrite replaces the base path by the path of the servers, which is the same for all.
func (r *renderer) rewrite(base string, servers []Server) {
	prefix := servers[0].Path
	for _, s := range servers {
		if s.Path != prefix {
			r.errs = append(r.errs, fmt.Errorf("servers with the paths %q and %q in one pool", prefix, s.Path))
		}
	}
	switch {
	case base == "" && prefix == "":
	case prefix == "":
		// In this order, because a request for /v1/v1 is one for /v1 of the backend.
		r.line("http-request", "replace-path", "^"+regexp.QuoteMeta(encode(base))+"$", "/")
		r.line("http-request", "replace-path", "^"+regexp.QuoteMeta(encode(base))+"(/.*)$", `\1`)
	default:
		// A backslash would begin a reference to a group; encode leaves none.
		r.line("http-request", "replace-path", "^"+regexp.QuoteMeta(encode(base))+"(/.*)?$", literal(encode(prefix))+`\1`)
	}
}

// name returns the name of a server, which is also the value of the header Host if it is the only one.
func (s Server) name() string {
	port := strconv.Itoa(int(s.Port))
	if s.TLS == nil && s.Port == 80 || s.TLS != nil && s.Port == 443 {
		return s.Host
	}
	return s.Host + ":" + port
}

func (s Server) address() string { return cmp.Or(s.Address, s.Host) }

// IsHost reports whether HAProxy can resolve a name: DNS labels, which can have underscores.
func IsHost(s string) bool {
	const longestName, longestLabel = 253, 63
	return len(s) <= longestName && hostName.MatchString(s) &&
		!slices.ContainsFunc(strings.Split(s, "."), func(label string) bool { return len(label) > longestLabel })
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

func (r *renderer) server(s Server, several bool) {
	for _, host := range []string{s.Host, s.address()} {
		if !IsHost(host) && net.ParseIP(host) == nil || s.Port < 1 || s.Port > 65535 {
			r.errs = append(r.errs, fmt.Errorf("%q cannot be a server with port %d", host, s.Port))
		}
	}
	words := []string{"server", s.name(), net.JoinHostPort(s.address(), strconv.Itoa(int(s.Port)))}
	if s.Weight > 0 {
		words = append(words, "weight", strconv.Itoa(s.Weight))
	}
	if t := s.TLS; t != nil {
		name, ca := t.Name, t.CAFile
		if name == "" {
			name = s.Host
		}
		if ca == "" {
			ca = "@system-ca"
		}
		words = append(words, "ssl", "sni", "str("+name+")")
		if t.Insecure {
			words = append(words, "verify", "none")
		} else {
			// With sni, the certificate must have that name.
			words = append(words, "verify", "required", "ca-file", ca)
		}
		if !IsHost(name) {
			r.errs = append(r.errs, fmt.Errorf("%q cannot be the name in a certificate", name))
		}
	}
	if s.HTTP2 {
		words = append(words, "proto", "h2")
	}
	// With one server, there is no other to send requests to.
	if several {
		words = append(words, "check")
	}
	r.line(words...)
}

// seconds returns a duration in whole seconds.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
