package hpa

import (
	"fmt"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// spot is a value in a YAML text. If node is nil, it is the place of a missing or null value, with the line of the parent.
type spot struct {
	node *yaml.Node
	at   model.Place
}

// child returns the spot at a path of names below s, such as metric.name.
func (s spot) child(path string) spot {
	for name := range strings.SplitSeq(path, ".") {
		s = s.step(krm.Get(s.node, name), s.at.Child(name))
	}
	return s
}

// members iterates over the keys of the mapping at s, with the spots of their values.
func (s spot) members() iter.Seq2[string, spot] {
	return func(yield func(string, spot) bool) {
		for i := 0; s.node != nil && i+1 < len(s.node.Content); i += 2 {
			key := s.node.Content[i].Value
			if !yield(key, s.step(s.node.Content[i+1], s.at.Child(key))) {
				return
			}
		}
	}
}

// item returns the spot of element i of the list at s. The element must exist.
func (s spot) item(i int) spot {
	return s.step(s.node.Content[i], s.at.Item(i))
}

func (s spot) step(n *yaml.Node, at model.Place) spot {
	if n != nil {
		at.Line = int32(n.Line)
	}
	if krm.IsNull(n) {
		n = nil
	}
	return spot{node: n, at: at}
}

// present returns the spots of those paths below s that have a value.
func (s spot) present(paths []string) []spot {
	var out []spot
	for _, path := range paths {
		if c := s.child(path); c.node != nil {
			out = append(out, c)
		}
	}
	return out
}

// value returns the scalar at s as written.
func (s spot) value() string {
	if s.node == nil || s.node.Kind != yaml.ScalarNode {
		return ""
	}
	return cut(s.node.Value)
}

// is returns value, or "missing" if s has no value.
func is(s spot, value string) string {
	if s.node == nil {
		return "missing"
	}
	return value
}

// checker collects the problems of decoded values.
type checker struct {
	id       model.ID
	problems model.Problems
	// failed contains the fields that could not be decoded. They do not have the values that were written, so checking
	// them would only cause confusion.
	failed map[string]bool
}

// fail excludes field, and everything below it, from the checks.
func (c *checker) fail(field string) {
	if c.failed == nil {
		c.failed = map[string]bool{}
	}
	c.failed[field] = true
}

// hasFailed reports whether field or one of its parents has failed.
func (c *checker) hasFailed(field string) bool {
	// Real paths have fewer steps; a malicious key can have millions of dots.
	const most = 20
	steps := 0
	for i := 0; i < len(field) && steps < most; i++ {
		if field[i] == '.' || field[i] == '[' {
			steps++
			if c.failed[field[:i]] {
				return true
			}
		}
	}
	return c.failed[field]
}

// add adds the problems of decoding. If an unknown field is probably a misspelled name, the right name also fails.
func (c *checker) add(ps model.Problems) {
	c.problems.Add(ps...)
	for _, p := range ps {
		c.fail(p.Place.Field)
		if i := strings.LastIndexByte(p.Place.Field, '.'); p.ID == model.InputField && p.Suggestion != "" && i > 0 {
			c.fail(p.Place.Field[:i+1] + p.Suggestion)
		}
	}
}

// errorf adds an error at s.
func (c *checker) errorf(s spot, format string, args ...any) {
	c.report(model.Problem{Severity: model.Error}, s, fmt.Sprintf(format, args...))
}

// suggest adds an error at s. better is the value that was probably meant; "" if unknown.
func (c *checker) suggest(s spot, better, format string, args ...any) {
	c.report(model.Problem{Severity: model.Error, Suggestion: better}, s, fmt.Sprintf(format, args...))
}

// warnf adds a warning at s.
func (c *checker) warnf(s spot, format string, args ...any) {
	c.report(model.Problem{Severity: model.Warning}, s, fmt.Sprintf(format, args...))
}

func (c *checker) report(p model.Problem, s spot, message string) {
	if c.hasFailed(s.at.Field) {
		return
	}
	p.ID, p.Place, p.Value, p.Message = c.id, s.at, s.value(), message
	c.problems.Add(p)
}

// join joins names for a message: "a", "a and b", "a, b, and c".
func join[T ~string](names []T, last string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 && len(names) > 2 {
			b.WriteByte(',')
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		if i > 0 && i == len(names)-1 {
			b.WriteString(last + " ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}
