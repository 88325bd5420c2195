package gen

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// rateLimitingSpec is the spec of a wso2.com/v1alpha1 RateLimiting (deploy/crds/wso2.com_ratelimitings_crd.yaml of the operator).
type rateLimitingSpec struct {
	Type             string       `json:"type"`
	TimeUnit         string       `json:"timeUnit"`
	UnitTime         int64        `json:"unitTime"`
	RequestCount     requestCount `json:"requestCount"`
	StopOnQuotaReach *bool        `json:"stopOnQuotaReach"`
	Description      rawNode      `json:"description"`
	Bandwidth        rawNode      `json:"bandwidth"`
	Conditions       rawNode      `json:"conditions"`
}

type requestCount struct {
	Limit int64 `json:"limit"`
}

// limits are the limits that were read, by the name of their tier.
type limits map[string]*haproxy.Limit

// unlimited is the tier without a limit.
const unlimited = "Unlimited"

// builtinTiers are the tiers that the micro-gateway has without a RateLimiting (distribution/resources/definitions/policies.yaml of
// product-microgateway 3.2), in requests per minute.
var builtinTiers = map[string]int64{"50kPerMin": 50000, "20kPerMin": 20000, "10kPerMin": 10000}

// limit returns the limit of the tier in the first of the extensions that is there; nil for none.
func (r *routeBuilder) limit(extensions map[string]string, at model.Place, names []string) *haproxy.Limit {
	for _, name := range names {
		text, has := extensions[name]
		if !has {
			continue
		}
		var tier string
		if err := json.Unmarshal([]byte(text), &tier); err != nil || tier == "" {
			r.ps.Errorf(model.SwaggerExtension, at.Child(name), "is not the name of a tier; use the name of a RateLimiting")
			return nil
		}
		return r.tier(tier, at.Child(name))
	}
	return nil
}

// tier finds the RateLimiting of a tier. The operator cut its name at the first dash (pkg/controller/ratelimiting of the operator).
func (r *routeBuilder) tier(tier string, at model.Place) *haproxy.Limit {
	if tier == unlimited {
		return nil
	}
	if l, known := r.limits[tier]; known {
		return l
	}
	if r.limits == nil {
		r.limits = limits{}
	}
	var out *haproxy.Limit
	it := r.items.find("RateLimiting", tier, r.in.referrer(), at, r.ps)
	for _, other := range r.items["RateLimiting|*"] {
		short, _, _ := strings.Cut(other.Ref().Name, "-")
		if it == nil && short == tier && model.NamespaceOf(other.Ref().Namespace) == model.NamespaceOf(r.ref.Namespace) {
			it = other
		}
	}
	n, builtin := builtinTiers[tier]
	switch {
	case it != nil:
		out = readLimit(it, r.ps)
	case builtin:
		out = &haproxy.Limit{Requests: n, Period: time.Minute}
	default:
		r.items.missing(reference{kind: "RateLimiting", name: tier, namespace: r.in.refs[0].Namespace}, at, r.ps)
	}
	r.limits[tier] = out
	return out
}

// timeUnits are the units of a RateLimiting. HAProxy cannot count in months and years.
var timeUnits = map[string]time.Duration{
	"sec": time.Second, "min": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

func readLimit(it *krm.Item, ps *model.Problems) *haproxy.Limit {
	var object customResource[rateLimitingSpec]
	ps.Add(it.Decode(&object)...)
	s, at := object.Spec, it.Place.Child("spec")
	unit, known := timeUnits[strings.TrimSuffix(strings.ToLower(s.TimeUnit), "s")]
	if !known {
		ps.Valuef(model.OutputUnsupported, at.Child("timeUnit"), s.TimeUnit, "is %q; use sec, min, hour, day, or week", s.TimeUnit)
		return nil
	}
	if s.UnitTime < 1 || s.UnitTime > int64(haproxy.MaxPeriod/unit) {
		ps.Valuef(model.InputValue, at.Child("unitTime"), strconv.FormatInt(s.UnitTime, 10),
			"is %d; use a number from 1 to %d", s.UnitTime, haproxy.MaxPeriod/unit)
		return nil
	}
	if s.RequestCount.Limit < 1 {
		ps.Valuef(model.InputValue, at.Child("requestCount").Child("limit"), strconv.FormatInt(s.RequestCount.Limit, 10),
			"is %d; use a number of at least 1", s.RequestCount.Limit)
		return nil
	}
	if s.StopOnQuotaReach != nil && !*s.StopOnQuotaReach {
		ps.Infof(model.InputIgnored, at.Child("stopOnQuotaReach"), "has no effect: requests above the limit are always rejected")
	}
	for field, n := range map[string]rawNode{"bandwidth": s.Bandwidth, "conditions": s.Conditions} {
		if n != nil {
			ps.Warnf(model.InputIgnored, at.Child(field), "has no effect: only requestCount limits requests")
		}
	}
	return &haproxy.Limit{Requests: s.RequestCount.Limit, Period: time.Duration(s.UnitTime) * unit}
}
