package krm

import (
	"errors"
	"regexp"
)

// maxQuantity is how many bytes a quantity may have; the longest that Kubernetes itself writes has about 25.
const maxQuantity = 64

var (
	longExponent         = regexp.MustCompile(`[eE][+-]?[0-9]{4}`)
	errUnboundedQuantity = errors.New("has too many digits")
)

// IsBoundedQuantity tells whether text is short enough, its exponent included, for resource.ParseQuantity: that writes
// out every digit that an exponent stands for, so that 1e-2000000000 would take hours and gigabytes. It does not tell
// whether text is a quantity.
func IsBoundedQuantity(text string) bool {
	return len(text) <= maxQuantity && !longExponent.MatchString(text)
}
