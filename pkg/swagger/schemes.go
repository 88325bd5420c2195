package swagger

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// SecurityScheme says how clients send credentials. It is an entry of components.securitySchemes in OpenAPI 3, or of
// securityDefinitions in Swagger 2.0.
type SecurityScheme struct {
	Place model.Place
	// Type is "http", "apiKey", "oauth2", "openIdConnect", or "mutualTLS". The type basic of Swagger 2.0 is "http".
	Type string
	// Scheme is the scheme of the type http in lower case, such as "bearer".
	Scheme string
	// In is "header", "query", or "cookie", and Name the name of the header, parameter, or cookie, for the type apiKey.
	In, Name string
}

// SecuritySchemes returns the security schemes by name. A released document has none.
func (d *Document) SecuritySchemes() map[string]SecurityScheme {
	if d.root == nil {
		return nil
	}
	r := newReader(d)
	n, at := krm.Get(krm.Get(d.root, "components"), "securitySchemes"), d.Place.Child("components").Child("securitySchemes")
	if d.version == swagger2 {
		n, at = krm.Get(d.root, "securityDefinitions"), d.Place.Child("securityDefinitions")
	}
	all := map[string]SecurityScheme{}
	for _, m := range r.members(n, at) {
		value := m.value
		if ref := krm.Text(value, "$ref"); strings.HasPrefix(ref, "#") {
			value, _ = r.tree.resolve(ref, r.at)
		}
		text := func(field string) string { return strings.Clone(krm.Text(value, field)) }
		s := SecurityScheme{
			Place: m.at(), Type: text("type"), Scheme: strings.ToLower(text("scheme")), In: text("in"), Name: text("name"),
		}
		if s.Type == "basic" {
			s.Type, s.Scheme = "http", "basic"
		}
		all[strings.Clone(m.key)] = s
	}
	return all
}

// Extensions returns the extensions of the root as JSON by name. A released document has none.
func (d *Document) Extensions() map[string]string {
	if d.root == nil {
		return nil
	}
	r := newReader(d)
	var o Operation
	for _, m := range r.members(d.root, d.Place) {
		if strings.HasPrefix(m.key, "x-") {
			o.extend(m)
		}
	}
	return o.Extensions
}

// server returns the first server of the document, of a path, or of an operation. The other servers are alternatives for
// clients, such as a test system, so requests must not be spread over all of them. A relative URL is not an endpoint.
func (r *reader) server(n *yaml.Node, at model.Place) (e Endpoints) {
	url, place := "", at
	if r.doc.version == swagger2 {
		if host := krm.Text(n, "host"); host != "" {
			scheme := "http"
			if schemes := krm.Get(n, "schemes"); schemes != nil {
				for _, s := range schemes.Content {
					if s.Value == "https" {
						scheme = s.Value
					}
				}
			}
			url, place = scheme+"://"+host+krm.Text(n, "basePath"), at.Child("host")
		}
	} else {
		url, _ = firstServer(n)
		place = at.Child("servers").Item(0).Child("url")
	}
	if url = strings.TrimSuffix(url, "/"); urlProblem(url) != "" {
		return e
	}
	return Endpoints{Place: place, Type: LoadBalance, List: []Endpoint{{Place: place, URL: strings.Clone(url)}}}
}

// Security returns the security requirements of the root. A released document has none.
func (d *Document) Security() []Requirement {
	if n := krm.Get(d.root, "security"); n != nil {
		return requirements(n)
	}
	return nil
}
