package adapter

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// inverse is the naming of a rule, from the metric to the series.
type inverse struct {
	tree  *syntax.Regexp
	parts []part
	// marked means that name.as contains the characters that mark captures, so the parts may be wrong.
	marked bool
	// results match the expansions of name.as, greedy and not, with a group for each capture.
	results []*regexp.Regexp
}

// newInverse returns the inverse of a naming that the adapter accepts.
func newInverse(matches, as string) *inverse {
	re := regexp.MustCompile(matches)
	tree, _ := syntax.Parse(matches, syntax.Perl) // What compiles parses.
	inv := &inverse{tree: tree, parts: expandMarked(re, as), marked: strings.ContainsAny(as, "\x00\x01\x02")}
	for _, group := range []string{"(.*)", "(.*?)"} {
		var b strings.Builder
		for _, p := range inv.parts {
			if p.group < 0 {
				b.WriteString(regexp.QuoteMeta(p.text))
			} else {
				b.WriteString(group)
			}
		}
		inv.results = append(inv.results, regexp.MustCompile("^"+b.String()+"$"))
	}
	return inv
}

// series returns names that may become metric. They are guesses; the adapter's own code must confirm them.
func (inv *inverse) series(metric string) []string {
	var out []string
	for _, re := range inv.results {
		m := re.FindStringSubmatch(metric)
		if m == nil {
			return nil
		}
		captures := map[int]string{}
		for _, p := range inv.parts {
			if p.group >= 0 {
				m = m[1:]
				captures[p.group] = m[0]
			}
		}
		if whole, ok := captures[0]; ok {
			out = append(out, whole)
			continue
		}
		out = append(out, enumerate(inv.tree, captures)...)
	}
	return out
}

// literal reports whether the naming does not depend on the series.
func (inv *inverse) literal() bool {
	return !slices.ContainsFunc(inv.parts, func(p part) bool { return p.group >= 0 })
}

// part is a part of name.as: a text or, if group is not negative, a capture.
type part struct {
	text  string
	group int
}

// expandMarked splits name.as as Regexp.Expand does. An unknown capture expands to nothing.
func expandMarked(re *regexp.Regexp, as string) []part {
	if as == "" {
		as = "$0"
		if re.NumSubexp() == 1 {
			as = "$1"
		}
	}
	mark := func(i int) string { return fmt.Sprintf("\x00%d\x01", i) }
	pattern, source := "\x02", "\x02"
	for i, name := range re.SubexpNames()[1:] {
		open := "("
		if name != "" {
			open = "(?P<" + name + ">"
		}
		pattern += open + mark(i+1) + ")"
		source += mark(i + 1)
	}
	marked := regexp.MustCompile(pattern)
	text := string(marked.ExpandString(nil, as, source, marked.FindStringSubmatchIndex(source)))
	text = strings.ReplaceAll(text, source, mark(0))
	var parts []part
	for text != "" {
		before, rest, found := strings.Cut(text, "\x00")
		if before != "" {
			parts = append(parts, part{before, -1})
		}
		if !found {
			break
		}
		number, after, _ := strings.Cut(rest, "\x01")
		group, _ := strconv.Atoi(number)
		parts, text = append(parts, part{"", group}), after
	}
	return parts
}

// maxEnumerated limits the strings that an expression is expanded to.
const maxEnumerated = 64

// enumerate returns short strings that match an expression, with the given texts for its captures.
func enumerate(re *syntax.Regexp, captures map[int]string) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return []string{pick(re)}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"a"}
	case syntax.OpCapture:
		if text, ok := captures[re.Cap]; ok {
			return []string{text}
		}
		return enumerate(re.Sub[0], captures)
	case syntax.OpStar, syntax.OpQuest:
		return append([]string{""}, enumerate(re.Sub[0], captures)...)
	case syntax.OpPlus:
		return enumerate(re.Sub[0], captures)
	case syntax.OpRepeat:
		return enumerateAll(slices.Repeat(re.Sub, min(re.Min, maxEnumerated)), captures)
	case syntax.OpConcat:
		return enumerateAll(re.Sub, captures)
	case syntax.OpAlternate:
		var out []string
		for _, sub := range re.Sub {
			out = append(out, enumerate(sub, captures)...)
		}
		return out[:min(len(out), maxEnumerated)]
	}
	return []string{""}
}

func enumerateAll(subs []*syntax.Regexp, captures map[int]string) []string {
	out := []string{""}
	for _, sub := range subs {
		var longer []string
		for _, end := range enumerate(sub, captures) {
			for _, start := range out {
				if len(longer) < maxEnumerated {
					longer = append(longer, start+end)
				}
			}
		}
		out = longer
	}
	return out
}

// pick returns a character of a class, if possible one that the name of a metric can have.
func pick(re *syntax.Regexp) string {
	for _, r := range "axyz_:0" {
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= r && r <= re.Rune[i+1] {
				return string(r)
			}
		}
	}
	if len(re.Rune) == 0 {
		return ""
	}
	return string(re.Rune[0])
}
