//go:build e2e

package cluster

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// An App is what answers in every container of some image: a page of metrics at an address that follows from the program
// in the image only, regardless of the manifests.
type App struct {
	Namespace string
	// Image is a part of the image's reference.
	Image string
	Port  int
	// Path is where the metrics are.
	Path string
	// Counter is a series that counts requests, such as products_http_requests_total; Labels are its labels, as in
	// http_url="/products". Gauge is a series with the load's level.
	Counter, Labels, Gauge string
	// Body is what it answers to all other requests. With it, the counter counts them instead of a Load.
	Body string
	// Probes are labels of the counter under which every scrape counts 100 requests: what a rule of the adapter must leave out.
	Probes string
}

// A Load is what the pods of an App have to do, all of them together.
type Load struct {
	// Requests is requests per second, CPU is thousandths of a core; ready pods share both evenly.
	Requests, CPU float64
	// Level is the value of the gauge in each pod.
	Level float64
}

// Workloads answers for the containers of Apps and keeps their counters.
type Workloads struct {
	client    kubernetes.Interface
	informers *watched
	logDir    string

	mu   sync.Mutex
	apps []*served
}

type served struct {
	App
	load Load
	pods map[types.UID]*servedPod
}

type servedPod struct {
	name     string
	requests float64
	scrapes  int
	cpu      int // what was last written, in thousandths of a core
	server   *http.Server
}

// Serve adds an App, with no load.
func (w *Workloads) Serve(apps ...App) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, app := range apps {
		w.apps = append(w.apps, &served{App: app, pods: map[types.UID]*servedPod{}})
	}
}

// SetLoad sets the load of the Apps of a namespace whose image contains a text.
func (w *Workloads) SetLoad(namespace, image string, load Load) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, app := range w.apps {
		if app.Namespace == namespace && strings.Contains(app.Image, image) {
			app.load = load
			return nil
		}
	}
	return fmt.Errorf("no app %s in %s", image, namespace)
}

// run serves until the context ends: counters grow four times a second, pods are looked up and usage is written every second.
func (w *Workloads) run(ctx context.Context) {
	log, err := os.Create(filepath.Join(w.logDir, "workloads.log"))
	if err != nil {
		return // nothing is served, so the tests will fail
	}
	defer func() { _ = log.Close() }()
	go func() {
		last := time.Now()
		for ; ctx.Err() == nil; pause(ctx, 250*time.Millisecond) {
			now := time.Now()
			w.count(now.Sub(last).Seconds())
			last = now
		}
	}()
	for ; ctx.Err() == nil; pause(ctx, time.Second) {
		pods, err := w.informers.running()
		if err == nil {
			err = w.follow(pods)
		}
		if err == nil {
			err = w.use(ctx)
		}
		if err != nil {
			_, _ = fmt.Fprintln(log, time.Now().Format(time.TimeOnly), err)
		}
	}
}

func (w *Workloads) count(seconds float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, app := range w.apps {
		for _, pod := range app.pods {
			pod.requests += app.load.Requests * seconds / float64(len(app.pods))
		}
	}
}

// follow opens the ports of new pods and closes those of pods that are gone.
func (w *Workloads) follow(pods []*corev1.Pod) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, app := range w.apps {
		present := map[types.UID]bool{}
		for _, pod := range pods {
			if !app.runsIn(pod) {
				continue
			}
			present[pod.UID] = true
			if app.pods[pod.UID] != nil {
				continue
			}
			listener, err := net.Listen("tcp", net.JoinHostPort(pod.Status.PodIP, fmt.Sprint(app.Port)))
			if err != nil {
				return err
			}
			state := &servedPod{name: pod.Name}
			mux := http.NewServeMux()
			mux.HandleFunc("GET "+app.Path, func(rw http.ResponseWriter, _ *http.Request) { w.page(rw, app, state) })
			if app.Body != "" {
				mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) { w.serve(rw, r, app, state) })
			}
			state.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
			app.pods[pod.UID] = state
			go func() { _ = state.server.Serve(listener) }() // it ends with Close
		}
		for uid, pod := range app.pods {
			if !present[uid] {
				go stop(pod.server)
				delete(app.pods, uid)
			}
		}
	}
	return nil
}

// stop stops as a program does that waits for its last responses.
func stop(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = server.Shutdown(ctx)
}

// serve answers and counts a request. The path shows what a gateway makes of it.
func (w *Workloads) serve(rw http.ResponseWriter, r *http.Request, app *served, pod *servedPod) {
	w.mu.Lock()
	pod.requests++
	w.mu.Unlock()
	rw.Header().Set("X-Path", r.URL.Path)
	rw.Header().Set("X-Pod", pod.name)
	_, _ = io.WriteString(rw, app.Body)
}

func (a *App) runsIn(pod *corev1.Pod) bool {
	if pod.Namespace != a.Namespace {
		return false
	}
	for i := range pod.Spec.Containers {
		if strings.Contains(pod.Spec.Containers[i].Image, a.Image) {
			return true
		}
	}
	return false
}

// page writes what /metrics of a container answers.
func (w *Workloads) page(rw http.ResponseWriter, app *served, pod *servedPod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pod.scrapes++
	rw.Header().Set("Content-Type", "text/plain; version=0.0.4")
	if app.Counter != "" {
		_, _ = fmt.Fprintf(rw, "# TYPE %s counter\n%s{%s} %g\n", app.Counter, app.Counter, app.Labels, pod.requests)
		if app.Probes != "" {
			_, _ = fmt.Fprintf(rw, "%s{%s} %d\n", app.Counter, app.Probes, 100*pod.scrapes)
		}
	}
	if app.Gauge != "" {
		_, _ = fmt.Fprintf(rw, "# TYPE %s gauge\n%s %g\n", app.Gauge, app.Gauge, app.load.Level)
	}
}

// use writes each pod's share of the cpu into the annotation that kwok reports.
func (w *Workloads) use(ctx context.Context) error {
	type change struct {
		namespace string
		pod       *servedPod
		cpu       int
	}
	var changes []change
	w.mu.Lock()
	for _, app := range w.apps {
		for _, pod := range app.pods {
			if cpu := max(1, int(math.Round(app.load.CPU/float64(len(app.pods))))); cpu != pod.cpu {
				changes = append(changes, change{app.Namespace, pod, cpu})
			}
		}
	}
	w.mu.Unlock()
	for _, c := range changes {
		if err := writeUsage(ctx, w.client, c.namespace, c.pod.name, c.cpu); err != nil {
			return err
		}
		c.pod.cpu = c.cpu // only this goroutine reads it
	}
	return nil
}
