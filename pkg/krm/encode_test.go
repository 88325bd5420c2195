package krm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// A string must come back as the same string from every parser, those that follow YAML 1.1 included.
func TestStringsAreQuotedWhereTheyMustBe(t *testing.T) {
	for in, want := range map[string]string{
		"plain":           "v: plain\n",
		"":                "v: \"\"\n",
		"yes":             "v: \"yes\"\n",
		"No":              "v: \"No\"\n",
		"on":              "v: \"on\"\n",
		"off":             "v: \"off\"\n",
		"y":               "v: \"y\"\n",
		"true":            "v: \"true\"\n",
		"null":            "v: \"null\"\n",
		"~":               "v: \"~\"\n",
		"5":               "v: \"5\"\n",
		"1e3":             "v: \"1e3\"\n",
		"1_000":           "v: \"1_000\"\n",
		"0x1":             "v: \"0x1\"\n",
		"012":             "v: \"012\"\n",
		"0o7":             "v: \"0o7\"\n",
		"0b1":             "v: \"0b1\"\n",
		"1:30":            "v: \"1:30\"\n",
		".5":              "v: \".5\"\n",
		".inf":            "v: \".inf\"\n",
		"2020-01-01":      "v: \"2020-01-01\"\n",
		"1.2.3":           "v: 1.2.3\n",
		"512Mi":           "v: 512Mi\n",
		"<<":              "v: \"<<\"\n",
		"=":               "v: =\n",
		"- x":             "v: \"- x\"\n",
		"# x":             "v: \"# x\"\n",
		"x # y":           "v: 'x # y'\n",
		"a: b":            "v: \"a: b\"\n",
		"{a}":             "v: \"{a}\"\n",
		"*a":              "v: '*a'\n",
		"it's":            "v: it's\n",
		" space ":         "v: ' space '\n",
		"one\ntwo\n":      "v: |\n  one\n  two\n",
		"one\ntwo":        "v: |-\n  one\n  two\n",
		"trailing \nx\n":  "v: \"trailing \\nx\\n\"\n",
		"tab\tx":          "v: \"tab\\tx\"\n",
		"\n":              "v: |2+\n\n",
		"  lead\nx":       "v: |2-\n    lead\n  x\n",
		"é ü 中":           "v: é ü 中\n",
		"\u2028":          "v: \"\\L\"\n",
		"\u0085":          "v: \"\\N\"\n",
		"a\r\nb":          "v: \"a\\r\\nb\"\n",
		"\ufeffx":         "v: \"\\uFEFF\\x78\"\n",
		"http://a.b/c?d=": "v: http://a.b/c?d=\n",
		"%d":              "v: '%d'\n",
		"@x":              "v: '@x'\n",
	} {
		n, err := ToNode(map[string]string{"v": in})
		if err != nil {
			t.Fatal(err)
		}
		text, err := EncodeNode(n)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
		back, ps := Parse(string(text), model.Place{})
		if len(ps) > 0 || Text(back, "v") != in {
			t.Errorf("%q came back as %q, %v", in, Text(back, "v"), ps)
		}
		var other struct{ V string }
		if err := yaml.UnmarshalStrict(text, &other); err != nil || other.V != in {
			t.Errorf("%q came back from sigs.k8s.io/yaml as %q, %v", in, other.V, err)
		}
	}
}

func TestToNodeLeavesOutWhatGoEncodesAlthoughItIsEmpty(t *testing.T) {
	n, err := ToNode(&appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"z": "1", "a": "on"}},
		Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			Volumes: []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
			Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi"), corev1.ResourceCPU: resource.MustParse("1000m")},
			}}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := EncodeNode(n)
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  labels:
    a: "on"
    z: "1"
spec:
  selector: null
  template:
    metadata: {}
    spec:
      volumes:
      - name: v
        emptyDir: {}
      containers:
      - name: c
        resources:
          requests:
            cpu: "1"
            memory: 1Gi
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestToNodeReportsWhatIsNoJSON(t *testing.T) {
	if _, err := ToNode(map[string]any{"f": func() {}}); err == nil || err.Error() != "json: unsupported type: func()" {
		t.Errorf("got error %v", err)
	}
}

func TestResults(t *testing.T) {
	text, err := Results(model.Problems{
		{
			ID: model.InputField, Severity: model.Error, Message: `unknown field "replica"; did you mean "replicas"?`, Value: "2", Suggestion: "replicas",
			Place: model.Place{Object: model.Object{APIVersion: "wso2.com/v1alpha1", Kind: "API", Namespace: "shop", Name: "a"}, File: "a.yaml", Index: 2, Field: "spec.replica", Line: 7},
		},
		{ID: model.InputSyntax, Severity: model.Warning, Message: "is not valid: - x", Place: model.Place{File: "b.yaml"}, Value: "not shown without a field"},
		{ID: model.HPAConfig, Severity: model.Info, Message: "yes"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `results:
- message: "line 7: unknown field \"replica\"; did you mean \"replicas\"? [input/field]"
  severity: error
  resourceRef:
    apiVersion: wso2.com/v1alpha1
    kind: API
    name: a
    namespace: shop
  field:
    path: spec.replica
    currentValue: "2"
    proposedValue: replicas
  file:
    path: a.yaml
    index: 2
  tags:
    id: input/field
- message: 'is not valid: - x [input/syntax]'
  severity: warning
  file:
    path: b.yaml
  tags:
    id: input/syntax
- message: yes [hpa/config]
  severity: info
  tags:
    id: hpa/config
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text, err := Results(nil); text != nil || err != nil {
		t.Errorf("no problems give %q, %v", text, err)
	}
}

func TestEncodeNodeKeepsCommentsAndStyles(t *testing.T) {
	const text = "# top\na: 'x' # beside\nb: {c: [1, 2]}\n# foot\n"
	docs, ps := ParseAll(text, model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	got, err := EncodeNode(docs[0].Root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
