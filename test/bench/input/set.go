// Package input makes inputs of any number of APIs, to measure how krm-fn and programs that users might choose
// instead behave at scale. The same set is always the same bytes.
//
// Out: one set of APIs in the form that each program reads: a package of files, a ResourceList, a kustomization, a kpt
// package, a Helm chart with values, or only the OpenAPI documents. Nothing is kept in memory that grows
// with the number of APIs. The package imports none of the product's packages.
package input

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
)

// Documents is the kind of OpenAPI documents that the APIs of a set have.
type Documents string

// The kinds of documents.
const (
	Small Documents = "small" // 30 lines, 2 operations
	Big   Documents = "big"   // 1,600 lines, 80 operations and 20 schemas
)

// ObjectsPerAPI is how many objects are rendered for an API: Deployment, Service and HorizontalPodAutoscaler of the gateway
// and of the backend, and the gateway's metrics Service and ServiceMonitor.
const ObjectsPerAPI = 8

// SharedObjects is how many objects are rendered once for a set: the ConfigMap of prometheus-adapter.
const SharedObjects = 1

// A Set is a number of APIs in the namespace "apis", each with a ConfigMap that contains its OpenAPI document and with a
// TargetEndpoint, and one hpa-configs and one controller-config for all of them.
type Set struct {
	// First is the number of the first API, which is part of its name.
	First int
	// APIs is how many there are.
	APIs int
	// Documents are what their OpenAPI documents are like.
	Documents Documents
}

// Objects is how many objects are rendered for the set.
func (s Set) Objects() int { return s.APIs*ObjectsPerAPI + SharedObjects }

//go:embed templates
var templates embed.FS

var texts = template.Must(template.New("").Funcs(template.FuncMap{"indent": indent}).ParseFS(templates, "templates/*.yaml"))

// api is what the templates of one API read.
type api struct {
	Number                int
	Name, Title, Resource string
	Document              string
	Collections           []collection
	// File and Position are those of the object in its package, for a ResourceList; elsewhere File is empty.
	File     string
	Position int
}

// collection is a part of a big OpenAPI document.
type collection struct {
	Path, Schema string
	Price        int
}

var resources = []string{"products", "orders", "customers", "invoices", "shipments", "payments", "reviews", "returns"}

// big documents have this many collections.
const collections = 20

// api returns the API with this number, including its OpenAPI document.
func (s Set) api(number int) (api, error) {
	resource := resources[number%len(resources)]
	a := api{
		Number:   number,
		Name:     fmt.Sprintf("api-%05d", number),
		Title:    fmt.Sprintf("%s%s %d", strings.ToUpper(resource[:1]), resource[1:], number),
		Resource: resource,
	}
	switch s.Documents {
	case Small:
	case Big:
		for i := range collections {
			a.Collections = append(a.Collections, collection{
				Path:   fmt.Sprintf("%s-%d", resource, i),
				Schema: fmt.Sprintf("%s%d", a.Title[:len(resource)], i),
				Price:  number%100 + i,
			})
		}
	default:
		return api{}, fmt.Errorf("documents %q: write %s or %s", s.Documents, Small, Big)
	}
	document, err := render(string(s.Documents)+".yaml", a)
	a.Document = document
	return a, err
}

// render returns the text of a template.
func render(name string, data any) (string, error) {
	var b bytes.Buffer
	if err := texts.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// indent puts spaces before every line that is not empty.
func indent(spaces int, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString(strings.Repeat(" ", spaces))
		}
		b.WriteString(line)
	}
	return b.String()
}
