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

// level is the part of a document that contains a key.
type level string

const (
	atRoot      level = "at the root"
	inInfo      level = "in info"
	inPaths     level = "in paths"
	onPath      level = "on a path"
	onOperation level = "on an operation"
)

// extensions has the extensions that are read at the root, and whether they are also read on operations.
var extensions = map[string]bool{
	basePathExtension: false, modeExtension: false, endpointsExtension: false, productionExtension: true, sandboxExtension: true,
}

// otherExtensions have no effect on the output, and are here without their prefix. The gateway reads them (the constants of WSO2
// microgateway 3.0 to 3.2 and of its successor, and the catalog of the API Manager's vendor extensions), or the documentation of
// the API Manager's own APIs does (the last four).
var otherExtensions = []string{
	"api-key-header", "application-security", "auth-header", "cors", "disable-security", "http2-backend-enabled", "label",
	"mutual-ssl", "owner", "pass-request-payload-to-enforcer", "request-interceptor", "response-cache", "response-interceptor", "soap",
	"throttling-tier", "transports", "curl", "request", "response", "security",
}

// prefix begins the names of all WSO2 extensions.
const prefix = "x-wso2-"

// extension warns of a WSO2 extension that is unknown or has no effect in its place. The names are case-sensitive, as for the
// gateway. Other extensions are ignored.
func (r *reader) extension(m member, l level) {
	if !strings.HasPrefix(strings.ToLower(m.key), strings.TrimSuffix(prefix, "-")) {
		return
	}
	name, ok := strings.CutPrefix(m.key, prefix)
	if ok && slices.Contains(otherExtensions, name) {
		return
	}
	if onOperations, known := extensions[m.key]; known {
		where := "at the root"
		if onOperations {
			where = "at the root or on each operation"
		}
		if l != atRoot && (l != onOperation || !onOperations) {
			r.problems.Warnf(model.SwaggerExtension, m.at(), "has no effect %s; set it %s", l, where)
		}
		return
	}
	names := slices.Clone(otherExtensions)
	for name := range extensions {
		names = append(names, strings.TrimPrefix(name, prefix))
	}
	r.problems.Warnf(model.SwaggerExtension, m.at(), "unknown extension %q", cut(m.key))
	// Suggest compares the names without the common prefix, because every letter of it would allow another typo.
	if name := krm.Suggest(strings.TrimPrefix(strings.ToLower(m.key), prefix), names); name != "" {
		suggest(r.last(), prefix+name)
	}
}
