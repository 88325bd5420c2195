package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaAuth(w *world, ps *model.Problems) {
	a := &credentials{graph: w.graph}
	used := map[*authentication]bool{}
	for _, k := range w.graph.KEDA {
		for i := range k.Triggers {
			t := trigger{k, &k.Triggers[i], k.MetricAt(i), i}
			found := a.find(t, ps)
			if found != nil && !used[found] {
				used[found] = true
				a.checkSecrets(found, ps)
			}
			if t.Type == keda.Prometheus || t.Type == keda.MetricsAPI {
				checkModes(t, found, ps)
			}
		}
	}
}

// authentication is a TriggerAuthentication or ClusterTriggerAuthentication.
type authentication struct {
	item *krm.Item
	spec keda.AuthenticationSpec
}

// credentials looks up authentications and Secrets.
type credentials struct {
	graph   *chain.Graph
	all     lookup.Lazy[map[string][]*authentication]
	secrets lookup.Lazy[map[string][]*krm.Item]
}

// authKinds are the kinds of authentications. The first is the default.
var authKinds = []string{keda.TriggerAuthenticationKind, keda.ClusterTriggerAuthenticationKind}

func (c *credentials) read() map[string][]*authentication {
	out := map[string][]*authentication{}
	for _, it := range c.graph.Items {
		o := it.Place.Object
		if model.Group(o.APIVersion) == keda.Group && slices.Contains(authKinds, o.Kind) {
			a := &authentication{item: it}
			krm.DecodeLast(it.Field("spec"), it.Place.Child("spec"), &a.spec)
			out[o.Name] = append(out[o.Name], a)
		}
	}
	return out
}

// find returns the authentication that a trigger refers to, nil if it refers to none or that is not in the input
// (pkg/scaling/resolver, getTriggerAuthSpec).
func (c *credentials) find(t trigger, ps *model.Problems) *authentication {
	ref := t.AuthenticationRef
	if ref == nil {
		return nil
	}
	at := t.at.Child("authenticationRef")
	kind := ref.Kind
	if kind == "" {
		kind = authKinds[0]
	}
	switch {
	case ref.Name == "":
		ps.Errorf(model.KEDAAuth, at.Child("name"), "is missing; set the name of a %s", kind)
		return nil
	case !slices.Contains(authKinds, kind):
		p := model.Problem{ID: model.KEDAAuth, Place: at.Child("kind"), Value: kind, Suggestion: krm.Suggest(kind, authKinds)}
		ps.Reportf(p, "%s is not one of %s", model.Quote(kind), lookup.OneOf(authKinds))
		return nil
	}
	own := t.of.Item.Place.Object.Namespace
	var elsewhere, otherKind *authentication
	for _, a := range c.all.Get(c.read)[ref.Name] {
		o := a.item.Place.Object
		near := o.Kind == authKinds[1] || lookup.CompareNamespaces(own, o.Namespace) != lookup.Different
		switch {
		case o.Kind == kind && near:
			return a
		case o.Kind == kind:
			elsewhere = a
		case near:
			otherKind = a
		}
	}
	p := model.Problem{ID: model.KEDAAuth, Place: at.Child("name"), Value: ref.Name}
	switch {
	case otherKind != nil:
		p.Place, p.Value, p.Suggestion = at.Child("kind"), ref.Kind, otherKind.item.Place.Object.Kind
		ps.Reportf(p, "refers to a %s, but %s is a %s; set kind: %s", kind, ref.Name, p.Suggestion, p.Suggestion)
	case elsewhere != nil:
		ps.Reportf(p, "%s is in another namespace, and KEDA looks for it in %s; move it there, or use a %s",
			elsewhere.item.Place.Object, t.of.Namespace(), authKinds[1])
	default:
		c.reportAbsent(t, kind, p, ps)
	}
	return nil
}

// reportAbsent reports an authentication that is not in the input, if a similar one is, or if the input is complete.
func (c *credentials) reportAbsent(t trigger, kind string, p model.Problem, ps *model.Problems) {
	var names []string
	for name, all := range c.all.Get(c.read) {
		if slices.ContainsFunc(all, func(a *authentication) bool {
			return a.item.Place.Object.Kind == kind && (kind == authKinds[1] || chain.MayShareNamespace(t.of.Item, a.item))
		}) {
			names = append(names, name)
		}
	}
	hint := krm.DidYouMean(p.Value, names)
	complete := c.graph.Complete && !t.of.Rendered && kind == authKinds[0]
	if hint == "" && !complete {
		return
	}
	if p.Suggestion = krm.Suggest(p.Value, names); !complete {
		p.Severity = model.Warning
	}
	ps.Reportf(p, "no %s in the input is named %s%s", kind, model.Quote(p.Value), hint)
}

// checkSecrets reports keys that a Secret in the input does not have. KEDA reads those of a ClusterTriggerAuthentication in its
// own namespace, which the input does not tell.
func (c *credentials) checkSecrets(a *authentication, ps *model.Problems) {
	for i, p := range a.spec.SecretTargetRef {
		at := a.item.Place.Child("spec").Child("secretTargetRef").Item(i)
		for _, s := range c.secrets.Get(c.readSecrets)[p.Name] {
			cluster := a.item.Place.Object.Kind == authKinds[1]
			if cluster || lookup.CompareNamespaces(a.item.Place.Object.Namespace, s.Place.Object.Namespace) != lookup.Same {
				continue
			}
			keys := slices.Concat(keysOf(s, "data"), keysOf(s, "stringData"))
			if len(keys) > 0 && !slices.Contains(keys, p.Key) {
				ps.Reportf(model.Problem{
					ID: model.KEDAAuth, Place: at.Child("key"), Value: p.Key, Suggestion: krm.Suggest(p.Key, keys),
				}, "%s has no key %s%s", s.Place.Object, model.Quote(p.Key), orKeys(p.Key, keys))
			}
		}
	}
}

