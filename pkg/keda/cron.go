package keda

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cronField is a field of a schedule.
type cronField struct {
	name        string
	first, last int
	// names stand for the numbers from first on.
	names []string
}

// cronFields are those that KEDA's parser has (pkg/scalers/cron_scaler.go; github.com/robfig/cron, parser.go).
var cronFields = []cronField{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of the week", 0, 6, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// CheckSchedule returns why KEDA rejects a schedule, or "".
func CheckSchedule(text string) string {
	if strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=") {
		_, text, _ = strings.Cut(text, " ")
	}
	if strings.HasPrefix(text, "@") {
		return "begins with @; use five fields, such as 0 8 * * *"
	}
	fields := strings.Fields(text)
	if len(fields) != len(cronFields) {
		return fmt.Sprintf("has %d fields; use five: minute, hour, day of the month, month, and day of the week", len(fields))
	}
	for i, f := range cronFields {
		for part := range strings.SplitSeq(fields[i], ",") {
			if !f.accepts(part) {
				return fmt.Sprintf("has %q as %s; use %d to %d", part, f.name, f.first, f.last)
			}
		}
	}
	return ""
}

// accepts reports whether a part of the list is one of: * or ?, a value, and a range, each with a step or without.
func (f cronField) accepts(part string) bool {
	span, step, hasStep := strings.Cut(part, "/")
	if n, err := strconv.Atoi(step); hasStep && (err != nil || n < 1) {
		return false
	}
	from, to, isRange := strings.Cut(span, "-")
	if from == "*" || from == "?" {
		return !isRange
	}
	low, ok := f.value(from)
	if !ok || !isRange {
		return ok
	}
	high, ok := f.value(to)
	return ok && low <= high
}

func (f cronField) value(text string) (int, bool) {
	if i := slices.Index(f.names, strings.ToLower(text)); i >= 0 {
		return f.first + i, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.first && n <= f.last
}

// CheckTimezone returns why a name is surely not one of the IANA time zone database, or "".
func CheckTimezone(name string) string {
	offset := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(name, "UTC"), "GMT"), "+-")
	switch {
	case strings.ContainsAny(name, " :,"):
		return "is not a name of a time zone; use one such as Europe/Berlin"
	case offset != name && offset != "" && offset != "0" && strings.Trim(offset, "0123456789") == "":
		return "is an offset, not the name of a time zone; use one such as Etc/GMT-2, whose sign is that of POSIX"
	case name != "" && name == strings.ToLower(name):
		return "is in lower case; use the spelling of the database, such as Europe/Berlin or UTC"
	}
	return ""
}
