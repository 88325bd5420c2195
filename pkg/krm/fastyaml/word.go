package fastyaml

import "strings"

// isWord reports whether s is a name, path, image, or similar text that needs no quotes because all YAML parsers read it as a
// string. For all other text, the encoder of the YAML library decides.
func isWord(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' {
		return false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case isLetter(c), '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '/':
		case c == ':' && i+1 < len(s) && (isLetter(s[i+1]) || '0' <= s[i+1] && s[i+1] <= '9' || s[i+1] == '/'):
		default:
			return false
		}
	}
	return len(s) > len("false") || !isReserved(s)
}

// isMeasure reports the same for a number with a unit, such as 500m, 512Mi, and 30s.
func isMeasure(s string) bool {
	unit := strings.TrimLeft(s, "0123456789")
	switch unit {
	case "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "s", "h", "d":
		return unit != s
	}
	return false
}

// isCount reports whether all YAML parsers read s as a number, so that the string must be quoted.
func isCount(s string) bool {
	const most = 15 // Some parsers read longer numbers as fractions.
	return s != "" && len(s) <= most && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isReserved reports whether a YAML 1.1 or 1.2 parser reads a word as a boolean or null.
func isReserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}