// orKeys suggests a key, or lists all.
func orKeys(key string, keys []string) string {
	if hint := krm.DidYouMean(key, keys); hint != "" {
		return hint
	}
	return "; it has " + lookup.Join(lookup.Distinct(keys), " and ")
}

func (c *credentials) readSecrets() map[string][]*krm.Item {
	out := map[string][]*krm.Item{}
	for _, it := range c.graph.Items {
		if o := it.Place.Object; o.APIVersion == "v1" && o.Kind == "Secret" {
			out[o.Name] = append(out[o.Name], it)
		}
	}
	return out
}

func keysOf(it *krm.Item, field string) []string {
	var keys []string
	n := it.Field(field)
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		keys = append(keys, n.Content[i].Value)
	}
	return keys
}

// exclusive are modes of which a trigger can have one.
var exclusive = []string{"bearer", "basic", "oauth"}

// checkModes follows pkg/scalers/authentication, Config.Validate, and pkg/scalers/prometheus_scaler.go.
func checkModes(t trigger, a *authentication, ps *model.Problems) {
	modes, at := t.Modes(), t.key("authModes")
	if t.Value("authModes") == "" && t.Value("authMode") != "" {
		at = t.key("authMode")
	}
	text := strings.Join(modes, ",")
	p := model.Problem{ID: model.KEDAAuth, Place: at, Value: text}
	names, known := []string{}, t.AuthenticationRef == nil
	if a != nil {
		names, known = a.spec.Parameters()
	}
	if len(modes) == 0 {
		checkUnsent(t, a, names, ps)
		return
	}
	one := lookup.Except(exclusive, func(m string) bool { return !slices.Contains(modes, m) })
	switch {
	case len(one) > 1:
		ps.Reportf(p, "contains %s, and KEDA accepts only one of them", lookup.Join(one, " and "))
		return
	case a != nil && a.spec.HasIdentity():
		ps.Reportf(p, "is %s, but %s has a podIdentity, and KEDA rejects both; remove one", model.Quote(text), a.item.Place.Object)
		return
	}
	for _, m := range modes {
		switch {
		case !slices.Contains(keda.AuthModes(), m):
			ps.Reportf(model.Problem{ID: model.KEDAAuth, Place: at, Value: text, Suggestion: krm.Suggest(m, keda.AuthModes())},
				"%s is not one of %s", model.Quote(m), strings.Join(keda.AuthModes(), ", "))
		case slices.Contains(keda.RefusedModes(t.Type), m):
			ps.Reportf(p, "%s is not supported by %s", model.Quote(m), t.Type)
		default:
			if known {
				checkRequired(t, a, m, p, ps)
			}
			checkSent(t, m, p, ps)
		}
	}
	if t.Type == keda.Prometheus && slices.Contains(modes, "custom") && len(one) > 0 {
		p.Severity = model.Warning
		ps.Reportf(p, "is %s, of which KEDA sends only %s; use one", model.Quote(text), one[0])
	}
}

// checkRequired reports the first parameter that a mode requires and that nothing sets.
func checkRequired(t trigger, a *authentication, mode string, p model.Problem, ps *model.Problems) {
	var names []string
	if a != nil {
		names, _ = a.spec.Parameters()
	}
	for _, name := range keda.Requires(mode) {
		if slices.Contains(names, name) || name == "apiKey" && t.Value(name) != "" {
			continue
		}
		if a == nil {
			ps.Reportf(p, "is %s, which requires the parameter %s; add an authenticationRef to a TriggerAuthentication with it",
				model.Quote(mode), name)
			return
		}
		ps.Reportf(p, "is %s, which requires the parameter %s, but %s does not set it%s", model.Quote(mode), name, a.item.Place.Object,
			krm.DidYouMean(name, names))
		return
	}
}

// checkSent reports a mode whose credentials KEDA reads but never sends.
func checkSent(t trigger, mode string, p model.Problem, ps *model.Problems) {
	if slices.Contains(keda.IgnoredModes(t.Type), mode) {
		p.Severity = model.Warning
		ps.Reportf(p, "%s has no effect, because the prometheus trigger never sends it; use bearer, basic, custom, oauth, or tls", model.Quote(mode))
	}
}

// sent are parameters that are of use only with a mode.
var sent = []string{
	"bearerToken", "username", "password", "cert", "key", "ca", "customAuthHeader", "customAuthValue", "apiKey", "oauthTokenURI",
}

// checkUnsent reports credentials without a mode, which KEDA reads and does not use.
func checkUnsent(t trigger, a *authentication, names []string, ps *model.Problems) {
	if a == nil || slices.Contains(names, "authModes") || slices.Contains(names, "authMode") {
		return
	}
	unused := lookup.Except(sent, func(name string) bool { return !slices.Contains(names, name) })
	if len(unused) > 0 {
		ps.Warnf(model.KEDAAuth, t.key("authModes"), "is missing, so KEDA does not use %s of %s; set the mode, one of %s",
			lookup.Join(unused, " and "), a.item.Place.Object, strings.Join(keda.AuthModes(), ", "))
	}
}
