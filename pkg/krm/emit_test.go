package krm

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// FuzzEmit checks that the emitter, where it does not give up, writes the very bytes that the YAML library writes.
func FuzzEmit(f *testing.F) {
	for _, text := range []string{
		`{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a","annotations":{"a/b":"c"}},"spec":{"strategy":{},"template":{"spec":{"containers":[{"name":"x","args":["-a","y: z"," lead\nx","*"],"n":[[1,-2],[],[[true,null]]],"o":[{},{"a":{"b":[{"c":1}]}}]}]}}},"status":{}}`,
		`{"spec":{"tlsConfig":{"ca":{},"cert":{},"x":"y"},"tlsConfigs":{"ca":{}},"namespaceSelector":[],"strategy":"x"}}`,
		`{"metadata":{"annotations":{}},"data":{"config.yaml":"rules:\n- a: b\n\n  c: d\n","empty":"","trailing":"x \ny","long":"` + longText + `"}}`,
		`{"metadata":{"annotations":null},"a":1e3,"b":1.5,"c":123456789012345678901234567890,"d":-0}`,
		`{"é":"é","y":"n","a":"\u2028","b":"\ud83d\udce6","c":"&<>"}`,
		`{"metadata":{"annotations":{"added":"before"}}}`,
		`{"a":["|\n","\n","\n\n x"," \n","x\n\n\n"]}`,
		`[1]`, `"x"`, `{}`,
	} {
		f.Add(text, "added", "value")
	}
	f.Add(`{"metadata":{"annotations":{"x":"y"}}}`, "a/b", "quote \" and \\")
	f.Add(`{"metadata":{"annotations":{"x":"y"}}}`, "a/b", "é\n")
	f.Add(`{"metadata":{"annotations":{"x":"y"}}}`, "200", "1")
	f.Fuzz(func(t *testing.T, text, key, value string) {
		if len(text) > maxFuzz || !json.Valid([]byte(text)) {
			return
		}
		obj := json.RawMessage(text)
		for _, added := range [][]annotation{nil, {{key, value}}} {
			got, ok := emit(nil, obj, added)
			if !ok {
				continue
			}
			n, err := ToNode(obj)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range added {
				setAnnotation(n, a.key, a.value)
			}
			want, err := EncodeNode(n)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Fatalf("%s (-encoded +emitted):\n%s", text, diff)
			}
		}
	})
}

const longText = "a text that is longer than the hundred and twenty-eight bytes up to which the YAML library writes a key on the line of its value, and longer than its lines"

// FuzzIsWord checks that what counts as a word is a string to all parsers and written as it is.
func FuzzIsWord(f *testing.F) {
	for _, s := range []string{"a", "y", "No", "on", "null", "http://a.b/c", "a:b", "a:", "/health", "x-1", "0a", "e1", "a b", "Infinity", "//", "/", "a/", "nan"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isWord(s) {
			return
		}
		if kyaml.IsYaml1_1NonString(strNode(s)) || base60.MatchString(s) {
			t.Errorf("%q is not a string to a parser of YAML 1.1", s)
		}
		if text, err := EncodeNode(strNode(s)); err != nil || string(text) != s+"\n" {
			t.Errorf("%q is written as %q, %v", s, text, err)
		}
	})
}
