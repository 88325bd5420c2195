package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/simulate"
	"github.com/krm-fn/krm-fn/pkg/simulate/load"
)

// simulateFlags are the flags of simulations.
type simulateFlags struct {
	checkFlags
	loads, scalers, perRequest           []string
	cpu, cpuOfRequest, memory, perMemory string
	options                              simulate.Options
	// own are the flags that are only about simulations.
	own *pflag.FlagSet
}

func (f *simulateFlags) add(cmd *cobra.Command) {
	f.checkFlags.add(cmd)
	f.options = simulate.DefaultOptions()
	f.own = pflag.NewFlagSet("simulate", pflag.ContinueOnError)
	o, flags := &f.options, f.own
	flags.StringArrayVar(&f.loads, "load", nil, "[SCALER=]FILE|SHAPE: requests per second over time, for all scalers or for one, "+
		"such as load.csv, step:from=10,to=100, or hpa/products-api=load.json (repeatable)")
	flags.StringArrayVar(&f.scalers, "scaler", nil, "only the scaler hpa/NAME or so/NAME (repeatable)")
	flags.StringVar(&f.cpuOfRequest, "cpu-per-request", "", "what a request costs, in seconds of a core, such as 10m")
	flags.StringVar(&f.cpu, "cpu", "", "what a pod uses without requests, in cores, such as 5m")
	flags.StringVar(&f.memory, "memory", "", "what a pod uses, such as 200Mi")
	flags.StringVar(&f.perMemory, "memory-per-request", "", "what it uses for each request per second, such as 1Mi")
	flags.StringArrayVar(&f.perRequest, "per-request", nil,
		"METRIC=NUMBER: how much each request adds to a metric, or each request per second to a gauge (repeatable)")
	flags.Float64Var(&o.Capacity, "capacity", 0, "requests per second that a pod can serve (default: what its CPU limit allows)")
	flags.DurationVar(&o.PodStart, "pod-start", o.PodStart, "time from the creation of a pod until its containers run")
	flags.DurationVar(&o.AppStart, "app-start", o.AppStart, "time from then until its probes can succeed")
	flags.Int32Var(&o.Replicas, "replicas", 0, "replicas at the start (default: those that the scaler settles on)")
	flags.DurationVar(&o.Flags.SyncPeriod, "sync-period", o.Flags.SyncPeriod, "how often the controller looks")
	flags.DurationVar(&o.Flags.DownscaleStabilization, "downscale-stabilization", o.Flags.DownscaleStabilization,
		"stabilization window of the controller, where a scaler sets none")
	flags.Float64Var(&o.Flags.Tolerance, "tolerance", o.Flags.Tolerance, "tolerance of the controller, where a scaler sets none")
	flags.DurationVar(&o.Flags.CPUInitializationPeriod, "cpu-initialization-period", o.Flags.CPUInitializationPeriod,
		"how long the controller treats the CPU of new pods with care")
	flags.DurationVar(&o.Flags.InitialReadinessDelay, "initial-readiness-delay", o.Flags.InitialReadinessDelay,
		"how long after its start an unready pod counts as never ready")
	flags.DurationVar(&o.Resolution, "metrics-resolution", o.Resolution, "how often metrics-server measures")
	cmd.Flags().AddFlagSet(flags)
}

// withoutLoad returns an error about the flags that have no effect without a load.
func (f *simulateFlags) withoutLoad() (err error) {
	f.own.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed && err == nil {
			err = fmt.Errorf("--%s is about simulations, which --load asks for; add --load, or remove --%[1]s", flag.Name)
		}
	})
	return err
}

// namedLoad is a load for the scalers of a name, or for all if the name is empty.
type namedLoad struct {
	name string
	*load.Load
}

// options reads what flags say.
func (r *simulateRun) options() error {
	r.base = r.flags.options
	o := &r.base
	for _, q := range []struct {
		flag, text string
		to         *float64
	}{
		{"cpu", r.flags.cpu, &o.CPU},
		{"cpu-per-request", r.flags.cpuOfRequest, &o.CPUOfRequest},
		{"memory", r.flags.memory, &o.Memory},
		{"memory-per-request", r.flags.perMemory, &o.MemoryOfRequest},
	} {
		if q.text == "" {
			continue
		}
		v, err := resource.ParseQuantity(q.text)
		if err != nil || v.Sign() < 0 || !krm.IsBoundedQuantity(q.text) {
			return fmt.Errorf("--%s: %q is not a quantity of 0 or more, such as 10m or 200Mi", q.flag, q.text)
		}
		*q.to = v.AsApproximateFloat64()
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
		least time.Duration
	}{
		{"pod-start", o.PodStart, 0},
		{"app-start", o.AppStart, 0},
		{"sync-period", o.Flags.SyncPeriod, time.Second},
		{"downscale-stabilization", o.Flags.DownscaleStabilization, 0},
		{"metrics-resolution", o.Resolution, time.Second},
		{"cpu-initialization-period", o.Flags.CPUInitializationPeriod, 0},
		{"initial-readiness-delay", o.Flags.InitialReadinessDelay, 0},
	} {
		if d.value < d.least || d.value > 24*time.Hour {
			return fmt.Errorf("--%s: %s is not between %s and 24h", d.flag, d.value, simulate.Elapsed(d.least))
		}
	}
	if o.Replicas < 0 || !(o.Capacity >= 0) || !(o.Flags.Tolerance >= 0 && o.Flags.Tolerance <= 10) {
		return fmt.Errorf("--replicas, --capacity, and --tolerance cannot be negative, and --tolerance is at most 10")
	}
	o.PerRequest = map[string]float64{}
	for _, text := range r.flags.perRequest {
		name, value, ok := strings.Cut(text, "=")
		n, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(n >= 0 && n < 1e12) {
			return fmt.Errorf("--per-request: %q is not METRIC=NUMBER", text)
		}
		o.PerRequest[name] = n
	}
	return r.readLoads()
}

