package haproxy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// tierName names a limit.
func tierName(l Limit) string { return fmt.Sprintf("%dper%ss", l.Requests, seconds(l.Period)) }

func limitTable(period time.Duration) string { return "limits_" + seconds(period) + "s" }

// limitsOf returns the different limits of operations or of APIs, by name.
func (r *renderer) limitsOf(of func(route) *Limit) map[string]Limit {
	all := map[string]Limit{}
	for _, o := range r.routes {
		if l := of(o); l != nil {
			all[tierName(*l)] = *l
		}
	}
	return all
}

func ofOperation(o route) *Limit { return o.Limit }
func ofAPI(o route) *Limit       { return o.api.Limit }

// limitTables writes a table of counters for each period.
func (r *renderer) limitTables() {
	periods := map[time.Duration]bool{}
	for _, of := range []func(route) *Limit{ofAPI, ofOperation} {
		for _, l := range r.limitsOf(of) {
			periods[l.Period] = true
			if l.Period < time.Second || l.Period > MaxPeriod || l.Period%time.Second != 0 || l.Requests < 0 {
				r.errs = append(r.errs, fmt.Errorf("%d requests in %v is not a limit", l.Requests, l.Period))
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(periods)) {
		r.section("backend", limitTable(p))
		// Two windows of every operation and API fit.
		size := strconv.Itoa(2*(len(r.routes)+len(r.APIs)) + 100)
		r.line("stick-table", "type", "string", "len", "64", "size", size, "expire", seconds(p)+"s", "store", "http_req_cnt")
	}
}

// limits counts the requests of APIs and operations in windows of time.
func (r *renderer) limits() {
	r.limit(ofAPI, "var(txn.api)", "0", 900800)
	r.limit(ofOperation, "var(txn.key)", "1", 900802)
}

// limit counts by a key, which is short, because the table would cut a long one. counter is the number of the counter.
func (r *renderer) limit(of func(route) *Limit, key, counter string, code int) {
	all := r.limitsOf(of)
	for _, name := range sortedKeys(all) {
		l := all[name]
		acl := "limited_" + counter + "_" + name
		var operations []string
		for _, o := range r.routes {
			if mine := of(o); mine != nil && tierName(*mine) == name {
				operations = append(operations, o.name)
			}
		}
		period := seconds(l.Period)
		r.values([]string{"acl", acl, "var(txn.operation)", "-m", "str", "--"}, operations)
		r.line("http-request", "set-var(txn.window)", "date(),div("+period+")", "if", acl)
		r.line("http-request", "set-var(txn.retry)", "date(),mod("+period+"),neg,add("+period+")", "if", acl)
		r.line("http-request", "track-sc"+counter, key+",concat(|,txn.window)", "table", limitTable(l.Period),
			"if", acl)
		r.respond(
			[]string{acl, "{", "sc_http_req_cnt(" + counter + ")", "gt", strconv.FormatInt(l.Requests, 10), "}"},
			failure{429, code, "Message throttled out", "You have exceeded your quota"},
			"Retry-After", "%[var(txn.retry)]")
	}
}

// bodies refuses large request bodies. Before it forwards a request, HAProxy knows the size of its body from Content-Length, or as
// far as the body fits into a buffer. It cannot count what it forwards. So a body without Content-Length, as in chunked encoding
// and in some requests of HTTP/2, is refused as RFC 9110 suggests (section 15.5.12). Whether a request has such a body, only its
// first byte tells in all versions of HTTP: req.body_size of newer versions does not count it. With both headers,
// Transfer-Encoding counts (RFC 9112, section 6.3).
func (r *renderer) bodies() {
	if r.MaxBody == 0 {
		return
	}
	r.line("acl", "unsized", "req.hdr_cnt(content-length)", "eq", "0")
	r.line("acl", "unsized", "req.hdr_cnt(transfer-encoding)", "gt", "0")
	r.line("http-request", "wait-for-body", "time", "10s", "at-least", "1", "if", "unsized")
	r.respond([]string{"unsized", "{", "req.body_len", "gt", "0", "}"},
		failure{411, 411, "Length Required", "The request body has no Content-Length"})
	r.respond([]string{"{", "req.body_size", "gt", strconv.FormatInt(r.MaxBody, 10), "}"},
		failure{413, 413, "Payload Too Large", "The request body is too large"})
}
