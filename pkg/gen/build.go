package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// decisions are what build decided about the items that were read. merge carries them out.
type decisions struct {
	// local are inputs and their configuration, which must not reach a cluster.
	local map[*krm.Item]bool
	// merged are the items whose rules are part of the output.
	merged map[*krm.Item]bool
	// checksums are the checksums of the rules that the pods of an item read.
	checksums map[*krm.Item]string
}

// builder resolves inputs. It owns everything that is read once for many inputs.
type builder struct {
	items index
	opts  options
	// accepted are the features in spec.gateway.accept that an API would lose.
	accepted     map[string]bool
	settings     *settingsReader
	policies     *policies
	requirements requirements
	// endpoints are the TargetEndpoints by their names.
	endpoints map[string]*endpoint
	adopter   *adopter
	// taken are scalers that are adopted because of a TargetEndpoint.
	taken map[*krm.Item]bool
}

// build follows every reference, applies every default, and checks every value. It does not change its input: it returns what
// it decides about an item.
func build(src source, opts options) (facts, decisions, model.Problems) {
	var ps model.Problems
	if len(src.apis) == 0 && len(src.endpoints) == 0 && !src.elsewhere && len(src.fragments) == 0 && !src.adopts {
		ps.Infof(model.InputReference, opts.place, "the input has no API, no TargetEndpoint of wso2.com/v1alpha1, and no "+
			"HorizontalPodAutoscaler with the annotation %s: %s; nothing is rendered", chainAnnotation, chainRendered)
	}
	b := builder{
		items: src.items, opts: opts, requirements: requirements{}, endpoints: map[string]*endpoint{}, accepted: map[string]bool{},
		settings: &settingsReader{src.items, map[settingsFiles]readResult[*settings]{}},
		adopter:  &adopter{src: &src}, taken: map[*krm.Item]bool{},
		policies: &policies{src.items, src.renamed, opts, map[*krm.Item]readResult[*hpa.Policy]{}, hpa.Defaults()},
	}
	for _, in := range src.endpoints {
		b.addEndpoint(in, &ps)
	}
	f := facts{gateways: make([]gateway, 0, len(src.apis))}
	d := decisions{local: map[*krm.Item]bool{}}
	kinds := b.kinds(src.apis, &ps)
	reportUnread(src.others, kinds, &ps)
	b.reportBodyLimit(kinds, &ps)
	documents := readDocuments(src.apis, kinds, src.items, opts)
	for i, in := range src.apis {
		g, files, more := b.gateway(in, kinds[i], documents[i])
		ps.Add(more...)
		f.gateways = append(f.gateways, g)
		d.keepLocal(files...)
		documents[i] = apiDocuments{}
	}
	b.reportNeedless(&ps)
	f.backends = b.backends(&ps)
	f.adopted = b.adoptScalers(&ps)
	checkHosts(f, &ps)
	d.keepLocal(src.inputs...)
	for files := range b.settings.known {
		d.keepLocal(files[:]...)
	}
	d.keepLocal(slices.Collect(maps.Keys(b.policies.known))...)
	f.adapter, d.merged, d.checksums = buildAdapter(&src, f, d.local, b.opts, &ps)
	return f, d, ps
}

func (d *decisions) keepLocal(items ...*krm.Item) {
	for _, it := range items {
		d.local[it] = true
	}
}

func (b *builder) addEndpoint(in endpointInput, ps *model.Problems) {
	out, more := b.backend(in)
	ps.Add(more...)
	at := in.item.Place.Child("spec").Child("mode")
	mode := parseMode(in.spec.Mode, []string{string(model.PrivateJet), string(model.Sidecar)}, at, ps)
	b.endpoints[in.item.Ref().String()] = &endpoint{backend: out, input: in, mode: mode}
}

// backends returns the backends to render, sorted by name. All users of the backends must be known.
func (b *builder) backends(ps *model.Problems) []backend {
	all := make([]backend, 0, len(b.endpoints))
	for _, name := range slices.Sorted(maps.Keys(b.endpoints)) {
		e := b.endpoints[name]
		if e.input.elsewhere || e.resolveMode(ps) != model.PrivateJet {
			continue
		}
		p := provisions[slices.IndexFunc(provisions, func(p *provision) bool { return p.applies(b, e) })]
		p.build(b, e, ps)
		if len(p.outputs) > 0 {
			e.backend.provision = p
			all = append(all, e.backend)
		}
	}
	return all
}

// endpoint is a backend with its users.
type endpoint struct {
	backend backend
	input   endpointInput
	// mode is the mode that the TargetEndpoint sets, or "".
	mode model.Mode
	// users are the APIs that use it, by their mode, in order.
	users map[model.Mode][]string
}

