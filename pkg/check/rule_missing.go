package check

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func ruleMissing(w *world, ps *model.Problems) {
	for _, d := range w.demands.All() {
		other := w.graph.APIs.ServedByOther(d.Group())
		switch {
		case d.ForAdapter():
			checkServed(w, d, ps)
		case other:
			checkTaken(w, d, ps)
		case d.Unserved() && !d.External():
			ps.Warnf(model.RuleMissing, d.At(), "requests %s, but the adapter configuration in the input has no rules for %s, so "+
				"another adapter must serve it; add a rule if there is none", d.What(), d.Group())
		}
	}
}

// checkServed reports a metric that no rule serves.
func checkServed(w *world, d *demand.Demand, ps *model.Problems) {
	if d.Problem != "" {
		ps.Errorf(model.RuleMissing, d.At().Child("object").Child("describedObject"), "%s; the HPA cannot request the metric", d.Problem)
		return
	}
	all := d.Used()
	if len(all) == 0 {
		ps.Errorf(model.RuleMissing, d.At(), "requests %s, which no adapter rule serves%s", d.What(), d.Suggestion())
		return
	}
	checkRegistered(w, d, ps)
	checkGuess(d, all, ps)
	if o := d.Effective(); o != nil {
		checkDroppedSeries(d, o, ps)
	}
}

// checkTaken reports a metric that a rule serves although every APIService in the input gives the API to another program.
func checkTaken(w *world, d *demand.Demand, ps *model.Problems) {
	o := d.Effective()
	if o == nil || !o.Specific() || !d.FromAdapter() {
		return
	}
	apis := w.graph.APIs.Of(d.Group())
	if slices.ContainsFunc(apis, func(a *chain.APIService) bool { return !a.IsOther() }) {
		return
	}
	ps.Errorf(model.RuleMissing, d.At(),
		"requests %s, which %s serves, but %s gives %s to Service %s, so the adapter is never asked; only one program can serve an API",
		d.What(), o.Rule, apis[0].Item.Place.Object, d.Group(), apis[0].Service.Name)
}

// checkRegistered reports an API group that no APIService registers, although one registers another group for the adapter.
func checkRegistered(w *world, d *demand.Demand, ps *model.Problems) {
	group := d.Group()
	if len(w.setup.Instances) == 0 || len(w.graph.APIs.Of(group)) > 0 {
		return
	}
	if r := w.setup.Registration(); r.Group != "" {
		ps.Warnf(model.RuleMissing, d.At(), "requests %s, but no APIService in the input registers %s, while one registers %s; "+
			"add one for v1beta1.%s and Service %s", d.What(), group, r.Group, group, r.Service)
	}
}

// checkGuess reports a rate that a general rule serves only from a series of the same name, although it makes a rate of the
// counter under another name.
func checkGuess(d *demand.Demand, all []*demand.Offer, ps *model.Problems) {
	byItself := func(o *demand.Offer) bool { return slices.Contains(o.Series, d.Metric) }
	meant := func(o *demand.Offer) bool {
		return o.Specific() ||
			slices.ContainsFunc(o.Series, func(name string) bool { return slices.Contains(adapter.Counters(d.Metric), name) })
	}
	if !adapter.RateSuffix().MatchString(d.Metric) || slices.ContainsFunc(all, meant) ||
		!slices.ContainsFunc(all, byItself) || slices.Contains(d.KnownSeries(), d.Metric) {
		return
	}
	counter := adapter.Counters(d.Metric)[0]
	for _, r := range all[0].Siblings() {
		if r.Namer == nil || !r.Accepts(counter) {
			continue
		}
		if name := r.MetricOf(counter); name != d.Metric {
			ps.Warnf(model.RuleMissing, d.At(),
				"requests %s, which is served only if there is a series of exactly that name; %s serves %s as "+
					"%q; did you mean that?",
				d.What(), r, counter, name)
			return
		}
	}
}

// checkDroppedSeries reports series that all monitors of the pods drop.
func checkDroppedSeries(d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	if len(d.Paths()) == 0 || len(o.Names()) == 0 || slices.ContainsFunc(o.Series, d.FromExporter) {
		return
	}
	for _, name := range o.Series {
		for _, from := range d.Origins() {
			if _, kept := from.Value(name, ""); kept || from.Opaque {
				return
			}
		}
	}
	from := d.Paths()[0]
	ps.Errorf(model.RuleMissing, d.At(),
		"requests %s, but its series %s is dropped by the metricRelabelings of %s", d.What(), o.Series[0],
		from.Monitor.Item.Place.Object)
}
