package swagger

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// methods are the names of the operations of a path item; query is new in OpenAPI 3.2.
var methods = []string{"get", "put", "post", "delete", "patch", "head", "options", "trace", "query"}

// pathItemFields are the other fields of a path item (https://spec.openapis.org/oas/v3.2.0#path-item-object).
var pathItemFields = []string{"$ref", "summary", "description", "servers", "parameters", "additionalOperations"}

func (r *reader) paths() {
	for _, m := range r.members(krm.Get(r.doc.root, "paths"), r.at.Child("paths")) {
		if strings.HasPrefix(m.key, "x-") {
			r.extension(m, inPaths)
		} else {
			r.doc.OperationCount += r.pathItem(m.value, m.at(), 0)
		}
	}
	at := r.at.At(r.doc.root.Line)
	switch {
	case r.doc.OperationCount == 0:
		r.problems.Warnf(model.SwaggerSpec, at, "has no operation; add one under paths")
	case r.covered || len(r.uncovered) == 0:
	case len(r.doc.Endpoints) == 0:
		r.problems.Warnf(model.SwaggerEndpoint, at, "has no endpoint; add %s, with urls, at the root", productionExtension)
	case len(r.uncovered) == 1:
		r.problems.Warnf(model.SwaggerEndpoint, r.uncovered[0].at(), "has no endpoint; add %s here or at the root",
			productionExtension)
	default:
		r.problems.Warnf(model.SwaggerEndpoint, r.uncovered[0].at(),
			"has no endpoint, like %d other operations; add %s here or at the root", len(r.uncovered)-1, productionExtension)
	}
}

// pathItem reads and counts the operations of a path item and of the path item that it refers to. If it has read a path item
// before, it only counts.
func (r *reader) pathItem(n *yaml.Node, at model.Place, hops int) int {
	if count, ok := r.items[n]; ok {
		return count
	}
	r.items[n] = 0
	r.servers(n)
	count := 0
	for _, m := range r.members(n, at) {
		switch {
		case m.key == "$ref":
			count += r.pathItemRef(m, hops)
		case slices.Contains(methods, m.key):
			if !krm.IsNull(m.value) {
				count++
				r.operation(m)
			}
		case strings.HasPrefix(m.key, "x-"):
			r.extension(m, onPath)
		case !slices.Contains(pathItemFields, m.key):
			r.unknownField(model.SwaggerSpec, m, slices.Concat(methods, pathItemFields))
		}
	}
	r.items[n] = count
	return count
}

// maxHops is the maximum number of references in a row.
const maxHops = 10

// pathItemRef reads the path item that a reference points to within the document.
func (r *reader) pathItemRef(m member, hops int) int {
	ref := r.str(m)
	if !strings.HasPrefix(ref, "#") {
		if ref != "" {
			r.problems.Warnf(model.SwaggerSpec, m.at(),
				"%q is in another file, which is not read: its operations and endpoints are ignored; copy them here", cut(ref))
		}
		return 0
	}
	target, at := r.tree.resolve(ref, r.at)
	switch {
	case target == nil:
		r.report(model.SwaggerSpec, m, "%q is not in the document", cut(ref))
		return 0
	case hops == maxHops:
		r.report(model.SwaggerSpec, m, "%q is reached over more than %d references; copy the path here", cut(ref), maxHops)
		return 0
	}
	return r.pathItem(target, at, hops+1)
}

func (r *reader) operation(op member) {
	has := false
	r.servers(op.value)
	for _, m := range r.members(op.value, op.at()) {
		switch m.key {
		case productionExtension:
			r.stage(m, Production)
			has = true
		case sandboxExtension:
			r.stage(m, Sandbox)
			has = true
		case "servers":
			has = true
		}
		r.extension(m, onOperation)
	}
	if !has {
		r.uncovered = append(r.uncovered, op)
	}
}
