package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Printable returns s with an escape for each character that a terminal or editor might interpret: control characters, changes of
// the writing direction, and invisible ones. Line breaks and tabs stay. In a JSON string, an escape has the meaning of the
// character.
func Printable(s string) string {
	s = strings.ToValidUTF8(s, string(unicode.ReplacementChar))
	if !strings.ContainsFunc(s, isActive) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !isActive(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			_, _ = fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

func isActive(r rune) bool {
	return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
