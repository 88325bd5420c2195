package gen

import "github.com/krm-fn/krm-fn/pkg/model"

// provision is a way in which a backend in private jet mode gets its pods. Everything that is specific to one way is in its
// row.
type provision struct {
	// applies reports whether a backend is provided in this way.
	applies func(*builder, *endpoint) bool
	// build resolves the rest of the backend.
	build func(*builder, *endpoint, *model.Problems)
	// outputs are the objects of the backend, in the order of output.
	outputs []output
}

// provisions has a row for each way. The first that applies is used; the last always applies. To add a way,
// define it in its own file, and add it before the last row.
var provisions = []*provision{
	{ // krm-fn renders it.
		applies: func(_ *builder, e *endpoint) bool { return e.backend.image != "" },
		build:   (*builder).jet,
		outputs: outputs,
	},
	{ // Another object of the input creates the pods.
		applies: func(b *builder, e *endpoint) bool { return b.adoptable(e) != nil },
		build:   (*builder).adopt,
		outputs: adoptedOutputs,
	},
	{ // It already exists.
		applies: func(*builder, *endpoint) bool { return true },
		build: func(_ *builder, e *endpoint, ps *model.Problems) {
			if len(e.users[model.Sidecar]) == 0 {
				ps.Infof(model.BackendImage, e.input.item.Place.Child("spec").Child("deploy").Child("dockerImage"),
					"is missing, so nothing is rendered for this backend; its Service must exist")
			}
		},
	},
}
