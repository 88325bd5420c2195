package krm

import (
	"errors"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// maxQuantity is how many bytes a quantity may have; the longest that Kubernetes itself writes has about 25.
const maxQuantity = 64

var (
	longExponent         = regexp.MustCompile(`[eE][+-]?\d{4}`)
	numberWithExponent   = regexp.MustCompile(`^[+-]?[\d.]+[eE][+-]?\d+$`)
	errUnboundedQuantity = errors.New("has too many digits")
)

// IsBoundedQuantity tells whether text is short enough, its exponent included, for resource.ParseQuantity: that writes
// out every digit that an exponent stands for, so that 1e-2000000000 would take hours and gigabytes. It does not tell
// whether text is a quantity.
func IsBoundedQuantity(text string) bool {
	return len(text) <= maxQuantity && !longExponent.MatchString(text)
}

// hasUnboundedQuantity tells whether a scalar below n is a number whose exponent is out of bounds.
func hasUnboundedQuantity(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return numberWithExponent.MatchString(n.Value) && !IsBoundedQuantity(n.Value)
	}
	return slices.ContainsFunc(n.Content, hasUnboundedQuantity)
}
