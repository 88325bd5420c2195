package scaffold

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// defaultSecurity is the Security of operations that name none.
const defaultSecurity = "default-security-jwt"

// haproxy reports whether the gateway is HAProxy, which verifies credentials by its configuration. A micro-gateway has its security
// in its image.
func (b *builder) haproxy() bool { return b.Image == "" && b.Registry == "" }

// findSecurity finds out which Security objects the operations of the document need.
func (b *builder) findSecurity() {
	if b.doc == nil || !b.haproxy() {
		return
	}
	operations, schemes := b.doc.Operations(), b.doc.SecuritySchemes()
	basic := false
	for _, o := range operations {
		for _, all := range o.Security.Requirements {
			for _, s := range all {
				basic = basic || schemes[s.Name].Scheme == "basic"
				b.securities = append(b.securities, s.Name)
			}
		}
	}
	slices.Sort(b.securities)
	b.securities = slices.Compact(b.securities)
	if basic {
		b.ps.Errorf(model.OutputUnsupported, model.Place{File: b.Source},
			"asks for passwords (the scheme basic), for which init writes no Security; write the inputs manually")
	}
	if len(b.securities) > 0 {
		return
	}
	b.public = b.added != "" && b.Issuer == "" && !swagger.ForWSO2(b.doc.Extensions(), operations)
	b.securities = []string{defaultSecurity}
}

// standInKey replaces a certificate that cannot be read, so that other problems are found in the same run.
const standInKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEomwcHXB91a10afZDHX4j4sHV80M
SR9Ix3cUGh4jv/+hMwGKOOuG+dsorpL4xN3WlUs3xm2bUiiBNHKEoqTdqg==
-----END PUBLIC KEY-----
`

// security returns the file with the Security objects and the certificate of the issuer.
func (b *builder) security() File {
	var objects []object
	for _, name := range b.securities {
		o := b.skeleton("security.yaml")
		o.set(name, "metadata", "name")
		o.set(b.Namespace, "metadata", "namespace")
		o.set(b.Issuer, "spec", "securityConfig", "0", "issuer")
		o.set(b.certificateName(), "spec", "securityConfig", "0", "certificate")
		objects = append(objects, o)
	}
	o := b.skeleton("certificate.yaml")
	o.set(b.certificateName(), "metadata", "name")
	o.set(b.Namespace, "metadata", "namespace")
	certificate := string(b.Certificate)
	if certificate == "" {
		certificate = standInKey
	}
	o.set(certificate, "stringData", "issuer.pem")
	return b.file("security.yaml", append(objects, o)...)
}

// certificateName returns the name of the Secret with the certificate.
func (b *builder) certificateName() string { return b.Name + "-issuer" }

// lacksIssuer reports an API whose clients need credentials that nothing describes.
func (b *builder) lacksIssuer() {
	b.ps.Errorf(model.InputRequired, flag(issuerFlag), "is missing: the document asks for credentials; set the issuer of the tokens, and %s, "+
		"or set x-wso2-disable-security: true in the document to make the API public", certFlag)
}
