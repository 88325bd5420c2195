package fastyaml

import (
	"encoding/json"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var obj any
		if len(text) > maxFuzz || dec.Decode(&obj) != nil {
			return
		}
		obj = withNumbers(obj)
		for _, added := range [][]Annotation{nil, {{key, value}}} {
			compareEmitted(t, obj, added)
		}
	})
}

// withNumbers returns a decoded value with numbers that encode themselves.
func withNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = withNumbers(v[key])
		}
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	case json.Number:
		return json.RawMessage(v)
	}
	return v
}

// compareEmitted reports an object that the emitter writes otherwise than the YAML library, and tells whether it writes it.
func compareEmitted(t *testing.T, obj any, added []Annotation) bool {
	t.Helper()
	got, ok := Emit(nil, obj, added)
	if !ok {
		return false
	}
	n, err := ToNode(obj)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range added {
		set(n, a)
	}
	want, err := Encode(n)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Fatalf("%#v (-encoded +emitted):\n%s", obj, diff)
	}
	return true
}

// set sets an annotation in the metadata of n.
func set(n *yaml.Node, a Annotation) {
	key, value := a.Key, &yaml.Node{Kind: yaml.ScalarNode, Tag: StrTag, Value: a.Value, Style: yaml.DoubleQuotedStyle}
	for _, name := range []string{"metadata", "annotations"} {
		n = get(n, name)
	}
	if old := get(n, key); old != nil {
		*old = *value
		return
	}
	n.Content = append(n.Content, strNode(key), value)
}

func strNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: StrTag, Value: s} }

// oddities are what encoding/json has rules for and few Kubernetes types have.
type oddities struct {
	Inlined `json:",inline"`
	Named   `json:"named"`
	Plain   int
	Zero    metav1.Time       `json:"zero,omitzero"`
	Known   *zeroByRule       `json:"known,omitzero"`
	Value   zeroByRule        `json:"value,omitzero"`
	Any     any               `json:"any"`
	Nothing any               `json:"nothing,omitempty"`
	Left    int               `json:"-"`
	Map     map[keyType][]int `json:"map,omitempty"`
	Empty   map[string]int    `json:"empty"`
	List    []*bool           `json:"list"`
	hidden  int
}

type (
	Inlined struct {
		Inner string `json:"inner"`
	}
	Named struct {
		Name string `json:"name,omitempty"`
	}
	keyType string
	// zeroByRule is zero if it is 7.
	zeroByRule int
)

func (z *zeroByRule) IsZero() bool { return *z == 7 }

func TestEmitFollowsTheRulesOfJSON(t *testing.T) {
	seven, eight := zeroByRule(7), zeroByRule(8)
	for name, obj := range map[string]*oddities{
		"empty": {},
		"zero":  {Known: &seven, Value: 7},
		"full": {
			Inlined: Inlined{"a"}, Named: Named{"b"}, Plain: -1, Zero: metav1.Unix(1, 0), Known: &eight, Value: 8, Any: eight,
			Nothing: map[string]any{"x": []string{"y"}}, Left: 1, Map: map[keyType][]int{"b": {1}, "a": nil, "c": {}},
			Empty: map[string]int{}, List: []*bool{nil, new(true)}, hidden: 3,
		},
	} {
		if !compareEmitted(t, obj, nil) {
			t.Errorf("%s: is not emitted", name)
		}
	}
	for name, obj := range map[string]any{
		"a number as a string": &struct {
			A int `json:"a,string"`
		}{1},
		"a pointer to a struct": &struct{ *Inlined }{&Inlined{}},
		"a name twice": &struct {
			Inlined `json:",inline"`
			Outer   string `json:"inner"`
		}{Inlined{"a"}, "b"},
		"bytes":                     &struct{ A []byte }{[]byte("a")},
		"a fraction":                &struct{ A float64 }{0.5},
		"keys that are no strings":  &struct{ A map[int]int }{map[int]int{1: 2}},
		"a text":                    &struct{ A net.IP }{net.IPv4zero},
		"no UTF-8":                  &struct{ A string }{"\xff"},
		"a key that is no UTF-8":    &struct{ A map[string]int }{map[string]int{"\xff": 1}},
		"what cannot encode itself": &struct{ A json.RawMessage }{json.RawMessage("{")},
	} {
		if compareEmitted(t, obj, nil) {
			t.Errorf("%s is emitted", name)
		}
	}
}

