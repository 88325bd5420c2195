package httproute

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// parameter matches a path parameter.
var parameter = model.Pattern(`\{[^{}/]*\}`)

// segment is a part of a path between slashes. If it has parameters, head is the text before the first, and tail the text after
// the last. Otherwise, head is the whole text.
type segment struct {
	head, tail string
	param      bool
}

// segments returns the segments of a path that begins with a slash.
func segments(path string) []segment {
	var all []segment
	for text := range strings.SplitSeq(path[1:], "/") {
		found := parameter().FindAllStringIndex(text, -1)
		if found == nil {
			all = append(all, segment{head: encode(text)})
			continue
		}
		all = append(all, segment{encode(text[:found[0][0]]), encode(text[found[len(found)-1][1]:]), true})
	}
	return all
}

// overlaps reports whether a text can match both segments. It can be true for some that no text matches.
func (s segment) overlaps(other segment) bool {
	switch {
	case !s.param && !other.param:
		return s.head == other.head
	case !other.param:
		return other.overlaps(s)
	case !s.param:
		return len(s.head) > len(other.head)+len(other.tail) && strings.HasPrefix(s.head, other.head) &&
			strings.HasSuffix(s.head, other.tail)
	}
	return (strings.HasPrefix(s.head, other.head) || strings.HasPrefix(other.head, s.head)) &&
		(strings.HasSuffix(s.tail, other.tail) || strings.HasSuffix(other.tail, s.tail))
}

// overlap reports whether all segments overlap in pairs.
func overlap(a, b []segment) bool {
	for i := range a {
		if !a[i].overlaps(b[i]) {
			return false
		}
	}
	return true
}

// covers reports whether all texts that match b surely match a.
func covers(a, b []segment) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s segment) bool { return s != segment{param: true} })
}

// pattern returns a regular expression that matches what a template matches. It has only what RE2, PCRE, and POSIX have in common.
func pattern(path string) string {
	var b strings.Builder
	b.WriteByte('^')
	end := 0
	for _, at := range parameter().FindAllStringIndex(path, -1) {
		b.WriteString(regexp.QuoteMeta(encode(path[end:at[0]])))
		b.WriteString("[^/]+")
		end = at[1]
	}
	b.WriteString(regexp.QuoteMeta(encode(path[end:])))
	b.WriteByte('$')
	return b.String()
}

// literalPart returns the segments of a path before its first parameter; "" for none.
func literalPart(path string) string {
	if at := parameter().FindStringIndex(path); at != nil {
		path = path[:at[0]]
	}
	return path[:strings.LastIndexByte(path, '/')]
}

// encode percent-encodes everything that cannot stand in the path of a request (RFC 3986, section 3.3). It keeps valid
// percent-encoding.
func encode(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0,
			c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// maxPath is the maximum length of a path in an HTTPRoute.
const maxPath = 1024

// pathProblem returns why the path of an operation cannot stand in an HTTPRoute, or "".
func pathProblem(base, path string) string {
	switch {
	case !strings.HasPrefix(path, "/"):
		return "does not begin with a slash"
	case strings.ContainsAny(path, "?#"):
		return "has a query or a fragment, which no request path has; remove it"
	}
	for _, s := range []string{"//", "/./", "/../", "%2f", "%2F"} {
		if strings.Contains(base+strings.TrimSuffix(path, "/")+"/", s) {
			return fmt.Sprintf("contains %q, which an HTTPRoute cannot match", s)
		}
	}
	return ""
}
