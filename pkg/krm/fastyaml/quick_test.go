package fastyaml

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// maxFuzz keeps single runs short: what is slow by its size is another test's matter.
const maxFuzz = 64 << 10

// quickTexts are texts that the quick parser reads, with what is easy to get wrong in them.
var quickTexts = map[string]string{
	"nested":            "a:\n  b:\n  - c: 1\n    d:\n    - e\n    -   f: g\n        h: i\n  - - x\n    - y\nz: 2\n",
	"nulls":             "a:\nb:\n- \n-\n- c:\nd:   \n",
	"list at its key":   "a:\n- b\n- c\nd: e\n",
	"literals":          "a: |\n  x\n\n    y\n\n\nb: |-\n  x\n\nc: |+\n   x\n   \n\nd:\n- |\n  x\n  # no comment\n- |-\n   y\n",
	"literal at end":    "a: |\n  x\n   y",
	"scalars":           "a: 1\nb: -1.5\nc: true\nd: ~\ne: null\nf: 2020-01-01\ng: 0x10\nh: yes\ni: http://a:1/b#c\nj: a [b] {c}, d\nk: -x\nl: .5\nm: 1:30\n",
	"quotes":            "\"a\": \"b # c\"\n'd' : 'e: f'\ng: \"\"\nh: ''\n",
	"flow":              "a: []\nb: {}\nc: [a, 1, 'x y', \"z\", [true]]\nd: {a: 1, b: [x], \"c\": {}}\ne: [ a , b ]\nf: {name: Apache 2.0, x y: z}\n",
	"comments":          "# top\na: b # beside\n\n  # inside\nc: # of the list\n# at the list\n- d # e\n# end\n",
	"documents":         "a: 1\n---\nb: 2\n--- \n---\n# empty\n---\nc: 3\n",
	"document first":    "# c\n---\na: 1\n",
	"separator last":    "a: 1\n---\n",
	"letters":           "größe: ä\nx: 'é'\ny: \"中\"\nz: é: no\n",
	"separators inside": "a: |\n  ---\n  b\nc: d\n",
	"spaces at the end": "a: b  \nc:  d # e  \n",
}

func TestQuickReadsWhatPeopleWrite(t *testing.T) {
	for name, text := range quickTexts {
		t.Run(name, func(t *testing.T) {
			if _, _, ok := Parse(text); !ok && name != "letters" {
				t.Error("the quick parser gives up")
			}
			compareQuick(t, text)
		})
	}
}

// TestQuickGivesUp: what ends too early is left to the library, and its error.
func TestQuickGivesUp(t *testing.T) {
	for _, text := range []string{"a: {b: c, ", "a: [b, ", "a: {b: ", "a: {", "a: \"b", "a: |\n"} {
		if _, _, ok := Parse(text); ok {
			t.Errorf("the quick parser reads %q", text)
		}
	}
}

// Most inputs are to be read by the quick parser; the others test what it leaves to the library.
func TestQuickReadsTheExamples(t *testing.T) {
	files, err := filepath.Glob("../../../examples/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok := Parse(string(text)); !ok {
			t.Errorf("the quick parser does not read %s", file)
		}
	}
}

// compareQuick reports where the quick parser, if it does not give up, reads anything else than the YAML library.
func compareQuick(t *testing.T, text string) {
	t.Helper()
	docs, comments, ok := Parse(text)
	WithNodes(text, func(again []Document, also bool) {
		if diff := cmp.Diff(roots(docs), roots(again)); diff != "" || also != ok {
			t.Errorf("%q: in nodes that are used again (-new +used):\n%s", text, diff)
		}
	})
	if !ok {
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for i, at := 0, 0; ; i++ {
		root, err := decodeNext(dec)
		if errors.Is(err, io.EOF) {
			if at < len(docs) {
				t.Errorf("there are %d more documents", len(docs)-at)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: the library refuses it: %v", text, err)
		}
		if root == nil {
			continue
		}
		if at == len(docs) {
			t.Fatalf("%q: document %d is missing", text, i)
		}
		if hasComments(root) && !comments {
			t.Errorf("%q: the comments are not seen", text)
		}
		if docs[at].Index != i {
			t.Errorf("%q: document %d has the index %d", text, i, docs[at].Index)
		}
		if diff := cmp.Diff(withoutComments(root), docs[at].Root); diff != "" {
			t.Fatalf("%q (-library +quick):\n%s", text, diff)
		}
		again, _, ok := Parse(docs[at].Text)
		if !ok || len(again) != 1 || !bytes.Equal(mustEncode(t, again[0].Root), mustEncode(t, docs[at].Root)) {
			t.Fatalf("%q: the text of document %d is %q", text, i, docs[at].Text)
		}
		at++
	}
}

// decodeNext reads one document with the library; a document without a value gives nil.
func decodeNext(dec *yaml.Decoder) (root *yaml.Node, err error) {
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].ShortTag() == NullTag {
		return nil, nil
	}
	return doc.Content[0], nil
}

func roots(docs []Document) []*yaml.Node {
	var all []*yaml.Node
	for _, d := range docs {
		all = append(all, d.Root)
	}
	return all
}

func mustEncode(t *testing.T, n *yaml.Node) []byte {
	t.Helper()
	text, err := Encode(n)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func hasComments(n *yaml.Node) bool {
	found := n.HeadComment+n.LineComment+n.FootComment != ""
	for _, c := range n.Content {
		found = found || hasComments(c)
	}
	return found
}

func withoutComments(n *yaml.Node) *yaml.Node {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		withoutComments(c)
	}
	return n
}

// FuzzQuick checks that the quick parser, where it does not give up, reads what the YAML library reads.
func FuzzQuick(f *testing.F) {
	for _, text := range quickTexts {
		f.Add(text)
	}
	for _, pattern := range []string{"../../../testdata/*/input.yaml", "../../../examples/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) <= maxFuzz {
			compareQuick(t, text)
		}
	})
}