// FuzzEmitTyped checks the same for typed objects of all kinds that are rendered, and that the emitter never gives up on
// what a plain manifest holds.
func FuzzEmitTyped(f *testing.F) {
	for _, text := range []string{
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","labels":{"b":"c"},"annotations":{"d":"e"}},"spec":{"selector":{"matchLabels":{"b":"c"}},"template":{"metadata":{"labels":{"b":"c"}},"spec":{"containers":[{"name":"x","image":"y:1","ports":[{"name":"http","containerPort":80,"protocol":"TCP"}],"resources":{"limits":{"cpu":"500m","memory":"1Gi"}},"readinessProbe":{"tcpSocket":{"port":"http"}},"securityContext":{"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}}]}}}}`,
		`{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"type":"ClusterIP","clusterIP":"None","ports":[{"name":"http","port":80,"targetPort":8080}],"selector":{"b":"c"}}}`,
		`{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"a"},"spec":{"maxReplicas":5,"metrics":[{"type":"Pods","pods":{"metric":{"name":"m"},"target":{"type":"AverageValue","averageValue":"0.5"}}}],"behavior":{"scaleDown":{"stabilizationWindowSeconds":0,"policies":[]}}}}`,
		`{"apiVersion":"monitoring.coreos.com/v1","kind":"ServiceMonitor","metadata":{"name":"a"},"spec":{"selector":{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]},"endpoints":[{"port":"metrics","interval":"30s","tlsConfig":{"ca":{"secret":{"name":"s","key":"k"}},"insecureSkipVerify":true}}]}}`,
		`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"a"},"spec":{"ingressClassName":"nginx","rules":[{"host":"h","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"a","port":{"name":"https"}}}}]}}]}}`,
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"config.yaml":"rules:\n- a: b\n"}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFuzz {
			return
		}
		for _, obj := range []any{
			&appsv1.Deployment{}, &corev1.Service{}, &autoscalingv2.HorizontalPodAutoscaler{}, &monitoringv1.ServiceMonitor{},
			&monitoringv1.PodMonitor{}, &networkingv1.Ingress{}, &corev1.ConfigMap{},
		} {
			if json.Unmarshal([]byte(text), obj) == nil {
				compareEmitted(t, obj, nil)
			}
		}
	})
}

const longText = "a text that is longer than the hundred and twenty-eight bytes up to which the YAML library writes a key on the line of its value, and longer than its lines"

// FuzzIsWord checks that what counts as a word, or as a number with a unit, is a string to all parsers and written as it is,
// and that what counts as a number is none.
func FuzzIsWord(f *testing.F) {
	for _, s := range []string{"a", "y", "No", "on", "null", "http://a.b/c", "a:b", "a:", "/health", "x-1", "0a", "e1", "a b", "Infinity", "//", "/", "a/", "nan", "1", "10000", "05", "500m", "1Mi", "0s", "1e", "0x1", "Mi", "1_0m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isCount(s) && !isNonString(s) {
			t.Errorf("%q is a string to a parser of YAML 1.1", s)
		}
		if !isWord(s) && !isMeasure(s) {
			return
		}
		if kyaml.IsYaml1_1NonString(strNode(s)) || base60.MatchString(s) {
			t.Errorf("%q is not a string to a parser of YAML 1.1", s)
		}
		if text, err := Encode(strNode(s)); err != nil || string(text) != s+"\n" {
			t.Errorf("%q is written as %q, %v", s, text, err)
		}
	})
}
