package swagger

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Addition is what AddTo adds to the root of a document.
type Addition struct {
	// Target is the name of a TargetEndpoint. It becomes the only url of x-wso2-production-endpoints.
	Target string
	// Public adds x-wso2-disable-security: true.
	Public bool
}

// AddTo returns the text of a document that Read accepts with an addition. Every byte of the text stays, including comments. In
// block style, it inserts lines before paths and the comments above it; in JSON and flow style, it inserts the first members. If
// the layout of the text allows neither, the error says what to add manually.
func (a Addition) AddTo(text []byte) ([]byte, error) {
	manual := fmt.Sprintf("%s: {urls: [%s]}", productionExtension, a.Target)
	if a.Public {
		manual += fmt.Sprintf(" and %s: true", disableExtension)
	}
	byHand := fmt.Errorf("its layout does not allow an automatic edit; add %s at its root", manual)
	root, ps := krm.Parse(string(text), model.Place{})
	if ps.HasErrors() || root.Kind != yaml.MappingNode {
		return nil, byHand
	}
	for _, key := range []string{productionExtension, disableExtension} {
		if krm.Get(root, key) != nil && (a.Public || key == productionExtension) {
			return nil, fmt.Errorf("it has %s", key)
		}
	}
	added := a.inBlock(text, root)
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(text, byteOrderMark), " \t\r\n"), []byte("{")) {
		added = a.inFlow(text)
	}
	if added == nil || !a.isOnly(added, root) {
		return nil, byHand
	}
	return added, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// inBlock adds lines before the key paths or, without paths, before that of the version.
func (a Addition) inBlock(text []byte, root *yaml.Node) []byte {
	var key *yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		k := root.Content[i]
		if k.Value == "paths" || key == nil && (k.Value == "openapi" || k.Value == "swagger") {
			key = k
		}
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	if key == nil || key.Line < 1 || key.Line > len(lines) {
		return nil
	}
	at, indent := key.Line-1, strings.Repeat(" ", max(key.Column-1, 0))
	// A comment in the column of the key belongs to it. In a multi-line text, it would be further to the right.
	for key.Value == "paths" && at > 0 && bytes.HasPrefix(lines[at-1], []byte(indent+"#")) {
		at--
	}
	end := "\n"
	if bytes.HasSuffix(lines[0], []byte("\r\n")) {
		end = "\r\n"
	}
	name, err := yaml.Marshal(a.Target) // Quoted if it could be read as a value other than a string.
	if err != nil {
		return nil
	}
	added := []string{productionExtension + ":", "  urls:", "  - " + strings.TrimSpace(string(name))}
	if a.Public {
		added = append(added, disableExtension+": true # everyone can call the API; without this line, clients need a token")
	}
	var b bytes.Buffer
	for _, line := range added {
		b.WriteString(indent + line + end)
	}
	return slices.Concat(bytes.Join(lines[:at], nil), b.Bytes(), bytes.Join(lines[at:], nil))
}

// inFlow adds the first members of the mapping at the start of text, in the layout of the existing first member.
func (a Addition) inFlow(text []byte) []byte {
	open := bytes.IndexByte(text, '{') + 1
	rest := text[open:]
	space := rest[:len(rest)-len(bytes.TrimLeft(rest, " \t\r\n"))]
	separator := string(space)
	if separator == "" {
		separator = " "
	}
	added := fmt.Sprintf("%q: {\"urls\": [%q]},%s", productionExtension, a.Target, separator)
	if a.Public {
		added += fmt.Sprintf("%q: true,%s", disableExtension, separator)
	}
	return fmt.Appendf(nil, "%s%s%s%s", text[:open], space, added, rest[len(space):])
}

// isOnly reports whether text contains root and the addition, and nothing else.
func (a Addition) isOnly(text []byte, root *yaml.Node) bool {
	changed, ps := krm.Parse(string(text), model.Place{})
	if ps.HasErrors() || changed.Kind != yaml.MappingNode {
		return false
	}
	urls := krm.Get(krm.Get(changed, productionExtension), "urls")
	if urls == nil || len(urls.Content) != 1 || urls.Content[0].Value != a.Target {
		return false
	}
	rest := *changed
	rest.Content = nil
	for i := 0; i+1 < len(changed.Content); i += 2 {
		key := changed.Content[i].Value
		if key != productionExtension && (key != disableExtension || !a.Public) {
			rest.Content = append(rest.Content, changed.Content[i:i+2]...)
		}
	}
	return krm.Digest(&rest) == krm.Digest(root)
}