func (e *endpoint) use(mode model.Mode, api model.Object) {
	if e.users == nil {
		e.users = map[model.Mode][]string{}
	}
	if s := api.String(); !slices.Contains(e.users[mode], s) {
		e.users[mode] = append(e.users[mode], s)
	}
}

// resolveMode decides in which mode a TargetEndpoint runs, from its own setting and from the APIs that use it.
func (e *endpoint) resolveMode(ps *model.Problems) model.Mode {
	at := e.input.item.Place.Child("spec").Child("mode")
	sidecar, jet := e.users[model.Sidecar], e.users[model.PrivateJet]
	mode := e.mode
	switch {
	case mode == model.Serverless:
		ps.Valuef(model.OutputUnsupported, at, string(mode),
			"Knative Services are not rendered; add one to the package yourself, and use its URL in the OpenAPI document")
		return mode
	case mode == model.Shared:
		ps.Valuef(model.InputValue, at, string(mode), "shared is a mode of APIs; use privateJet or sidecar")
		return mode
	case mode == "" && len(sidecar) > 0:
		mode = model.Sidecar
	case mode == "":
		mode = model.PrivateJet
	}
	switch {
	case mode == model.Sidecar && len(jet) > 0:
		of := ""
		if len(sidecar) > 0 {
			of = " of " + strings.Join(sidecar, " and ")
		}
		ps.Errorf(model.BackendMode, at, "runs as a sidecar%s, but %s %s it as a private jet; use one mode, or two TargetEndpoints",
			of, strings.Join(jet, " and "), plural(jet, "calls", "call"))
	case mode == model.PrivateJet && len(sidecar) > 0:
		ps.Errorf(model.BackendMode, at, "is a private jet, but %s %s it as a sidecar; use one mode, or two TargetEndpoints",
			strings.Join(sidecar, " and "), plural(sidecar, "runs", "run"))
	case mode == model.Sidecar && len(sidecar) == 0:
		ps.Warnf(model.BackendMode, at, "is a sidecar, but no API in sidecar mode refers to it; nothing is rendered for it")
	}
	if mode == model.Sidecar {
		e.reportUnused(ps)
	}
	return mode
}

// reportUnused reports settings that have no effect on a sidecar, because it does not have its own Deployment or
// HorizontalPodAutoscaler.
func (e *endpoint) reportUnused(ps *model.Problems) {
	d, at := e.input.spec.Deploy, e.input.item.Place.Child("spec").Child("deploy")
	for _, f := range []struct {
		field string
		n     *int32
	}{{"minReplicas", d.MinReplicas}, {"maxReplicas", d.MaxReplicas}} {
		if f.n != nil {
			ps.Infof(model.InputIgnored, at.Child(f.field), "has no effect on a sidecar, which scales with its gateway")
		}
	}
	for _, name := range []string{hpaConfigsAnnotation, SelectorAnnotation} {
		if _, ok := e.input.item.Annotations[name]; ok {
			ps.Infof(model.InputIgnored, annotation(e.input.item, name),
				"has no effect on a sidecar, which has the Deployment of its gateway; set it on the API")
		}
	}
}

func plural(list []string, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

// checkHosts reports a path that the Ingresses or HTTPRoutes of two APIs have on the same host: one of them would receive all
// requests.
func checkHosts(f facts, ps *model.Problems) {
	first := map[string]*gateway{}
	check := func(g *gateway, kind, host, path string) {
		url := kind + " " + host + path
		other := first[url]
		if other == nil || other.ref == g.ref {
			first[url] = g
			return
		}
		if host == "" {
			host = "all hosts"
		}
		ps.Errorf(model.SwaggerBasePath, g.place, "the %s has the path %s on %s, as the %s of %s does; give each API its own path",
			kind, path, host, kind, other.place.Object)
	}
	for i := range f.gateways {
		g := &f.gateways[i]
		if g.ingress != nil {
			for _, path := range g.ingress.paths {
				check(g, "Ingress", g.ingress.host, path)
			}
		}
		if g.routes == nil {
			continue
		}
		for _, path := range g.routes.paths {
			for _, host := range g.routes.hostnames {
				check(g, "HTTPRoute", string(host), path)
			}
			if len(g.routes.hostnames) == 0 {
				check(g, "HTTPRoute", "", path)
			}
		}
	}
}

// parseMode reads a mode where only some modes are valid.
func parseMode(s string, modes []string, at model.Place, ps *model.Problems) model.Mode {
	m, ok := model.ParseMode(s)
	if !ok {
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: s, Suggestion: krm.Suggest(s, modes),
			Message: fmt.Sprintf("%q is not a valid mode; use %s%s", s, strings.Join(modes, " or "), krm.DidYouMean(s, modes)),
		})
	}
	return m
}
