//go:build e2e

package e2e

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// An issuer issues tokens, as another identity provider than that of the example.
type issuer struct {
	name        string
	key         *rsa.PrivateKey
	certificate string // PEM
}

func newIssuer(t *testing.T, name string) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer"}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{name, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

// token returns a token that expires after a time.
func (i *issuer) token(t *testing.T, lifetime time.Duration) string {
	t.Helper()
	text := encode(t, map[string]any{"alg": "RS256"}) + "." +
		encode(t, map[string]any{"iss": i.name, "exp": time.Now().Add(lifetime).Unix()})
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func encode(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// forged are the tokens that attackers make of a sound one: by name, without its key.
func forged(t *testing.T, sound, certificate string) map[string]string {
	t.Helper()
	parts := strings.Split(sound, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %.40q", sound)
	}
	signature := []byte(parts[2])
	signature[len(signature)/2] ^= 1
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		t.Fatal("the certificate is not PEM")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKIXPublicKey(parsed.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := encode(t, map[string]any{"alg": "HS256"}) + "." + parts[1]
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: key}))
	mac.Write([]byte(text))
	return map[string]string{
		"a tampered signature":          parts[0] + "." + parts[1] + "." + string(signature),
		"tampered claims":               parts[0] + "." + encode(t, map[string]any{"exp": time.Now().Add(time.Hour).Unix()}) + "." + parts[2],
		"the algorithm none":            encode(t, map[string]any{"alg": "none"}) + "." + parts[1] + ".",
		"none, with the signature":      encode(t, map[string]any{"alg": "none"}) + "." + parts[1] + "." + parts[2],
		"HS256 with the public key":     text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)),
		"no signature":                  parts[0] + "." + parts[1] + ".",
		"another algorithm in its head": encode(t, map[string]any{"alg": "RS512"}) + "." + parts[1] + "." + parts[2],
	}
}
