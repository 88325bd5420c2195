package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// A result is that of one gateway in one round.
type result struct {
	perSecond    float64
	cpu          time.Duration // of the gateway, for one request
	median, most time.Duration // most is the 99th percentile
}

// load sends requests on kept connections, each as soon as it has the last response.
func (g *gateway) load(ctx context.Context, connections int, each time.Duration) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	times := make([][]time.Duration, connections)
	errs := make([]error, connections)
	began, before := time.Now(), cpuTime(g.pid)
	var group sync.WaitGroup
	for i := range connections {
		group.Go(func() { times[i], errs[i] = g.connection(ctx) })
	}
	group.Wait()
	took, used := time.Since(began), cpuTime(g.pid)-before
	all := slices.Concat(times...)
	if err := errors.Join(errs...); err != nil || len(all) == 0 {
		return result{}, cmp.Or(err, errors.New("no response"))
	}
	slices.Sort(all)
	return result{float64(len(all)) / took.Seconds(), used / time.Duration(len(all)), all[len(all)/2], all[len(all)*99/100]}, nil
}

// connection returns how long each request has taken.
func (g *gateway) connection(ctx context.Context) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n", g.path, g.address)
	if g.token != "" {
		request = fmt.Appendf(request, "Authorization: Bearer %s\r\n", g.token)
	}
	request = append(request, "\r\n"...)
	reader := bufio.NewReader(conn)
	var times []time.Duration
	for ctx.Err() == nil {
		began := time.Now()
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if err := response(reader); err != nil {
			return nil, err
		}
		times = append(times, time.Since(began))
	}
	return times, nil
}

// response reads a response with the status 200 and the body of the backend.
func response(reader *bufio.Reader) error {
	status, err := reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("%.40q", status)
	}
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			_, err = reader.Discard(len(body))
			return err
		}
	}
}

// cpuTime is the time that the threads of a process have used (proc(5), schedstat).
func cpuTime(pid int) time.Duration {
	var sum time.Duration
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0
	}
	for _, file := range files {
		var used time.Duration
		if text, err := os.ReadFile(file); err == nil {
			if _, err := fmt.Sscan(string(text), &used); err == nil {
				sum += used
			}
		}
	}
	return sum
}

// table writes the medians of all rounds. The ratio is that of the CPU within a round.
func (l *lab) table(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(out, "| API\t| gateway\t| CPU per request\t| beside by hand\t| requests/s\t| median\t| 99%\t|")
	fmt.Fprintln(out, "| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t|")
	for _, g := range l.gateways {
		i := slices.IndexFunc(l.gateways, func(o *gateway) bool { return o.api == g.api && o.name == byHand })
		var ratios, rates []float64
		var cpus, medians, mosts []time.Duration
		for n, r := range g.results {
			ratios = append(ratios, float64(r.cpu)/float64(l.gateways[i].results[n].cpu))
			rates = append(rates, r.perSecond)
			cpus, medians, mosts = append(cpus, r.cpu), append(medians, r.median), append(mosts, r.most)
		}
		fmt.Fprintf(out, "| %s\t| %s\t| %s\t| %.2f\t| %.0f\t| %s\t| %s\t|\n", g.api, g.name, middle(cpus).Round(time.Microsecond),
			middle(ratios), middle(rates), middle(medians).Round(10*time.Microsecond), middle(mosts).Round(10*time.Microsecond))
	}
	return out.Flush()
}

func middle[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
