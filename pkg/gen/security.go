package gen

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// securitySpec is the spec of a wso2.com/v1alpha1 Security (k8s-api-operator v1.2, deploy/crds/wso2.com_securities_crd.yaml).
type securitySpec struct {
	Type           string           `json:"type"`
	SecurityConfig []securityConfig `json:"securityConfig"`
}

type securityConfig struct {
	Certificate          string  `json:"certificate"`
	Alias                rawNode `json:"alias"`
	Endpoint             rawNode `json:"endpoint"`
	Credentials          string  `json:"credentials"`
	Issuer               string  `json:"issuer"`
	Audience             string  `json:"audience"`
	ValidateSubscription bool    `json:"validateSubscription"`
	ValidateAllowedAPIs  bool    `json:"validateAllowedAPIs"`
	JwksURL              string  `json:"jwksURL"`
}

// defaultSecurity is the Security of operations that name none, in documents for the WSO2 gateway (pkg/security/default.go of the
// operator).
const defaultSecurity = "default-security-jwt"

// security finds who can call operations.
//
// In a document with extensions of the WSO2 gateway, every operation requires credentials unless x-wso2-disable-security or
// x-auth-type disables them. In other documents, an operation without security is public, as in OpenAPI.
type security struct {
	*gatewayBuilder
	facts *haproxyFacts
	// known are the schemes that operations use, by the name of the scheme and where clients send the credentials. A scheme is nil
	// if it cannot be used.
	known map[string]*haproxy.Scheme
	// The document that is read: what it says, its security, and whether it has extensions of the WSO2 gateway.
	document description
	root     []swagger.Requirement
	wso2     bool
	// asked means that an operation of the document needs credentials.
	asked bool
}

func newSecurity(g *gatewayBuilder, facts *haproxyFacts) *security {
	return &security{gatewayBuilder: g, facts: facts, known: map[string]*haproxy.Scheme{}}
}

// schemes returns the schemes that operations use, sorted by name.
func (s *security) schemes() []haproxy.Scheme {
	var all []haproxy.Scheme
	for _, key := range slices.Sorted(maps.Keys(s.known)) {
		if scheme := s.known[key]; scheme != nil {
			all = append(all, *scheme)
		}
	}
	return all
}

func (s *security) begin(operations []swagger.Operation, of description) {
	s.document, s.root, s.asked = of, of.security, false
	s.wso2 = swagger.ForWSO2(of.extensions, operations)
}

// end warns of a document that asks nobody for credentials.
func (s *security) end(d *swagger.Document) {
	if !s.asked && d.OperationCount > 0 {
		s.ps.Warnf(model.GatewaySecurity, d.Place, "asks nobody for credentials, so everyone who reaches the gateway can call the API; "+
			"add security, or keep it inside the cluster with operatorMode: ClusterIP")
	}
}

// access returns who can call an operation.
func (s *security) access(o swagger.Operation) haproxy.Access {
	requirements := s.requirements(o)
	if requirements == nil {
		return haproxy.Access{Public: true}
	}
	var a haproxy.Access
	for _, all := range requirements {
		var uses []haproxy.Use
		for _, scheme := range all {
			uses = append(uses, s.use(scheme, o))
		}
		a.AnyOf = append(a.AnyOf, uses)
	}
	s.asked = true
	return a
}

// requirements returns what an operation requires, of which one is sufficient; nil if it is public.
func (s *security) requirements(o swagger.Operation) []swagger.Requirement {
	requirements, of := o.Security.Requirements, o.Security
	if s.wso2 {
		if of.Disabled != nil && *of.Disabled || of.Disabled == nil && of.AuthType == "None" {
			return nil
		}
		requirements = s.required(requirements)
	}
	if len(requirements) == 0 || slices.ContainsFunc(requirements, func(r swagger.Requirement) bool { return len(r) == 0 }) {
		return nil
	}
	return requirements
}

// required returns the requirements of an operation for the WSO2 gateway: an empty list, and an empty requirement, do not make an
// operation public (utils/OpenAPICodegenUtils.java of product-microgateway 3.2).
func (s *security) required(requirements []swagger.Requirement) []swagger.Requirement {
	for _, list := range [][]swagger.Requirement{requirements, s.root} {
		list = slices.DeleteFunc(slices.Clone(list), func(r swagger.Requirement) bool { return len(r) == 0 })
		if len(list) > 0 {
			return list
		}
	}
	return []swagger.Requirement{{{Name: defaultSecurity}}}
}

// use resolves a scheme with the scopes that it requires, of which one is enough.
func (s *security) use(of swagger.Scheme, o swagger.Operation) haproxy.Use {
	sent := s.document.schemes[of.Name]
	key := of.Name
	if sent.Type == "apiKey" {
		key += " in " + sent.In + " " + sent.Name
	}
	if _, known := s.known[key]; !known {
		s.known[key] = s.scheme(of.Name, key, sent, o)
	}
	scopes := of.Scopes
	var own string
	if text, has := o.Extensions["x-scope"]; has && json.Unmarshal([]byte(text), &own) == nil && own != "" {
		scopes = []string{own}
	}
	if s.known[key] != nil && s.known[key].Users != nil {
		scopes = nil // A password has no scopes.
	}
	return haproxy.Use{Scheme: key, Scopes: scopes}
}

