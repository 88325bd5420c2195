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

// AddEndpoint returns the text of a document that Read accepts with x-wso2-production-endpoints at its root, with target, the
// name of a TargetEndpoint, as its only url. Every byte of the text stays, including comments. In block style, it inserts three
// lines before paths and the comments above it; in JSON and flow style, it inserts the first member. If the layout of the text
// allows neither, the error says what to add manually.
func AddEndpoint(text []byte, target string) ([]byte, error) {
	byHand := fmt.Errorf("its layout does not allow an automatic edit; add %s: {urls: [%s]} at its root",
		productionExtension, target)
	root, ps := krm.Parse(string(text), model.Place{})
	if ps.HasErrors() || root.Kind != yaml.MappingNode {
		return nil, byHand
	}
	if krm.Get(root, productionExtension) != nil {
		return nil, fmt.Errorf("it has %s", productionExtension)
	}
	added := inBlock(text, root, target)
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(text, byteOrderMark), " \t\r\n"), []byte("{")) {
		added = inFlow(text, target)
	}
	if added == nil || !isAddition(added, root, target) {
		return nil, byHand
	}
	return added, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// inBlock adds lines before the key paths or, without paths, before that of the version.
func inBlock(text []byte, root *yaml.Node, target string) []byte {
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
	name, err := yaml.Marshal(target) // Quoted if it could be read as a value other than a string.
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	for _, line := range []string{productionExtension + ":", "  urls:", "  - " + strings.TrimSpace(string(name))} {
		b.WriteString(indent + line + end)
	}
	return slices.Concat(bytes.Join(lines[:at], nil), b.Bytes(), bytes.Join(lines[at:], nil))
}

// inFlow adds the first member of the mapping at the start of text, in the layout of the existing first member.
func inFlow(text []byte, target string) []byte {
	open := bytes.IndexByte(text, '{') + 1
	rest := text[open:]
	space := rest[:len(rest)-len(bytes.TrimLeft(rest, " \t\r\n"))]
	separator := string(space)
	if separator == "" {
		separator = " "
	}
	return fmt.Appendf(nil, "%s%s%q: {\"urls\": [%q]},%s%s",
		text[:open], space, productionExtension, target, separator, rest[len(space):])
}

// isAddition reports whether text contains root and the endpoint, and nothing else.
func isAddition(text []byte, root *yaml.Node, target string) bool {
	changed, ps := krm.Parse(string(text), model.Place{})
	if ps.HasErrors() || changed.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(changed.Content); i += 2 {
		if changed.Content[i].Value == productionExtension {
			urls := krm.Get(changed.Content[i+1], "urls")
			rest := *changed
			rest.Content = slices.Concat(changed.Content[:i], changed.Content[i+2:])
			return urls != nil && len(urls.Content) == 1 && urls.Content[0].Value == target && krm.Digest(&rest) == krm.Digest(root)
		}
	}
	return false
}
