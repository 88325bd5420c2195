package hpa

import "github.com/krm-fn/krm-fn/pkg/model"

// readAll is Read with everything that is said about both kinds of workloads in one list.
func readAll(data map[string]string, at model.Place) (Policy, model.Problems) {
	p, ps := Read(data, at)
	for _, s := range []*Scaling{&p.Gateway, &p.Backend} {
		ps.Add(s.Assumed...)
		s.Assumed = nil
	}
	return p, ps
}
