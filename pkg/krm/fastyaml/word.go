package fastyaml

import "strings"

// isWord tells whether s is written as it is, and read as a string by all YAML parsers, without asking any of them: names,
// paths, images and the like. For all else, the encoder of the YAML library and its rules are asked.
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

// isMeasure tells the same of a number with a unit, such as 500m, 512Mi and 30s.
func isMeasure(s string) bool {
	unit := strings.TrimLeft(s, "0123456789")
	switch unit {
	case "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "s", "h", "d":
		return unit != s
	}
	return false
}

// isCount tells whether s is a number to all YAML parsers, so that the string has to be quoted.
func isCount(s string) bool {
	const most = 15 // Some parsers take longer ones for fractions.
	return s != "" && len(s) <= most && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isReserved tells whether a parser of YAML 1.1 or 1.2 takes a word for a boolean or null.
func isReserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}