// readLoads reads the loads. Problems of files are reported.
func (r *simulateRun) readLoads() error {
	if len(r.flags.loads) == 0 {
		return fmt.Errorf("--load is missing; give a file, or a shape such as step:from=10,to=100")
	}
	var ps model.Problems
	for _, text := range r.flags.loads {
		name, rest, ok := strings.Cut(text, "=")
		if !ok || !check.HasKind(name) {
			name, rest = "", text
		}
		shape, _, _ := strings.Cut(rest, ":")
		var l *load.Load
		if slices.Contains(load.Shapes(), shape) {
			var err error
			if l, err = load.Shape(rest); err != nil {
				return fmt.Errorf("--load: %w", err)
			}
		} else {
			content, err := krm.ReadUpTo(rest, load.MaxSize)
			if err != nil {
				if _, stat := os.Stat(rest); stat != nil {
					return fmt.Errorf("--load: %s: %w; a shape is one of %s", rest, err, strings.Join(load.Shapes(), ", "))
				}
				return fmt.Errorf("--load: %s: %w", rest, err)
			}
			var more model.Problems
			l, more = load.Read(rest, content)
			ps.Add(more...)
		}
		r.loads = append(r.loads, namedLoad{name, l})
	}
	return report(r.stderr, ps)
}

// loadsOf returns the loads of a scaler: those with its name, else those for all.
func (r *simulateRun) loadsOf(s *check.Scaling) (own []*load.Load) {
	var all []*load.Load
	for _, l := range r.loads {
		switch {
		case l.name == "":
			all = append(all, l.Load)
		case isNamed(s, l.name):
			own = append(own, l.Load)
		}
	}
	if own == nil {
		return all
	}
	return own
}

// chosen returns the scalers that have a load and are named, if any are. Each has one load.
func (r *simulateRun) chosen(all []check.Scaling) (out []check.Scaling, ps model.Problems) {
	names := slices.Clone(r.flags.scalers)
	for _, l := range r.loads {
		if l.name != "" {
			names = append(names, l.name)
		}
	}
	var there []string
	for i := range all {
		there = append(there, scalerName(&all[i]))
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(s check.Scaling) bool { return isNamed(&s, name) }) {
			ps.Errorf(model.SimulateLoad, model.Place{}, "the input has no scaler %q%s", name, krm.DidYouMean(name, there))
		}
	}
	for i := range all {
		named := len(r.flags.scalers) == 0 ||
			slices.ContainsFunc(r.flags.scalers, func(name string) bool { return isNamed(&all[i], name) })
		switch loads := r.loadsOf(&all[i]); {
		case !named:
		case len(loads) == 1:
			out = append(out, all[i])
		case len(loads) > 1:
			ps.Errorf(model.SimulateLoad, all[i].Place, "has %d loads, the second of which is %s; set --load once for it",
				len(loads), loads[1].Name)
		case len(r.flags.scalers) > 0:
			ps.Errorf(model.SimulateLoad, all[i].Place, "has no load; add --load %s=FILE, or a load for all", scalerName(&all[i]))
		default:
			ps.Infof(model.SimulateLoad, all[i].Place, "has no load, so it is left out")
		}
	}
	if len(out) == 0 && !ps.HasErrors() {
		ps.Errorf(model.SimulateLoad, model.Place{}, "the input has no HorizontalPodAutoscaler and no ScaledObject to simulate")
	}
	return out, ps
}

// unused reports columns of loads, metrics of --per-request, and flags that are about nothing that scalers read.
func (r *simulateRun) unused(scalings []check.Scaling, used map[string]bool) (ps model.Problems) {
	for _, l := range r.loads {
		for _, s := range l.Series {
			if s.Name != load.Requests && !used[s.Name] {
				ps.Warnf(model.SimulateLoad, model.Place{File: l.Name}, "has a column %s that no scaler reads%s", s.Name,
					krm.DidYouMean(s.Name, sortedNames(used)))
			}
		}
	}
	cpu, memory := used[string(corev1.ResourceCPU)], used[string(corev1.ResourceMemory)]
	limited := slices.ContainsFunc(scalings, func(s check.Scaling) bool { return s.Workload != nil && s.Workload.CPULimit() > 0 })
	for _, f := range []struct {
		flag string
		idle bool
		what string
	}{
		{"cpu", r.flags.cpu != "" && !cpu && !limited, "reads cpu, and no pod has a CPU limit"},
		{"cpu-per-request", r.flags.cpuOfRequest != "" && !cpu && !limited, "reads cpu, and no pod has a CPU limit"},
		{"memory", r.flags.memory != "" && !memory, "reads memory"},
		{"memory-per-request", r.flags.perMemory != "" && !memory, "reads memory"},
		{"metrics-resolution", r.base.Resolution != simulate.DefaultOptions().Resolution && !cpu && !memory, "reads cpu or memory"},
	} {
		if f.idle {
			ps.Warnf(model.SimulateLoad, model.Place{}, "--%s has no effect: no scaler %s", f.flag, f.what)
		}
	}
	for _, name := range sortedNames(r.base.PerRequest) {
		if !used[name] {
			ps.Warnf(model.SimulateLoad, model.Place{}, "--per-request: no scaler reads the metric %s%s", name, krm.DidYouMean(name,
				sortedNames(used)))
		}
	}
	return ps
}
