package gen

import (
	"sync"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// origins finds the input of a rendered object, for messages. It prepares nothing before the first call.
func origins(f facts, opts options, objects []object) func(model.Object) (model.Place, bool) {
	places := sync.OnceValue(func() map[model.Object]model.Place {
		inputs := make(map[*origin]model.Place, len(f.gateways)+len(f.backends))
		for i := range f.gateways {
			inputs[&f.gateways[i].origin] = f.gateways[i].place
		}
		for i := range f.backends {
			inputs[&f.backends[i].origin] = f.backends[i].place
		}
		places := make(map[model.Object]model.Place, len(objects))
		for _, o := range objects {
			from, ok := inputs[o.origin]
			if !ok { // The rules of the adapter come from everywhere.
				from = opts.place
			}
			places[o.id()] = from
		}
		return places
	})
	return func(o model.Object) (from model.Place, rendered bool) {
		from, rendered = places()[o]
		return from, rendered
	}
}
