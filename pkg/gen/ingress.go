package gen

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const (
	// classAnnotation is the predecessor of spec.ingressClassName.
	classAnnotation = "kubernetes.io/ingress.class"
	// protocolAnnotation makes ingress-nginx use https to the gateway.
	protocolAnnotation = "nginx.ingress.kubernetes.io/backend-protocol"
)

// ingressKeys are the keys of ingress-configs.
var ingressKeys = []string{
	"ingress.properties", "ingressResourceName", "ingressTransportMode", "ingressHostName", "tlsSecretName",
}

// buildIngress resolves how clients reach an API in Ingress mode (ingress-configs; pkg/mgw/ingress.go of the operator).
func (g *gatewayBuilder) buildIngress() *ingress {
	in, ps := g.in, g.ps
	cm := g.config(ingressConfigs, ingressKeys)
	ing := &ingress{host: in.spec.IngressHostname, tlsSecret: cm.text("tlsSecretName"), annotations: map[string]string{}}
	hostPlace := in.specPlace.Child("ingressHostname")
	if ing.host == "" {
		ing.host = cm.text("ingressHostName")
		if ing.host != "" {
			hostPlace = cm.at("ingressHostName")
		}
	}
	switch {
	case ing.host == "":
		ps.Errorf(model.GatewayConfig, hostPlace, "is missing; set the host name, or ingressHostName in %s", ingressConfigs)
	case len(validation.IsDNS1123Subdomain(ing.host)) > 0 && len(validation.IsWildcardDNS1123Subdomain(ing.host)) > 0:
		ps.Valuef(model.InputName, hostPlace, ing.host, "%q is not a valid host name", ing.host)
	}
	prefix := cm.text("ingressResourceName")
	if prefix == "" {
		prefix = "api-operator-ingress"
	}
	ing.name = ingressName(prefix, in.refs[0].Name)
	if len(validation.IsDNS1123Subdomain(ing.name)) > 0 {
		ps.Valuef(model.InputName, cm.at("ingressResourceName"), prefix,
			"%q cannot name an Ingress; use lowercase letters, digits, and dashes", ing.name)
	}
	switch mode := cm.text("ingressTransportMode"); strings.ToLower(mode) {
	case "", "https":
		ing.https = true
	case "http":
	default:
		ps.Valuef(model.GatewayConfig, cm.at("ingressTransportMode"), mode,
			"%q is not a valid transport; use http or https", mode)
	}
	if ing.tlsSecret != "" && len(validation.IsDNS1123Subdomain(ing.tlsSecret)) > 0 {
		ps.Valuef(model.InputName, cm.at("tlsSecretName"), ing.tlsSecret, "%q is not a valid name of a Secret", ing.tlsSecret)
	}
	ing.port = g.kind.http.name
	if ing.https && g.port(g.kind.https.name) != 0 {
		ing.port = g.kind.https.name
	}
	g.readProperties(ing, cm)
	for _, d := range g.docs {
		if d.BasePath == "" {
			ps.Errorf(model.SwaggerBasePath, d.Place, "has no base path, which the Ingress requires; add x-wso2-basePath")
			continue
		}
		ing.paths = append(ing.paths, d.BasePath)
	}
	slices.Sort(ing.paths)
	return ing
}

// readProperties reads lines of the form NAME: VALUE, which become annotations. The class becomes a field.
func (g *gatewayBuilder) readProperties(ing *ingress, cm configMap) {
	at, ps := cm.at("ingress.properties"), g.ps
	n := 0
	for line := range strings.Lines(cm.data["ingress.properties"]) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case !ok || len(validation.IsQualifiedName(strings.ToLower(name))) > 0:
			ps.Valuef(model.GatewayConfig, at.At(n), line, "%q is not an annotation; use NAME: VALUE", line)
		case name == protocolAnnotation && strings.HasSuffix(strings.ToUpper(value), "S") && g.port(g.kind.https.name) == 0:
			ps.Valuef(model.GatewayConfig, at.At(n), line, "is %s, but the gateway of %s has no certificate; use HTTP, or set spec.gateway.tlsSecret",
				value, g.in.object())
		case name == classAnnotation:
			ing.class = value
		default:
			ing.annotations[name] = value
		}
	}
	if _, ok := cm.data["ingress.properties"]; !ok && ing.port == g.kind.https.name {
		ing.annotations[protocolAnnotation] = "HTTPS"
	}
}

// renderIngress returns the Ingress of a gateway in Ingress mode.
func renderIngress(g *gateway, _ *options) typedObject {
	ing := g.ingress
	if ing == nil {
		return nil
	}
	prefix := networkingv1.PathTypePrefix
	var paths []networkingv1.HTTPIngressPath
	for _, p := range ing.paths {
		paths = append(paths, networkingv1.HTTPIngressPath{
			Path: p, PathType: &prefix,
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: g.ref.Name, Port: networkingv1.ServiceBackendPort{Name: ing.port},
			}},
		})
	}
	o := &networkingv1.Ingress{
		TypeMeta:   typeMeta("networking.k8s.io/v1", "Ingress"),
		ObjectMeta: g.meta(ing.name),
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
			Host:             ing.host,
			IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: paths}},
		}}},
	}
	o.Annotations = with(o.Annotations, ing.annotations)
	if ing.class != "" {
		o.Spec.IngressClassName = &ing.class
	}
	if ing.https || ing.tlsSecret != "" {
		o.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{ing.host}, SecretName: ing.tlsSecret}}
	}
	return o
}
