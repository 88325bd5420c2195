package gen

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// noLimit is the value of maxBodyAnnotation by which an API has no limit.
const noLimit = "none"

// bodyLimit returns the maximum size of request bodies, 0 for none: that of the API, or of all APIs.
func (g *gatewayBuilder) bodyLimit() int64 {
	text, at := g.annotation(maxBodyAnnotation), model.Place{}
	if text != "" {
		at = annotation(g.in.item, maxBodyAnnotation)
	}
	switch {
	case text == "":
		return g.opts.gateway.maxBody
	case !g.kind.limitsBodies:
		g.ps.Warnf(model.InputIgnored, at, "has no effect with the gateway kind %s; only %s limits request bodies",
			g.kind.name, haproxyGateway.name)
		return 0
	case text == noLimit:
		return 0
	}
	return parseSize(text, at, ", or none", g.ps)
}

// parseSize reads a number of bytes. more is what the value can be besides.
func parseSize(text string, at model.Place, more string, ps *model.Problems) int64 {
	if krm.IsBoundedQuantity(text) {
		q, err := resource.ParseQuantity(text)
		if n := q.Value(); err == nil && n > 0 && q.CmpInt64(n) == 0 { // Value rounds up.
			return n
		}
	}
	ps.Valuef(model.InputValue, at, text, "%q is not a size; use a positive number of bytes with an optional unit, such as 512Ki or 10Mi%s",
		text, more)
	return 0
}

// reportBodyLimit reports the limit of all APIs if there are gateways that do not apply it.
func (b *builder) reportBodyLimit(kinds []*gatewayKind, ps *model.Problems) {
	if b.opts.gateway.maxBody == 0 {
		return
	}
	for _, k := range gatewayKinds {
		if !k.limitsBodies && slices.Contains(kinds, k) {
			ps.Warnf(model.InputIgnored, b.opts.gateway.at.Child("maxRequestBody"),
				"has no effect on APIs with the gateway kind %s; only %s limits request bodies", k.name, haproxyGateway.name)
		}
	}
}
