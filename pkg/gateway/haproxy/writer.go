package haproxy

import (
	"errors"
	"fmt"
	"strings"
)

// mostWords is the maximum number of words in a line (MAX_LINE_ARGS, include/haproxy/defaults.h).
const mostWords = 64

// writer writes sections and directives. It collects errors, so that callers need not check each line.
type writer struct {
	text strings.Builder
	errs []error
	// lines are the words of every line, for tests.
	lines [][]string
}

// section begins a section.
func (w *writer) section(words ...string) {
	if w.text.Len() > 0 {
		w.text.WriteByte('\n')
	}
	w.write("", words)
}

// line writes a directive.
func (w *writer) line(words ...string) { w.write("  ", words) }

// rule writes a directive with a condition; no words for none.
func (w *writer) rule(condition []string, words ...string) {
	if len(condition) > 0 {
		words = append(append(words, "if"), condition...)
	}
	w.line(words...)
}

// values writes lines that begin with the same words, and spreads values over as many as necessary.
func (w *writer) values(words, values []string) {
	for room := mostWords - len(words) - 1; len(values) > 0; {
		n := min(room, len(values))
		w.line(append(append([]string{}, words...), values[:n]...)...)
		values = values[n:]
	}
}

func (w *writer) write(indent string, words []string) {
	w.lines = append(w.lines, words)
	if len(words) > mostWords {
		w.errs = append(w.errs, fmt.Errorf("%q has more than %d words", words[0], mostWords))
	}
	w.text.WriteString(indent)
	for i, word := range words {
		if i > 0 {
			w.text.WriteByte(' ')
		}
		quoted, err := quote(word)
		w.errs = append(w.errs, err)
		w.text.WriteString(quoted)
	}
	w.text.WriteByte('\n')
}

func (w *writer) err() error { return errors.Join(w.errs...) }

// quote returns a word of the configuration that HAProxy reads as s. Single quotes protect everything except themselves and the
// end of a line.
func quote(s string) (string, error) {
	switch {
	case s == "": // HAProxy 2.6 ignores the rest of the line, and newer versions reject it.
		return "''", errors.New("a value is empty")
	case strings.ContainsFunc(s, isControl):
		return "''", fmt.Errorf("%q contains a control character", s)
	case !strings.ContainsAny(s, " #\\\"'$"):
		return s, nil
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// user writes a user whose name and password HAProxy takes from its environment. In double quotes, no character of a value is
// special.
func (w *writer) user(u User) {
	for _, name := range []string{u.NameVariable, u.PasswordVariable} {
		if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || name == "" {
			w.errs = append(w.errs, fmt.Errorf("%q cannot name a variable", name))
		}
	}
	w.lines = append(w.lines, []string{"user", u.NameVariable, u.PasswordVariable})
	fmt.Fprintf(&w.text, "  user \"${%s}\" insecure-password \"${%s}\"\n", u.NameVariable, u.PasswordVariable)
}

// literal returns s as part of a format string (section 8.2.4), in which a percent sign begins a variable.
func literal(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// mapFile is a file of keys and values. A key ends at the first blank, and the value at the end of the line.
type mapFile struct {
	text strings.Builder
	seen map[string]bool
	errs []error
}

// add adds a key. The first of equal keys wins.
func (m *mapFile) add(key, value string) {
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	if m.seen[key] {
		return
	}
	m.seen[key] = true
	if key == "" || key[0] == '#' || strings.ContainsAny(key, " \t") || strings.ContainsFunc(key+value, isControl) {
		m.errs = append(m.errs, fmt.Errorf("%q cannot be the key of a map", key))
		return
	}
	m.text.WriteString(key + " " + value + "\n")
}
