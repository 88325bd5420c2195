package krm

import (
	"errors"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// maxQuantity is the maximum length of a quantity in bytes. The longest one that Kubernetes writes has about 25.
const maxQuantity = 64

var (
	longExponent         = model.Pattern(`[eE][+-]?\d{4}`)
	numberWithExponent   = model.Pattern(`^[+-]?[\d.]+[eE][+-]?\d+$`)
	errUnboundedQuantity = errors.New("has too many digits")
)

// IsBoundedQuantity reports whether text is short enough for resource.ParseQuantity, including its exponent. ParseQuantity
// spells out every digit of an exponent, so 1e-2000000000 would take hours and gigabytes. Text that is short enough is not
// necessarily a quantity.
func IsBoundedQuantity(text string) bool {
	return len(text) <= maxQuantity && !longExponent().MatchString(text)
}

// hasUnboundedQuantity reports whether a scalar below n is a number with an exponent that is too large.
func hasUnboundedQuantity(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return numberWithExponent().MatchString(n.Value) && !IsBoundedQuantity(n.Value)
	}
	return slices.ContainsFunc(n.Content, hasUnboundedQuantity)
}
