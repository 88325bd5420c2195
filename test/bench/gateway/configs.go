package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// The names of the rows.
const (
	byHand      = "HAProxy, by hand"
	rendered    = "HAProxy, rendered"
	nginxByHand = "nginx, by hand"
)

// An api is what all gateways serve: resources with two operations each, below /shop/v1.
type api struct {
	resources int
	backend   string
	issuer    *rsa.PrivateKey // nil if everyone can call it
	token     string
}

const (
	basePath   = "/shop/v1"
	issuerName = "https://issuer.example.com"
)

func newAPI(operations int, secured bool, backend string) (*api, error) {
	a := &api{resources: operations / 2, backend: backend}
	if !secured {
		return a, nil
	}
	var err error
	if a.issuer, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	text := encode(`{"alg":"RS256"}`) + "." + encode(fmt.Sprintf(`{"iss":%q,"exp":%d}`, issuerName, time.Now().Add(time.Hour).Unix()))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, a.issuer, crypto.SHA256, sum[:])
	a.token = text + "." + encode(string(signature))
	return a, err
}

func (a *api) name() string {
	if a.issuer == nil {
		return fmt.Sprintf("%d operations, public", 2*a.resources)
	}
	return fmt.Sprintf("%d operations, RS256 tokens", 2*a.resources)
}

// path is that of a request: one item of the last resource.
func (a *api) path() string { return fmt.Sprintf("%s/resource%d/7", basePath, a.resources-1) }

// document is the OpenAPI document.
func (a *api) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.0.0\ninfo: {title: shop, version: v1}\nx-wso2-basePath: %s\n"+
		"x-wso2-production-endpoints: {urls: ['http://%s']}\n", basePath, a.backend)
	if a.issuer == nil {
		b.WriteString("x-wso2-disable-security: true\n")
	}
	b.WriteString("paths:\n")
	for i := range a.resources {
		fmt.Fprintf(&b, "  /resource%d:\n    get: {responses: {'200': {description: all}}}\n"+
			"  /resource%d/{id}:\n    get:\n      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n"+
			"      responses: {'200': {description: one}}\n", i, i)
	}
	return b.String()
}

// rendered starts HAProxy with the configuration of krm-fn, which gets other addresses, another directory, and one thread only.
func (l *lab) rendered(a *api, name, address string) error {
	objects := "apiVersion: wso2.com/v1alpha1\nkind: API\nmetadata: {name: shop}\nspec: {definition: {swaggerConfigmapNames: [shop]}}\n" +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata:\n  swagger.yaml: |\n    " +
		strings.ReplaceAll(a.document(), "\n", "\n    ") + "\n"
	if a.issuer != nil {
		template := x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer"}, NotAfter: time.Now().Add(time.Hour),
		}
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, a.issuer.Public(), a.issuer)
		if err != nil {
			return err
		}
		certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		objects += "---\napiVersion: wso2.com/v1alpha1\nkind: Security\nmetadata: {name: default-security-jwt}\n" +
			"spec: {type: JWT, securityConfig: [{issuer: '" + issuerName + "', certificate: issuer}]}\n" +
			"---\napiVersion: v1\nkind: Secret\nmetadata: {name: issuer}\nstringData:\n  tls.crt: |\n    " +
			strings.ReplaceAll(certificate, "\n", "\n    ") + "\n"
	}
	dir := filepath.Join(l.dir, "rendered-"+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	input := filepath.Join(l.dir, "input-"+name+".yaml")
	if err := os.WriteFile(input, []byte(objects), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(l.krmFn, "render", input)
	cmd.Stderr = l.stderr
	manifests, err := cmd.Output()
	if err != nil {
		return err
	}
	config, err := configMap(string(manifests))
	if err != nil {
		return err
	}
	metrics, err := free()
	if err != nil {
		return err
	}
	for file, text := range config.Data {
		text = strings.NewReplacer("*:9090", address, "*:9797", metrics, "/usr/local/etc/haproxy", dir, "nbthread 2", "nbthread 1").Replace(text)
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return l.run(program("haproxy"), "-db", "-f", filepath.Join(dir, "haproxy.cfg"))
}

func configMap(manifests string) (c corev1.ConfigMap, err error) {
	for text := range strings.SplitSeq(manifests, "\n---\n") {
		if strings.Contains(text, "haproxy.cfg:") {
			err = yaml.Unmarshal([]byte(text), &c)
			return c, err
		}
	}
	return c, errors.New("no ConfigMap with haproxy.cfg is rendered")
}

// plain is the common part of configurations by hand, for an address.
const plain = `global
  log stdout format raw local0 info
  maxconn 7000
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend api
  bind %s
`

// byHand starts HAProxy with a configuration as in the manual: a condition for each path, and three lines for tokens. It writes a
// log, too.
func (l *lab) byHand(a *api, name, address string) error {
	var b strings.Builder
	fmt.Fprintf(&b, plain, address)
	b.WriteString("  log global\n  option httplog\n  option forwardfor\n")
	if a.issuer != nil {
		der, err := x509.MarshalPKIXPublicKey(a.issuer.Public())
		if err != nil {
			return err
		}
		key := filepath.Join(l.dir, "key-"+name+".pem")
		if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(&b, `  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str %s }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"%s") 1 }
`, issuerName, key)
	}
	for i := range a.resources {
		fmt.Fprintf(&b, "  use_backend shop if METH_GET { path %s/resource%d } || METH_GET { path_reg ^%s/resource%d/[^/]+$ }\n", basePath, i, basePath, i)
	}
	fmt.Fprintf(&b, "  default_backend none\nbackend none\n  http-request deny deny_status 404\n"+
		"backend shop\n  http-request replace-path %s(/.*) \\1\n  server shop %s\n", basePath, a.backend)
	return l.haproxy("hand-"+name, b.String())
}

// nginx starts nginx with a location for each path.
func (l *lab) nginx(a *api, name, address string) error {
	dir := filepath.Join(l.dir, "nginx-"+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events { worker_connections 7000; }
http {
  access_log %[1]s/access.log;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d;
  scgi_temp_path %[1]s/e;
  keepalive_requests 10000000;
  upstream shop { server %[2]s; keepalive 64; keepalive_requests 10000000; }
  server {
    listen %[3]s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    location / { return 404; }
`, dir, a.backend, address)
	for i := range a.resources {
		fmt.Fprintf(&b, "    location = %s/resource%d { limit_except GET { deny all; } proxy_pass http://shop/resource%d; }\n", basePath, i, i)
		fmt.Fprintf(&b, "    location ~ ^%s(/resource%d/[^/]+)$ { limit_except GET { deny all; } proxy_pass http://shop$1; }\n", basePath, i)
	}
	b.WriteString("  }\n}\n")
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return l.run(program("nginx"), "-c", file, "-e", filepath.Join(dir, "error.log"))
}
