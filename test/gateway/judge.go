// Package gateway lets HAProxy judge the configurations in rendered manifests. It needs the program haproxy.
//
// In: manifests. Out: what haproxy -c says of each gateway's files, in a directory with keys and certificates like those that the
// pods mount.
package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// Program returns the path of HAProxy, "" if it is not installed.
func Program() string {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Configurations returns the files of the HAProxy gateways in manifests, by the name of their ConfigMap.
func Configurations(manifests string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for doc := range strings.SplitSeq("\n"+manifests, "\n---\n") {
		var cm corev1.ConfigMap
		if !strings.Contains(doc, "haproxy.cfg") {
			continue
		}
		if err := yaml.Unmarshal([]byte(doc), &cm); err != nil {
			return nil, err
		}
		if cm.Kind == "ConfigMap" && cm.Data["haproxy.cfg"] != "" {
			all[cm.Namespace+"/"+cm.Name] = cm.Data
		}
	}
	return all, nil
}

// The directories in the pods.
const (
	configDir = "/usr/local/etc/haproxy"
	mountDir  = "/etc/haproxy"
)

var (
	mounted  = regexp.MustCompile(`/mounted/[A-Za-z0-9/._-]+`)
	variable = regexp.MustCompile(`\$\{([A-Z0-9_]+)\}`)
)

// Check writes the files of a gateway below dir, and returns what haproxy -c has against them.
func Check(haproxy, dir string, files map[string]string) error {
	place := strings.NewReplacer(configDir, dir+"/config", mountDir, dir+"/mounted")
	config := place.Replace(files["haproxy.cfg"])
	for name, text := range files {
		if err := put(filepath.Join(dir, "config", name), []byte(place.Replace(text))); err != nil {
			return err
		}
	}
	certificate, key, public, err := pair()
	if err != nil {
		return err
	}
	for _, name := range mounted.FindAllString(config, -1) {
		file := filepath.Join(dir, name)
		switch {
		case strings.HasSuffix(name, "/tls.crt"):
			err = errors.Join(put(file, certificate), put(filepath.Join(filepath.Dir(file), "tls.key"), key))
		case strings.Contains(config, "ca-file "+dir+name):
			err = put(file, certificate)
		default:
			err = put(file, public)
		}
		if err != nil {
			return err
		}
	}
	cmd := exec.Command(haproxy, "-c", "-f", filepath.Join(dir, "config", "haproxy.cfg"))
	cmd.Env = os.Environ()
	for _, m := range variable.FindAllStringSubmatch(config, -1) {
		cmd.Env = append(cmd.Env, m[1]+"=value")
	}
	out, err := cmd.CombinedOutput()
	// A key that cannot be read is only a warning. There may be fewer CPUs here.
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "[WARNING]") && !strings.Contains(line, " CPU") {
			err = errors.Join(err, errors.New(strings.TrimSpace(line)))
		}
	}
	if err != nil {
		return fmt.Errorf("haproxy -c: %w\n%s", err, out)
	}
	return nil
}

func put(name string, text []byte) error {
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, text, 0o600))
}

// pair returns a certificate, its private key, and its public key.
func pair() (certificate, private, public []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, nil, err
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, nil, err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return block("CERTIFICATE", cert), block("PRIVATE KEY", privateDER), block("PUBLIC KEY", publicDER), err
}
