package swagger

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The extensions that are read.
const (
	basePathExtension   = "x-wso2-basePath"
	modeExtension       = "x-wso2-mode"
	endpointsExtension  = "x-wso2-endpoints"
	productionExtension = "x-wso2-production-endpoints"
	sandboxExtension    = "x-wso2-sandbox-endpoints"
)

// level is where in a document a key stands.
type level string

const (
	atRoot      level = "at the root"
	inInfo      level = "in info"
	inPaths     level = "in paths"
	onPath      level = "on a path"
	onOperation level = "on an operation"
)

// extensions has the levels at which an extension is read. The others have no effect on what is rendered: the gateway
// reads them (the constants of WSO2 microgateway 3.0 to 3.2 and of its successor, the catalog of the API Manager's
// vendor extensions), or, as the last ones, the documentation of the API Manager's own APIs.
var extensions = []struct {
	name   string
	levels []level
	where  string
}{
	{name: basePathExtension, levels: []level{atRoot}, where: "at the root"},
	{name: modeExtension, levels: []level{atRoot}, where: "at the root"},
	{name: endpointsExtension, levels: []level{atRoot}, where: "at the root"},
	{name: productionExtension, levels: []level{atRoot, onOperation}, where: "at the root or on each operation"},
	{name: sandboxExtension, levels: []level{atRoot, onOperation}, where: "at the root or on each operation"},
	{name: "x-wso2-api-key-header"},
	{name: "x-wso2-application-security"},
	{name: "x-wso2-auth-header"},
	{name: "x-wso2-cors"},
	{name: "x-wso2-disable-security"},
	{name: "x-wso2-http2-backend-enabled"},
	{name: "x-wso2-label"},
	{name: "x-wso2-mutual-ssl"},
	{name: "x-wso2-owner"},
	{name: "x-wso2-pass-request-payload-to-enforcer"},
	{name: "x-wso2-request-interceptor"},
	{name: "x-wso2-response-cache"},
	{name: "x-wso2-response-interceptor"},
	{name: "x-wso2-soap"},
	{name: "x-wso2-throttling-tier"},
	{name: "x-wso2-transports"},
	{name: "x-wso2-curl"},
	{name: "x-wso2-request"},
	{name: "x-wso2-response"},
	{name: "x-wso2-security"},
}

// prefix is how the names of all extensions of WSO2 begin.
const prefix = "x-wso2-"

// extension warns of an extension of WSO2 that nobody knows or that has no effect where it stands. The names are
// compared in their case, as the gateway does. Extensions of others are theirs.
func (r *reader) extension(m member, l level) {
	if !strings.HasPrefix(strings.ToLower(m.key), strings.TrimSuffix(prefix, "-")) {
		return
	}
	names := make([]string, len(extensions))
	for i, e := range extensions {
		if e.name == m.key {
			if e.levels != nil && !slices.Contains(e.levels, l) {
				r.problems.Warnf(model.SwaggerExtension, m.at(), "has no effect %s; set it %s", l, e.where)
			}
			return
		}
		names[i] = strings.TrimPrefix(e.name, prefix)
	}
	r.problems.Warnf(model.SwaggerExtension, m.at(), "unknown extension %q", cut(m.key))
	// Without their common beginning, because every letter of it would allow for another typing error.
	if name := krm.Suggest(strings.TrimPrefix(strings.ToLower(m.key), prefix), names); name != "" {
		suggest(&r.problems[len(r.problems)-1], prefix+name)
	}
}
