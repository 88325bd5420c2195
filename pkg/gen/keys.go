package gen

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// parseVerify reads secret/NAME/KEY or configmap/NAME/KEY.
func parseVerify(text string) (caSource, error) {
	kind, ref, _ := strings.Cut(text, "/")
	name, key, ok := strings.Cut(ref, "/")
	kinds := map[string]string{"secret": "Secret", "configmap": "ConfigMap"}
	if !ok || kinds[kind] == "" || len(validation.IsDNS1123Subdomain(name)) > 0 || len(validation.IsConfigMapKey(key)) > 0 {
		return caSource{}, fmt.Errorf("%q is not one of %s, secret/NAME/KEY, and configmap/NAME/KEY", text, insecure)
	}
	return caSource{kinds[kind], name, key}, nil
}

// key finds the public key that verifies the tokens of an issuer. A certificate that is in the input becomes a part of the
// configuration, because a public key is not secret. Otherwise, an annotation names an object in the cluster with a public key:
// HAProxy 2.6 does not verify with a certificate.
func (s *security) key(out *haproxy.Issuer, c securityConfig, it *krm.Item, at model.Place) {
	at = at.Child("certificate")
	if c.Certificate != "" {
		if secret := s.certificate(c.Certificate, it, at); secret != nil {
			s.certificateKey(out, secret)
			return
		}
	}
	text, where := it.Annotations[publicKeyAnnotation], annotation(it, publicKeyAnnotation)
	source, err := parseVerify(text)
	switch {
	case text == "" && c.Certificate == "":
		s.ps.Errorf(model.InputRequired, at, "is missing; set it to the name of a Secret with the certificate of the issuer")
	case text == "":
		s.ps.Valuef(model.GatewaySecurity, at, c.Certificate, "the input has no Secret %q with the certificate; add it, or annotate the "+
			"Security with %s: configmap/NAME/KEY of the public key in PEM", c.Certificate, publicKeyAnnotation)
	case err != nil || text == insecure:
		s.ps.Valuef(model.InputValue, where, text, "%q is not one of secret/NAME/KEY and configmap/NAME/KEY", text)
	case model.NamespaceOf(it.Ref().Namespace) != model.NamespaceOf(s.ref.Namespace):
		s.ps.Errorf(model.GatewaySecurity, where, "names an object that the pods of %s cannot read, because it is in another namespace; "+
			"add the Security to namespace %s", s.place.Object, model.NamespaceOf(s.ref.Namespace))
	default:
		if found := s.items.find(source.kind, source.name, s.in.referrer(), where, s.ps); found != nil {
			source.name = found.Ref().Name
			s.checkPublicKey(out, found, source.key)
		}
		out.File = s.facts.mount(source)
	}
}

// certificate finds the Secret with a certificate, in the namespace of the Security.
func (s *security) certificate(name string, it *krm.Item, at model.Place) *krm.Item {
	return s.items.find("Secret", name, referrer{it, namespacesOf(it.Refs())}, at, s.ps)
}

// certificateKey takes the public key of the only certificate in a Secret.
func (s *security) certificateKey(out *haproxy.Issuer, secret *krm.Item) {
	data, ps := secretData(secret)
	s.ps.Add(ps...)
	at := secret.Place.Child("data")
	if len(data) != 1 {
		s.ps.Errorf(model.GatewaySecurity, at, "has %d keys; use one, which contains the certificate in PEM", len(data))
		return
	}
	for key, text := range data {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			s.ps.Errorf(model.GatewaySecurity, at.Child(key), "is not PEM; use a certificate that begins with -----BEGIN CERTIFICATE-----")
			return
		}
		var public any
		var err error
		switch block.Type {
		case "CERTIFICATE":
			var c *x509.Certificate
			if c, err = x509.ParseCertificate(block.Bytes); err == nil {
				public = c.PublicKey
			}
		case "PUBLIC KEY":
			public, err = x509.ParsePKIXPublicKey(block.Bytes)
		default:
			err = fmt.Errorf("it is a %s", strings.ToLower(block.Type))
		}
		if err == nil {
			err = setKey(out, public)
		}
		if err != nil {
			s.ps.Errorf(model.GatewaySecurity, at.Child(key), "is not a usable certificate or public key: %v", err)
		}
	}
}

// setKey sets the public key of an issuer, and the algorithms that it can verify.
func setKey(out *haproxy.Issuer, public any) error {
	var err error
	if out.Algorithms, err = algorithmsOf(public); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	out.Key = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return err
}

// algorithmsOf returns the algorithms of RFC 7518 that a public key can verify.
func algorithmsOf(public any) ([]string, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		const least = 2048 // RFC 7518, section 3.3
		if k.N.BitLen() < least {
			return nil, fmt.Errorf("its RSA key has %d bits; use at least %d", k.N.BitLen(), least)
		}
		return []string{"RS256", "RS384", "RS512"}, nil
	case *ecdsa.PublicKey:
		if alg := map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[k.Curve.Params().BitSize]; alg != "" {
			return []string{alg}, nil
		}
	}
	return nil, errors.New("its key is neither RSA nor ECDSA on a curve of NIST")
}

// checkPublicKey reports an object in the input that does not contain the public key that it should.
func (s *security) checkPublicKey(out *haproxy.Issuer, it *krm.Item, key string) {
	data, ps := secretData(it)
	s.ps.Add(ps...)
	at := it.Place.Child("data").Child(key)
	text, has := data[key]
	block, _ := pem.Decode([]byte(text))
	switch {
	case !has:
		s.ps.Errorf(model.GatewaySecurity, at, "is missing; available: %s", strings.Join(slices.Sorted(maps.Keys(data)), ", "))
	case block == nil || block.Type != "PUBLIC KEY":
		s.ps.Errorf(model.GatewaySecurity, at, "is not a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----; convert a certificate "+
			"with: openssl x509 -pubkey -noout")
	default:
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err == nil {
			out.Algorithms, err = algorithmsOf(public)
		}
		if err != nil {
			s.ps.Errorf(model.GatewaySecurity, at, "is not a usable public key: %v", err)
		}
	}
}

// secretObject is a v1 Secret, or a ConfigMap, whose data is text.
type secretObject struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   rawNode           `json:"metadata"`
	Type       string            `json:"type"`
	Data       map[string]string `json:"data"`
	StringData map[string]string `json:"stringData"`
	BinaryData map[string]string `json:"binaryData"`
	Immutable  *bool             `json:"immutable"`
}

// secretData returns the decoded data of a Secret or ConfigMap.
func secretData(it *krm.Item) (map[string]string, model.Problems) {
	var o secretObject
	ps := it.Decode(&o)
	all := map[string]string{}
	for k, v := range o.Data {
		if it.Place.Object.Kind == "Secret" {
			text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(v, "\n", ""))
			if err != nil {
				ps.Errorf(model.InputValue, it.Place.Child("data").Child(k), "is not base64; put plain text under stringData")
			}
			v = string(text)
		}
		all[k] = v
	}
	maps.Copy(all, o.StringData)
	return all, ps
}
