package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// assigner assigns the problems of a run to chains.
type assigner struct {
	*world
	problems model.Problems
	// used tells which of the problems are in a chain.
	used []bool
	// of are the numbers of the problems of an object, configs those of the configurations of adapters, and adapters those
	// of the adapters themselves and of their APIs, which every metric that they serve has.
	of                map[model.Place][]int
	configs, adapters []int
	// numbers are those of the problems without their severities.
	numbers map[model.Problem]int
	// misses finds the monitor that was meant for pods that none reaches.
	misses finder
}

func newAssigner(w *world, ps model.Problems) *assigner {
	out := &assigner{world: w, problems: ps, used: make([]bool, len(ps))}
	out.of, out.numbers = map[model.Place][]int{}, map[model.Problem]int{}
	out.misses.graph = w.graph
	configs, adapters := map[model.Place]bool{}, map[model.Place]bool{}
	for _, c := range w.setup.Configs {
		for _, p := range c.Problems {
			configs[fields(p.Place)[0]] = true
		}
	}
	for _, a := range w.setup.Instances {
		adapters[fields(a.Workload.Item.Place)[0]] = true
	}
	for i, p := range ps {
		at := fields(p.Place)[0]
		out.of[at] = append(out.of[at], i)
		p.Severity = ""
		out.numbers[p] = i
		switch {
		case configs[at]:
			out.configs = append(out.configs, i)
		case adapters[at] || p.ID == model.APIService:
			out.adapters = append(out.adapters, i)
		}
	}
	return out
}

// assign adds the problems of a scaler to its chain: those of the objects in the chain, and the errors of those that ought to be.
func (a *assigner) assign(s *chain.Scaler, links *Link) {
	// owned tells of each candidate whether an error belongs to the chain if none of the links has its place.
	owned := map[int]bool{}
	add := func(numbers []int, own bool) {
		for _, i := range firstOf(numbers) {
			owned[i] = owned[i] || own
		}
	}
	links.Walk(func(l *Link, _ int) {
		if l.Place.Object.Name != "" {
			add(a.of[fields(l.Place)[0]], false)
		}
	})
	if s.Target != nil && links.find(func(l *Link) bool { return l.Role == "monitor" }) != nil {
		for _, at := range a.scraping(s.Target) {
			add(a.of[fields(at)[0]], true)
		}
		for _, i := range a.assignUnused(s.Target, links) {
			delete(owned, i)
		}
	}
	if links.find(func(l *Link) bool { return l.Role == "rule" }) != nil {
		add(a.adapters, true)
	}
	if links.missing("rule") != nil {
		add(a.configs, true)
	}
	for _, i := range slices.Sorted(maps.Keys(owned)) {
		if links.attach(a.problems[i], owned[i]) {
			a.used[i] = true
		}
	}
}

// assignUnused adds to the links of monitors why no Prometheus finds targets of them, and returns the numbers of these problems.
func (a *assigner) assignUnused(wl *chain.Workload, links *Link) []int {
	var numbers []int
	for _, path := range firstOf(wl.Scrapes()) {
		l := links.nearest(path.At())
		for _, p := range unused(a.graph, path.Monitor) {
			p.Severity = ""
			if i, ok := a.numbers[p]; ok && l != nil && !slices.Contains(l.Problems, a.problems[i]) {
				l.Problems.Add(a.problems[i])
				a.used[i] = true
				numbers = append(numbers, i)
			}
		}
	}
	return numbers
}

// scraping returns the places of the objects that lead Prometheus to pods, or that were meant to.
func (a *assigner) scraping(wl *chain.Workload) []model.Place {
	var places []model.Place
	for _, r := range a.graph.Routes(wl) {
		places = append(places, r.Monitor.Item.Place)
		if r.Service != nil {
			places = append(places, r.Service.Item.Place)
		}
	}
	if len(places) == 0 {
		if miss := a.misses.nearest(wl); miss != nil {
			places = append(places, miss.at)
		}
	}
	return places
}

// rest returns the problems that no chain has.
func (a *assigner) rest() model.Problems {
	var out model.Problems
	for i, p := range a.problems {
		if !a.used[i] {
			out.Add(p)
		}
	}
	return out
}

// attach adds a problem to the link whose place contains that of the problem. Other errors are added if they are owned: to a link
// with the object, or to the missing rule or monitor, else to l. It reports whether the problem was added.
func (l *Link) attach(p model.Problem, owned bool) bool {
	best := l.nearest(p.Place)
	if best == nil && (p.Severity != model.Error || !owned) {
		return false // It is about other chains.
	}
	if best == nil {
		best = l.find(func(c *Link) bool { return c.Place.Object.Name != "" && fields(c.Place)[0] == fields(p.Place)[0] })
	}
	if best == nil {
		best = l.missing(map[bool]string{true: "monitor", false: "rule"}[strings.HasPrefix(string(p.ID), "scrape/")])
	}
	cmp.Or(best, l).Problems.Add(p)
	return true
}

// nearest returns the link with the longest place that contains at, or nil.
func (l *Link) nearest(at model.Place) *Link {
	var best *Link
	p := l.Place
	if p.Object == at.Object && at.Object.Name != "" && p.File == at.File && strings.HasPrefix(at.Field, p.Field) {
		best = l
	}
	for _, c := range l.Links {
		if b := c.nearest(at); b != nil && (best == nil || len(b.Place.Field) > len(best.Place.Field)) {
			best = b
		}
	}
	return best
}

// missing returns the first link of a role that has no object, or nil.
func (l *Link) missing(role string) *Link {
	return l.find(func(c *Link) bool { return c.Role == role && c.Place.Object.Name == "" })
}

// find returns the first link below l for which f is true, or nil.
func (l *Link) find(f func(*Link) bool) *Link {
	for _, c := range l.Links {
		if f(c) {
			return c
		}
		if m := c.find(f); m != nil {
			return m
		}
	}
	return nil
}

// Walk calls f for the link and all below it, parents first. The depth of l is 0.
func (l *Link) Walk(f func(l *Link, depth int)) {
	f(l, 0)
	for _, c := range l.Links {
		c.Walk(func(below *Link, depth int) { f(below, depth+1) })
	}
}

// Locate sets the position of each link of chains, and of the problems of each.
func Locate(chains []*Link, in krm.Sources) {
	positions := map[model.Place][]*model.Source{}
	var places model.Problems
	add := func(at model.Place, position *model.Source) {
		if positions[at] == nil {
			places.Add(model.Problem{Place: at})
		}
		positions[at] = append(positions[at], position)
	}
	for _, root := range chains {
		root.Walk(func(l *Link, _ int) {
			if l.Place.Object.Name != "" {
				add(l.Place, &l.Source)
			}
			for i := range l.Problems {
				add(l.Problems[i].Place, &l.Problems[i].Source)
			}
		})
	}
	// Sources locates no more at once.
	const most = 3000
	for part := range slices.Chunk(places, most) {
		in.Locate(part)
	}
	for _, p := range places {
		for _, position := range positions[p.Place] {
			*position = p.Source
		}
	}
}

// Problematic returns the problems of the link and all below it, without duplicates.
func (l *Link) Problematic() model.Problems {
	var all model.Problems
	l.Walk(func(l *Link, _ int) { all = slices.Concat(all, l.Problems) })
	return all.Sorted()
}
