package keda

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/test/tools"
)

// credentials are what a case refers to and a cluster has.
const credentials = `
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: thanos}
spec:
  secretTargetRef:
  - {parameter: bearerToken, name: thanos, key: token}
  - {parameter: cert, name: thanos, key: cert}
  - {parameter: key, name: thanos, key: key}
---
apiVersion: v1
kind: Secret
metadata: {name: thanos, namespace: keda}
data: {token: c2VjcmV0, cert: CERT, key: KEY}
`

// withCertificate returns credentials with a certificate that is made now.
func withCertificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return strings.NewReplacer("CERT", text("CERTIFICATE", certificate), "KEY", text("EC PRIVATE KEY", private)).Replace(credentials)
}

// TestGoldens shows that KEDA accepts every ScaledObject that the function renders, without a warning.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(tools.Root(t), "testdata", "keda*", "output.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d expected outputs: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			manifests, scalers := applied(t, file)
			verdicts := slices.DeleteFunc(Judge(t, manifests+withCertificate(t)), func(v Verdict) bool {
				return !strings.HasPrefix(v.Object, "ScaledObject/")
			})
			if len(verdicts) != scalers {
				t.Errorf("%d verdicts for %d ScaledObjects", len(verdicts), scalers)
			}
			for _, v := range verdicts {
				if v.Schema+v.Webhook+v.Build != "" || len(v.Warnings) > 0 || len(v.Metrics) == 0 {
					t.Errorf("%+v", v)
				}
			}
		})
	}
}

// applied returns the items of a ResourceList that reach a cluster, and the number of ScaledObjects among them.
func applied(t *testing.T, file string) (manifests string, scalers int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []map[string]any }
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, it := range list.Items {
		out, err := yaml.Marshal(it)
		switch {
		case err != nil:
			t.Fatal(err)
		case strings.Contains(string(out), "config.kubernetes.io/local-config: \"true\""):
			continue
		case it["kind"] == "ScaledObject":
			scalers++
		}
		all.WriteString("---\n" + string(out))
	}
	return all.String(), scalers
}