// scheme resolves the Security with a name. It returns nil, and reports why, if there is none that HAProxy can verify.
func (s *security) scheme(name, key string, sent swagger.SecurityScheme, o swagger.Operation) *haproxy.Scheme {
	it := s.items.find("Security", name, s.in.referrer(), o.Place, s.ps)
	if it == nil && name == defaultSecurity {
		it = s.items.find("Security", name, referrer{s.in.item, []string{systemNamespace}}, o.Place, s.ps)
	}
	switch {
	case it == nil && sent.Type != "":
		s.ps.Valuef(model.GatewaySecurity, cmp.Or(sent.Place, o.Place), name,
			"the input has no Security %q that says which credentials are valid; add one of type %s, or remove the scheme",
			name, typeOf(sent))
		return nil
	case it == nil && name == defaultSecurity:
		s.ps.Valuef(model.GatewaySecurity, o.Place, name, "requires credentials, but the input has no Security %q; add one with the issuer "+
			"and the certificate of your tokens, or set x-wso2-disable-security: true in the document to make the API public", name)
		return nil
	case it == nil:
		s.items.missing(reference{kind: "Security", name: name, namespace: s.in.refs[0].Namespace}, o.Place, s.ps)
		return nil
	}
	var object customResource[securitySpec]
	ps := it.Decode(&object)
	s.ps.Add(ps...)
	if ps.HasErrors() {
		return nil
	}
	at := it.Place.Child("spec")
	if len(object.Spec.SecurityConfig) == 0 {
		s.ps.Errorf(model.InputRequired, at.Child("securityConfig"), "is missing; list the issuers or the credentials")
		return nil
	}
	out := &haproxy.Scheme{Name: key}
	switch kind := strings.ToLower(object.Spec.Type); kind {
	case "basic":
		s.users(out, it, object.Spec)
	case "jwt", "apikey":
		s.location(out, kind, sent)
		for i, c := range object.Spec.SecurityConfig {
			s.issuer(out, c, it, at.Child("securityConfig").Item(i))
		}
	default:
		s.ps.Valuef(model.OutputUnsupported, at.Child("type"), object.Spec.Type,
			"is %q, which HAProxy cannot verify; use JWT with issuer and certificate, or basic, or apiKey", object.Spec.Type)
		return nil
	}
	return out
}

// typeOf returns the type of a Security for a scheme of a document.
func typeOf(sent swagger.SecurityScheme) string {
	switch {
	case sent.Type == "apiKey":
		return "apiKey"
	case sent.Scheme == "basic":
		return "basic"
	}
	return "JWT"
}

// location sets where clients send tokens.
func (s *security) location(out *haproxy.Scheme, kind string, sent swagger.SecurityScheme) {
	switch {
	case sent.Type == "apiKey" && !haproxy.IsToken(sent.Name):
		s.ps.Valuef(model.GatewaySecurity, sent.Place, sent.Name, "%q cannot name a header or parameter; use letters, digits, '-', '_', and '.'",
			sent.Name)
	case sent.Type == "apiKey" && sent.In == "header":
		out.Header = sent.Name
	case sent.Type == "apiKey" && sent.In == "query":
		out.Query = sent.Name
	case sent.Type == "apiKey":
		s.ps.Valuef(model.OutputUnsupported, sent.Place.Child("in"), sent.In, "is %q; use header or query", sent.In)
	case kind == "apikey":
		out.Header = "api_key" // The operator added this header (pkg/security/security.go).
	}
}

// users reads the user of a Security of type basic. The name and the password stay in their Secret.
func (s *security) users(out *haproxy.Scheme, it *krm.Item, spec securitySpec) {
	for i, c := range spec.SecurityConfig {
		at := it.Place.Child("spec").Child("securityConfig").Item(i).Child("credentials")
		if c.Credentials == "" {
			s.ps.Errorf(model.InputRequired, at, "is missing; set it to the name of a Secret with the keys username and password")
			continue
		}
		user, password := "username", "password"
		if secret := s.items.find("Secret", c.Credentials, s.in.referrer(), at, s.ps); secret != nil {
			data, ps := secretData(secret)
			s.ps.Add(ps...)
			for _, key := range []*string{&user, &password} {
				i := slices.IndexFunc(slices.Sorted(maps.Keys(data)), func(k string) bool { return strings.EqualFold(k, *key) })
				if i < 0 {
					s.ps.Errorf(model.GatewaySecurity, secret.Place.Child("data"), "has no key %s", *key)
					continue
				}
				*key = slices.Sorted(maps.Keys(data))[i]
			}
			c.Credentials = secret.Ref().Name
		}
		out.Users = append(out.Users, haproxy.User{
			NameVariable: s.facts.variable(c.Credentials, user), PasswordVariable: s.facts.variable(c.Credentials, password),
		})
	}
	if out.Users == nil {
		out.Users = []haproxy.User{}
	}
}

// issuer reads one issuer of tokens.
func (s *security) issuer(out *haproxy.Scheme, c securityConfig, it *krm.Item, at model.Place) {
	for field, wanted := range map[string]bool{
		"validateSubscription": c.ValidateSubscription, "validateAllowedAPIs": c.ValidateAllowedAPIs,
	} {
		if wanted {
			s.ps.Errorf(model.OutputUnsupported, at.Child(field), "is true, but HAProxy cannot ask an API Manager; set it to false, and "+
				"let the issuer add a scope that the document requires")
		}
	}
	if c.JwksURL != "" {
		s.ps.Errorf(model.OutputUnsupported, at.Child("jwksURL"), "is not read, because HAProxy fetches no keys; set certificate, and "+
			"change it when the issuer changes its key")
	}
	if c.Issuer == "" {
		s.ps.Errorf(model.InputRequired, at.Child("issuer"), "is missing; set it to the claim iss of the tokens")
	}
	issuer := haproxy.Issuer{Issuer: c.Issuer}
	if c.Audience != "" {
		issuer.Audiences = []string{c.Audience}
	}
	s.key(&issuer, c, it, at)
	out.Issuers = append(out.Issuers, issuer)
}
