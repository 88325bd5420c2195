package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// gatewaySpec is spec.gateway of a RenderAPIs.
type gatewaySpec struct {
	// Kind is the gateway kind of APIs without an annotation of their own.
	Kind string `json:"kind"`
	// Image is the image of HAProxy.
	Image string `json:"image"`
	// TLSSecret names the Secret with the certificate of HAProxy, in the namespace of each API.
	TLSSecret string `json:"tlsSecret"`
	// MaxRequestBody is the maximum size of request bodies.
	MaxRequestBody rawNode `json:"maxRequestBody"`
	// Accept names features of documents that the gateway does not support, and that may be lost.
	Accept []string `json:"accept"`
	// ParentRefs and Hostnames are those of HTTPRoutes.
	ParentRefs []parentRef `json:"parentRefs"`
	Hostnames  []string    `json:"hostnames"`
}

// gatewayOptions are the settings of gateways.
type gatewayOptions struct {
	// kind is nil if it depends on the API.
	kind             *gatewayKind
	image, tlsSecret string
	// maxBody is the maximum size of request bodies in bytes; 0 for none.
	maxBody int64
	accept  []string
	// parents and hostnames are those of HTTPRoutes.
	parents   []gatewayv1.ParentReference
	hostnames []string
	domain    string
	families  []haproxy.Family
	// at is the place of spec.gateway.
	at model.Place
}

func defaultGateway() gatewayOptions {
	return gatewayOptions{domain: "cluster.local", families: []haproxy.Family{haproxy.IPv4}}
}

func (o *gatewayOptions) set(spec renderAPIsSpec, at model.Place, ps *model.Problems) {
	o.at = at.Child("gateway")
	o.kind = kindNamed(spec.Gateway.Kind, o.at.Child("kind"), ps)
	o.image, o.tlsSecret, o.accept = strings.TrimSpace(spec.Gateway.Image), spec.Gateway.TLSSecret, spec.Gateway.Accept
	if n := spec.Gateway.MaxRequestBody; !krm.IsNull(n) {
		o.maxBody = parseSize(n.Value, o.at.Child("maxRequestBody"), "", ps)
	}
	o.setRoutes(spec.Gateway, ps)
	if o.image != "" {
		checkImage(o.image, model.GatewayImage, o.at.Child("image"), ps)
	}
	if d := spec.ClusterDomain; d != "" {
		if o.domain = d; !haproxy.IsHost(d) {
			ps.Valuef(model.InputName, at.Child("clusterDomain"), d, "%q is not a domain; use one such as cluster.local", d)
		}
	}
	if len(spec.IPFamilies) > 0 {
		o.families = nil
	}
	for i, f := range spec.IPFamilies {
		o.families = append(o.families, haproxy.Family(f))
		if f != string(haproxy.IPv4) && f != string(haproxy.IPv6) || slices.Contains(spec.IPFamilies[:i], f) {
			ps.Valuef(model.InputValue, at.Child("ipFamilies").Item(i), f, "is %q; use IPv4 and IPv6, each at most once", f)
		}
	}
}

// kindNamed returns the gateway kind with a name; nil for "".
func kindNamed(name string, at model.Place, ps *model.Problems) *gatewayKind {
	var names []string
	for _, k := range gatewayKinds {
		if k.name == name {
			return k
		}
		names = append(names, k.name)
	}
	if name != "" {
		ps.Add(model.Problem{
			ID: model.InputValue, Severity: model.Error, Place: at, Value: name, Suggestion: krm.Suggest(name, names),
			Message: fmt.Sprintf("%q is not a gateway kind; use %s%s", name, strings.Join(names, ", "), krm.DidYouMean(name, names)),
		})
	}
	return nil
}

// kinds returns the gateway kind of each API: the one that it asks for, or the micro-gateway if there is an image of it, or
// HAProxy, which anybody can run. It also sets the formulas of the metrics that these gateways serve.
func (b *builder) kinds(apis []apiInput, ps *model.Problems) []*gatewayKind {
	all, profiles := make([]*gatewayKind, len(apis)), map[string]hpa.Formula{}
	for i, in := range apis {
		kind := b.opts.gateway.kind
		if !in.short {
			if own := kindNamed(in.item.Annotations[gatewayAnnotation], annotation(in.item, gatewayAnnotation), ps); own != nil {
				kind = own
			}
		}
		if kind == nil {
			kind = &haproxyGateway
			hasImage := in.spec.Image != "" || !in.short && in.item.Field("spec", "image") != nil // It can have the wrong type.
			if hasImage || b.settings.read(in.referrer(), &model.Problems{}).repository != "" {
				kind = &microGateway
			}
		}
		all[i] = kind
		for metric, formula := range kind.profile {
			if _, taken := profiles[metric]; !taken {
				profiles[metric] = formula
			}
		}
	}
	b.opts.adapter.formulas.Profiles = profiles
	return all
}

// reportNeedless reports features in spec.gateway.accept that no API would lose.
func (b *builder) reportNeedless(ps *model.Problems) {
	for i, feature := range b.opts.gateway.accept {
		if !b.accepted[feature] {
			ps.Warnf(model.InputIgnored, b.opts.gateway.at.Child("accept").Item(i),
				"%q has no effect: no API would lose it; use the names in the messages of a run without spec.gateway.accept", feature)
		}
	}
}

// reportUnread reports objects that no gateway of the run reads.
func reportUnread(objects []*krm.Item, kinds []*gatewayKind, ps *model.Problems) {
	for _, it := range objects {
		reasons := map[string]bool{}
		for _, k := range kinds {
			reasons[k.ignores[it.Place.Object.Kind]] = true
		}
		if len(kinds) > 0 && !reasons[""] {
			ps.Warnf(model.InputIgnored, it.Place, "has no effect: %s", strings.Join(slices.Sorted(maps.Keys(reasons)), "; "))
		}
	}
}
