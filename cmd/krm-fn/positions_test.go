package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// inStream matches a position in standard input, alone or behind a file.
var inStream = regexp.MustCompile(`^((?:error|warning|info): )(?:standard input:(\d+)(?::(\d+))?: |(\S+) \(standard input:(\d+):(\d+)\): )`)

// unplaced is standard error without the positions in standard input, which depend on what else stands there.
func unplaced(messages string) string {
	var b strings.Builder
	for line := range strings.Lines(messages) {
		if m := inStream.FindStringSubmatch(line); m != nil {
			b.WriteString(m[1])
			if m[4] != "" {
				b.WriteString(m[4] + ": ")
			}
			line = line[len(m[0]):]
		}
		b.WriteString(line)
	}
	return b.String()
}

// checkPositions opens the input at the position of each message, and wants what the message is about there: the last key of
// the field, an element of a list, or what holds it.
func checkPositions(t *testing.T, input string, o outcome) {
	t.Helper()
	var list struct {
		Results []struct {
			Field struct{ Path string }
		}
	}
	if err := yaml.Unmarshal([]byte(resultsOf(o.stdout)), &list); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(input, "\n")
	messages := strings.Split(strings.TrimSpace(o.stderr), "\n")
	for i, r := range list.Results {
		m := inStream.FindStringSubmatch(messages[i])
		if m == nil {
			continue
		}
		line, _ := strconv.Atoi(m[2] + m[5])
		column, _ := strconv.Atoi(m[3] + m[6])
		if !isAbout(lines, line, column, model.Steps(r.Field.Path)) {
			t.Errorf("line %d, column %d, is not about %s", line, column, messages[i])
		}
	}
}

// isAbout tells whether a position is that of a field, an element or an object on a path, or in a text that is one.
func isAbout(lines []string, line, column int, path []model.Step) bool {
	if line < 1 || line > len(lines) || column < 1 || column > len(lines[line-1]) {
		return false
	}
	before, here := lines[line-1][:column-1], lines[line-1][column-1:]
	isKey := func(text string, s model.Step) bool {
		return s.Index < 0 && (strings.HasPrefix(text, s.Key+":") || strings.HasPrefix(text, strconv.Quote(s.Key)+":"))
	}
	for _, s := range path {
		if isKey(here, s) {
			return true
		}
	}
	// What holds it: the nearest line above that is indented less.
	margin := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	holder := ""
	for i := line - 2; i >= 0 && holder == ""; i-- {
		if s := lines[i]; strings.TrimSpace(s) != "" && margin(s) < column-1 {
			holder = strings.TrimLeft(s, " -")
		}
	}
	isElement := strings.HasSuffix(strings.TrimSpace(before), "-") || strings.HasSuffix(before, "[") || strings.HasSuffix(before, ", ")
	for _, s := range path {
		if isKey(holder, s) && strings.TrimSpace(before) == "" || s.Index >= 0 && isElement {
			return true
		}
	}
	// The object itself begins behind the dash of the list.
	return strings.Trim(before, " ") == "-" && margin(before) <= 2 || strings.HasPrefix(holder, "functionConfig:")
}
