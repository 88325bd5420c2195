package model

import (
	"strconv"
	"strings"
)

// Quote quotes a value of the input for a message, and shortens it.
func Quote(s string) string { return strconv.Quote(Shorten(s, MaxShown)) }

// Join joins names for a message: "a", "a and b", "a, b, and c".
func Join[T ~string](names []T, last string) string {
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
