package truth

import (
	"fmt"
	"slices"
	"strings"
)

// An Outcome is what a cluster does with manifests.
type Outcome string

const (
	// Reads means that the HorizontalPodAutoscaler reads all its metrics, and they are right.
	Reads Outcome = "reads"
	// Misreads means that it reads all its metrics, but a value that differs from the value of the pods.
	Misreads Outcome = "reads a different value"
	// Unknown means that it does not read all its metrics, and says why in its conditions or events.
	Unknown Outcome = "<unknown>"
	// Refused means that the API server rejects the manifests.
	Refused Outcome = "rejected"
	// RejectedByWebhook means that the API server would accept them, but the admission webhook of KEDA does not.
	RejectedByWebhook Outcome = "rejected by the webhook"
	// NotReady means that KEDA's operator makes no HorizontalPodAutoscaler, and says why in the condition Ready.
	NotReady Outcome = "not ready"
	// Paused means that the operator makes none because it is told to.
	Paused Outcome = "paused"
)

// A Case is one change of the valid manifests.
type Case struct {
	// Name is also that of its namespace.
	Name string
	// Change says in words what Edits do.
	Change string
	// Edits change the manifests of the backend and, where they name an object of the stack, those.
	Edits []Edit
	// Errors are the IDs of the errors that krm-fn check finds, in their order; Warnings those of the warnings.
	Errors, Warnings []string
	Cluster          Outcome
	// Blind says why krm-fn check cannot know, if it does not agree with the cluster.
	Blind string
}

// An Edit is a change of the text of one object. It must change something, and leave no choice.
type Edit struct {
	// Object is KIND, of the backend's objects and the adapter's ConfigMap, or KIND/NAME, of the stack's. Without it, New is one
	// more object.
	Object string
	// Old occurs once in the object; New replaces it. Without Old, New replaces the object; without either, the
	// object is removed.
	Old, New string
}

// backend is the name of all objects in the valid manifests of a case.
const backend = "products-privatejet"

// Sound are the manifests of a case without its change: those of the backend in what krm-fn renders from
// examples/products-privatejet, in the namespace of the case, and with its own metric, so that cases can share a cluster.
func Sound(rendered, name string) string {
	docs := []string{"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + name + "\n"}
	for _, doc := range split(rendered) {
		switch {
		case kindOf(doc) == "ConfigMap":
			docs = append(docs, withoutRule(doc, "http_requests_total_value"))
		case nameOf(doc) == backend:
			docs = append(docs, doc)
		}
	}
	own := strings.NewReplacer(
		"namespace: shop\n", "namespace: "+name+"\n", `namespace="shop"`, `namespace="`+name+`"`, "/shop/", "/"+name+"/",
		"products_http_requests_total", Series(name))
	return own.Replace(strings.Join(docs, separator))
}

// withoutRule removes the rule of a series, the rule of the gateway, from the adapter configuration.
func withoutRule(configMap, series string) string {
	const item = "    - seriesQuery: "
	head, rules, _ := strings.Cut(configMap, item)
	for rule := range strings.SplitSeq(rules, item) {
		if !strings.Contains(rule, `__name__="`+series+`"`) {
			head += item + rule
		}
	}
	return head
}

// Series is the name of the series that the pods of a case serve.
func Series(name string) string { return strings.ReplaceAll(name, "-", "_") + "_http_requests_total" }

// Apply makes the changes of the case in manifests.
func (c *Case) Apply(manifests string) (string, error) {
	docs := split(manifests)
	for i, edit := range c.Edits {
		var err error
		if docs, err = edit.apply(docs); err != nil {
			return "", fmt.Errorf("%s: edits[%d]: %w", c.Name, i, err)
		}
	}
	return strings.Join(docs, separator), nil
}

func (e *Edit) apply(docs []string) ([]string, error) {
	if e.Object == "" {
		return append(docs, e.New), nil
	}
	at := -1
	for i, doc := range docs {
		kind, name := kindOf(doc), nameOf(doc)
		if e.Object != kind+"/"+name && (e.Object != kind || name != backend && name != "adapter-config") {
			continue
		}
		if at >= 0 {
			return nil, fmt.Errorf("%s matches several objects", e.Object)
		}
		at = i
	}
	if at < 0 {
		return nil, fmt.Errorf("no %s", e.Object)
	}
	switch {
	case e.Old != "":
		if n := strings.Count(docs[at], e.Old); n != 1 {
			return nil, fmt.Errorf("%q is %d times in %s", e.Old, n, e.Object)
		}
		docs[at] = strings.Replace(docs[at], e.Old, e.New, 1)
	case e.New != "":
		docs[at] = e.New
	default:
		docs = slices.Delete(docs, at, at+1)
	}
	return docs, nil
}

const separator = "---\n"

func split(manifests string) []string { return strings.Split(manifests, separator) }

func kindOf(doc string) string { return valueOf(doc, "kind: ") }

// nameOf finds the name in the metadata, before or after labels and annotations.
func nameOf(doc string) string { return valueOf(doc, "  name: ") }

// valueOf returns the rest of the first line that begins with a key.
func valueOf(doc, key string) string {
	for line := range strings.Lines(doc) {
		if value, ok := strings.CutPrefix(line, key); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Cut parts manifests into all but the object of a kind, such as the adapter's ConfigMap, and that.
func Cut(manifests, kind string) (others, object string) {
	var docs []string
	for _, doc := range split(manifests) {
		if kindOf(doc) == kind {
			object = doc
		} else {
			docs = append(docs, doc)
		}
	}
	return strings.Join(docs, separator), object
}
