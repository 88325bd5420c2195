//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/simulate"
	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
	"github.com/krm-fn/krm-fn/pkg/simulate/load"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
	"github.com/krm-fn/krm-fn/test/e2e/cluster"
)

// step is a number of replicas from a time on.
type step struct {
	at       time.Duration
	replicas int32
}

// recording is what a cluster does under a load: the replicas of Deployments, and the load of their pods.
type recording struct {
	start time.Time
	stop  func()
	mu    sync.Mutex
	steps map[string][]step
	loads map[string]*load.Load
}

// recorded are the Deployments that simulations are compared with, and their programs.
var recorded = map[string]*cluster.App{"products-api": &productsAPI, "products-privatejet": &products}

// record watches Deployments until its stop is called.
func record(t *testing.T, c *cluster.Cluster) *recording {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &recording{start: time.Now(), steps: map[string][]step{}, loads: map[string]*load.Load{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			r.look(ctx, c)
			pause(ctx, 500*time.Millisecond)
		}
	}()
	r.stop = func() { cancel(); <-done }
	for name := range recorded {
		r.loads[name] = &load.Load{Name: "recorded", Series: []load.Series{{Name: load.Requests}, {Name: "cpu"}}}
	}
	return r
}

func (r *recording) look(ctx context.Context, c *cluster.Cluster) {
	for name := range recorded {
		d, err := c.Client.AppsV1().Deployments("shop").Get(ctx, name, metav1.GetOptions{})
		if err != nil || d.Spec.Replicas == nil {
			continue
		}
		r.mu.Lock()
		list := r.steps[name]
		if len(list) == 0 || list[len(list)-1].replicas != *d.Spec.Replicas {
			r.steps[name] = append(list, step{time.Since(r.start), *d.Spec.Replicas})
		}
		r.mu.Unlock()
	}
}

// expect adds the load of a phase that begins now.
func (r *recording) expect(p *phase) {
	for name, app := range recorded {
		l, at := r.loads[name], time.Since(r.start)
		if len(l.Times) == 0 {
			at = 0
		}
		l.Times = append(l.Times, at)
		of := p.load[app]
		l.Series[0].Values = append(l.Series[0].Values, of.Requests)
		l.Series[1].Values = append(l.Series[1].Values, of.CPU/1000)
	}
}

// simulated simulates the recorded load, with the flags of the controller in the cluster.
func (r *recording) simulated(t *testing.T, manifests string) map[string]*world.Result {
	t.Helper()
	p, ps := krm.ReadStream(strings.NewReader(manifests), "-")
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	scalings, ps := check.Scalings(check.Input{Items: p.Items})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	out := map[string]*world.Result{}
	for i := range scalings {
		s := &scalings[i]
		l := r.loads[s.Place.Object.Name]
		if l == nil {
			continue
		}
		o := simulate.DefaultOptions()
		o.Load, o.Replicas, o.PodStart, o.AppStart = l, 1, time.Second, 0
		o.Flags = autoscaler.Flags{
			SyncPeriod: 5 * time.Second, DownscaleStabilization: 20 * time.Second, Tolerance: 0.1,
			CPUInitializationPeriod: 15 * time.Second, InitialReadinessDelay: 5 * time.Second,
		}
		m, ps := simulate.New(s, &o)
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		m.Pods.Ready = m.Pods.Start // kwok makes pods ready at once.
		result, err := world.Run(m)
		if err != nil {
			t.Fatal(err)
		}
		out[s.Place.Object.Name] = result
		limits[s.Place.Object.Name] = o.Flags.SyncPeriod + longestInterval(m)
	}
	return out
}

// limits is how far apart steps may be: a sync period and a scrape interval, because when these begin is not known.
var limits = map[string]time.Duration{}

func longestInterval(m *world.Model) time.Duration {
	longest := time.Duration(0)
	for i := range m.Sources {
		if s := &m.Sources[i]; s.Kind == world.Scraped {
			longest = max(longest, s.Interval)
		}
	}
	return longest
}

// compare compares the recording with simulations, and writes the result into docs/simulate.md.
func (r *recording) compare(t *testing.T, manifests string) {
	t.Helper()
	r.stop()
	end := time.Since(r.start).Truncate(time.Second)
	for _, l := range r.loads {
		l.End = end
	}
	results := r.simulated(t, manifests)
	var page bytes.Buffer
	page.WriteString("| scaler | replicas in the cluster | replicas in the simulation | at most apart |\n| --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range recorded {
			if !yield(name) {
				return
			}
		}
	}) {
		result := results[name]
		if result == nil {
			t.Fatalf("%s: the manifests have no such scaler", name)
		}
		var ours []step
		for _, row := range result.Rows {
			if len(ours) == 0 || ours[len(ours)-1].replicas != row.Replicas {
				ours = append(ours, step{row.At, row.Replicas})
			}
		}
		apart := distance(r.steps[name], ours, end)
		if apart > limits[name] {
			t.Errorf("%s: simulated and real replicas are %s apart, more than %s\nreal      %s\nsimulated %s", name, apart, limits[name],
				inWords(r.steps[name]), inWords(ours))
		}
		fmt.Fprintf(&page, "| `hpa/%s` | %s | %s | %s |\n", name, inWords(r.steps[name]), inWords(ours), simulate.Elapsed(apart))
	}
	t.Logf("simulation and cluster:\n%s", page.String())
	if !t.Failed() {
		replaceSection(t, "../../docs/simulate.md", "recorded", page.String())
	}
}

func inWords(steps []step) string {
	var parts []string
	for _, s := range steps {
		parts = append(parts, fmt.Sprintf("%d at %s", s.replicas, simulate.Elapsed(s.at.Round(time.Second))))
	}
	return strings.Join(parts, ", ")
}

// distance returns by how much time two curves are apart: within it, each has at every time what the other has, or what lies
// between two values of the other.
func distance(a, b []step, end time.Duration) time.Duration {
	const most = 5 * time.Minute
	for d := time.Duration(0); d < most; d += time.Second {
		if within(a, b, d, end) && within(b, a, d, end) {
			return d
		}
	}
	return most
}

func within(a, b []step, d, end time.Duration) bool {
	for t := time.Duration(0); t <= end; t += time.Second {
		n := at(a, t)
		low, high := at(b, t-d), at(b, t-d)
		for u := t - d; u <= t+d; u += time.Second {
			low, high = min(low, at(b, u)), max(high, at(b, u))
		}
		if n < low || n > high {
			return false
		}
	}
	return true
}

func at(steps []step, t time.Duration) int32 {
	n := steps[0].replicas
	for _, s := range steps {
		if s.at <= t {
			n = s.replicas
		}
	}
	return n
}

// replaceSection replaces what is between the comments "NAME: begin" and "NAME: end" of a page.
func replaceSection(t *testing.T, file, name, text string) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), "<!-- "+name+": begin -->\n")
	_, after, found := strings.Cut(rest, "<!-- "+name+": end -->")
	if !ok || !found {
		t.Fatalf("%s has no section %s", file, name)
	}
	text = before + "<!-- " + name + ": begin -->\n" + text + "<!-- " + name + ": end -->" + after
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
