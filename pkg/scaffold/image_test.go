package scaffold

import (
	"strings"
	"testing"

	"github.com/distribution/reference"
)

func TestCheckReference(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 4)
	for image, want := range map[string]string{
		"products":              "",
		"shop/products:v1.0.0":  "",
		"localhost/products":    "",
		"Registry/products":     "",
		"[::1]:5000/products:1": "",
		"r.example.com:5000/shop/a_b__c--d:V1@sha256:" + hex: "",
		"r.example.com/" + strings.Repeat("a", 255):          "",

		"":                                 "invalid reference format",
		"back end":                         "invalid reference format",
		"products:":                        "invalid reference format",
		"products:-v1":                     "invalid reference format",
		"products:v1:v2":                   "invalid reference format",
		"shop//products":                   "invalid reference format",
		"-r.example.com/a":                 "invalid reference format",
		"R_1/a":                            "invalid reference format",
		"https://r.example.com/products:1": "invalid reference format",
		"r.example.com/" + strings.Repeat("a", 256): "invalid reference format",
		"docker.io/" + strings.Repeat("a", 250):     "invalid reference format",
		"products:" + strings.Repeat("v", 129):      "invalid reference format",
		"Products:v1":                               "invalid reference format: repository name (library/Products) must be lowercase",
		"r.example.com/shop/Products:v1":            "invalid reference format: repository name (shop/Products) must be lowercase",
		"products@sha256:" + hex[1:]:                `invalid digest "sha256:` + hex[1:] + `"`,
		"products@sha257:" + hex:                    `invalid digest "sha257:` + hex + `"`,
		"products@sha256:" + strings.ToUpper(hex):   `invalid digest "sha256:` + strings.ToUpper(hex) + `"`,
		hex: "64 hexadecimal digits are an image ID, not a name",
	} {
		got := ""
		if err := checkReference(image); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", image, got, want)
		}
		judge(t, image)
	}
}

// FuzzCheckReference compares with the parser of containerd and of the kubelet.
func FuzzCheckReference(f *testing.F) {
	for _, s := range []string{"a", "a/b:c", "A/b", "A.b:1/c", "[::1]/a", "localhost/a@sha256:" + strings.Repeat("0", 64), "docker.io/a", "a_b.c/d"} {
		f.Add(s)
	}
	f.Fuzz(judge)
}

func judge(t *testing.T, image string) {
	t.Helper()
	_, want := reference.ParseDockerRef(image)
	if got := checkReference(image); (got == nil) != (want == nil) {
		t.Errorf("%q: got %v, but the runtime says %v", image, got, want)
	}
}
