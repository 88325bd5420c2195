package gateway

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/test/tools"
)

// hostile are parts of values that could be special in a configuration.
var hostile = []string{
	" ", "#", "'", `"`, `\`, "%", "%[", "]", "{", "}", "(", ")", ",", "$", "${HOME}", "|", "!", "--", " if ", "*", "+", "?", "^", ".", "..",
	"/", ":", "@", "&", "=", "a", "Z", "0", "-", "_", "ü", "\u202e", "\n", "\r", "\t", "%0a", "%2F", "\nbackend x\n", "\n  server x 1.1.1.1:1\n",
}

// strange returns a value, sometimes with hostile parts.
func strange(r *rand.Rand, plain string) string {
	if r.IntN(6) > 0 {
		return plain
	}
	text := plain
	for range 1 + r.IntN(3) {
		text += hostile[r.IntN(len(hostile))]
	}
	return text
}

type object = map[string]any

// hostileInput returns the inputs of an API whose values are hostile, and the number of its operations.
func hostileInput(t *testing.T, seed uint64) (text string, operations int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	paths := object{}
	for i := range 1 + r.IntN(4) {
		operation := object{
			"operationId": strange(r, fmt.Sprintf("op%d", i)), "summary": strange(r, "summary"), "responses": object{"200": object{"description": "ok"}},
			"security": []object{{"key": []string{strange(r, "scope")}}},
		}
		if r.IntN(3) == 0 {
			operation["x-wso2-production-endpoints"] = object{"urls": []string{"https://" + strange(r, "host") + ".example.com/" + strange(r, "p")}}
		}
		paths[strange(r, fmt.Sprintf("/p%d", i))] = object{"get": operation}
	}
	document := object{
		"openapi": "3.0.3", "info": object{"title": strange(r, "API"), "version": "v1", "description": strange(r, "text")},
		"x-wso2-basePath": strange(r, "/base"), "x-wso2-production-endpoints": object{"urls": []string{"http://backend.example.com:8080"}},
		"x-wso2-cors": object{"accessControlAllowOrigins": []string{strange(r, "https://site")}, "accessControlAllowHeaders": []string{strange(r, "X-A")}},
		"components":  object{"securitySchemes": object{"key": object{"type": "apiKey", "in": "header", "name": strange(r, "X-Key")}}},
		"paths":       paths,
	}
	meta := func(name string) object { return object{"name": name, "namespace": "shop"} }
	key, err := os.ReadFile(filepath.Join(tools.Root(t), "testdata", "issuer.pem"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []string
	for _, o := range []object{
		{
			"apiVersion": "wso2.com/v1alpha1", "kind": "API", "metadata": meta("api"),
			"spec": object{"definition": object{"swaggerConfigmapNames": []string{"document"}}},
		},
		{
			"apiVersion": "wso2.com/v1alpha1", "kind": "Security", "metadata": meta("key"),
			"spec": object{"type": "JWT", "securityConfig": []object{
				{"issuer": strange(r, "issuer"), "audience": strange(r, "audience"), "certificate": "issuer"},
			}},
		},
		{"apiVersion": "v1", "kind": "Secret", "metadata": meta("issuer"), "stringData": object{"issuer.pem": string(key)}},
	} {
		docs = append(docs, marshal(t, o))
	}
	docs = append(docs, marshal(t, object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("document"), "data": object{"openapi.yaml": marshal(t, document)},
	}))
	return strings.Join(docs, "---\n"), len(paths)
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHostileDocuments checks that hostile values in documents and Security objects are errors, or words of a configuration: it has
// exactly the sections that were meant, and HAProxy accepts it.
func TestHostileDocuments(t *testing.T) {
	krmFn, program := tools.KrmFn(t), Program()
	section := regexp.MustCompile(`(?m)^[a-z]+`)
	rendered := 0
	for seed := range uint64(80) {
		text, operations := hostileInput(t, seed)
		file := filepath.Join(t.TempDir(), "input.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var messages bytes.Buffer
		cmd := exec.Command(krmFn, "render", file)
		cmd.Stderr = &messages
		out, err := cmd.Output()
		if err != nil {
			if !strings.Contains(messages.String(), "error: ") || strings.Contains(messages.String(), "goroutine") {
				t.Errorf("seed %d: %v\n%s", seed, err, &messages)
			}
			continue
		}
		all, err := Configurations(string(out))
		if err != nil || len(all) != 1 {
			t.Fatalf("seed %d: %d configurations, %v", seed, len(all), err)
		}
		for _, files := range all {
			want := []string{"global", "resolvers", "defaults", "frontend"}
			for range operations {
				want = append(want, "backend")
			}
			want = append(want, "backend", "frontend")
			if diff := cmp.Diff(want, section.FindAllString(files["haproxy.cfg"], -1)); diff != "" {
				t.Errorf("seed %d: sections (-want +got):\n%s\n%s", seed, diff, files["haproxy.cfg"])
			}
			if program != "" {
				if err := Check(program, t.TempDir(), files); err != nil {
					t.Errorf("seed %d: %v\n%s", seed, err, files["haproxy.cfg"])
				}
			}
		}
		rendered++
	}
	if rendered < 15 {
		t.Errorf("only %d of 80 were rendered", rendered)
	}
	t.Logf("%d of 80 were rendered", rendered)
}
