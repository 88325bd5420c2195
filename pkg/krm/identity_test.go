package krm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is only looked at is not copied, but for what the metadata holds.
func TestLiteralBlocksOfItems(t *testing.T) {
	const annotated = "- kind: A\n  metadata:\n    name: a\n    annotations:\n      note: |\n        of\n          two\n  data:\n    k: |\n      v\n\n      w\n"
	const plain = "- kind: B\n  metadata:\n    name: b\n    annotations:\n      note: of one\n  data:\n    k: |-\n      v\n       w\n"
	l := mustReadList(t, listHead+"items:\n"+annotated+plain)
	for i, want := range []struct{ note, data string }{{"of\n  two\n", "v\n\nw\n"}, {"of one", "v\n w"}} {
		it := l.Items[i]
		if it.body.(*listedBody).parsed != nil {
			t.Errorf("item %d keeps its node", i)
		}
		if diff := cmp.Diff(map[string]string{"note": want.note}, it.Annotations); diff != "" {
			t.Errorf("annotations of item %d (-want +got):\n%s", i, diff)
		}
		var out struct {
			Data map[string]string `json:"data"`
		}
		it.Decode(&out)
		if diff := cmp.Diff(map[string]string{"k": want.data}, out.Data); diff != "" {
			t.Errorf("data of item %d (-want +got):\n%s", i, diff)
		}
		it.MarkLocal()
		if it.body.(*listedBody).parsed != nil {
			t.Errorf("item %d keeps its node once it is marked", i)
		}
	}
	mark := "    annotations:\n      config.kubernetes.io/local-config: \"true\"\n"
	want := listHead + "items:\n"
	for _, text := range []string{annotated, plain} {
		before, after, _ := strings.Cut(text, "    annotations:\n")
		want += before + mark + after
	}
	if diff := cmp.Diff(want, string(mustBytes(t, l, l.Items, nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
