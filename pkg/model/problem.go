package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Severity defines the effect of a problem on a run. It has the values of a KRM function result
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md).
type Severity string

const (
	// Error stops the run: nothing is rendered and the exit code is 1.
	Error Severity = "error"
	// Warning reports input that is most likely a mistake; the manifests are rendered.
	Warning Severity = "warning"
	// Info reports what is ignored or assumed.
	Info Severity = "info"
)

// Object identifies a Kubernetes object, or an input of krm-fn, by its type and name.
type Object struct {
	APIVersion, Kind, Namespace, Name string
}

// String returns "Kind namespace/name", or "Kind name" for an object without a namespace.
func (o Object) String() string {
	return strings.TrimSpace(o.Kind + " " + Ref{o.Namespace, o.Name}.String())
}

// Place is an object, the file that contains it, and a field in it.
type Place struct {
	Object Object
	// File is the slash-separated path of the file from the orchestrator; "" if unknown.
	File string
	// Index is the number of the document in File, from 0.
	Index int
	// Field is a path such as spec.ports[0].name; "" means the whole object. Steps parses it.
	Field string
	// Line is the line in the text that Field contains or, without a Field, in File, from 1; 0 if unknown.
	Line int32
	// Begin is the line where Object begins in the input, from 1; 0 if it was not read.
	Begin int32
}

// Child returns the place of the member name of the object at p.
func (p Place) Child(name string) Place {
	if strings.ContainsAny(name, ".[]/ ") || name == "" {
		p.Field += fmt.Sprintf("[%q]", name)
		return p
	}
	if p.Field != "" {
		p.Field += "."
	}
	p.Field += name
	return p
}

// Item returns the place of element i of the list at p.
func (p Place) Item(i int) Place {
	p.Field += fmt.Sprintf("[%d]", i)
	return p
}

// At returns p with another line.
func (p Place) At(line int) Place {
	p.Line = int32(line)
	return p
}

// Step is one step of the path to a field.
type Step struct {
	// Key is the name of a member. Index is the number of a list element; -1 for a member.
	Key   string
	Index int
}

// step matches a step at the start of a field: a member with its dot, a quoted member, or an element.
var step = Pattern(`^(?:\.?([^.\[\]/ ]+)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\])`)

// Steps parses a field that was created by Child and Item. It stops where field is not such a path.
func Steps(field string) []Step {
	var steps []Step
	for rest := field; ; {
		m := step().FindStringSubmatch(rest)
		if len(m) == 0 || m[1] != "" && (rest[0] == '.') == (len(steps) == 0) {
			return steps
		}
		s, err := Step{m[1], -1}, error(nil)
		switch {
		case m[2] != "":
			s.Key, err = strconv.Unquote(m[2])
		case m[3] != "":
			s.Index, err = strconv.Atoi(m[3])
		}
		if err != nil {
			return steps
		}
		steps, rest = append(steps, s), rest[len(m[0]):]
	}
}

// String returns the place as the start of a message: "FILE: Kind namespace/name: field: line N".
func (p Place) String() string {
	line := ""
	if p.Line > 0 {
		line = fmt.Sprintf("line %d", p.Line)
	}
	parts := []string{p.File, p.Object.String(), p.Field, line}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// Source is a position in the input.
type Source struct {
	// File is the file that contains the position; "" if unknown.
	File string
	// Stream reports whether Line and Column count in standard input, while the orchestrator keeps the object in File.
	Stream bool
	// Line and Column count from 1; 0 if unknown. Columns are characters.
	Line, Column int
	// Inside reports whether the position is that of a text with other lines than the file, such as a quoted string.
	Inside bool
}

// String returns the position as the start of a message: "FILE:LINE:COLUMN".
func (s Source) String() string {
	position := fmt.Sprintf(":%d", s.Line)
	if s.Column > 0 {
		position += fmt.Sprintf(":%d", s.Column)
	}
	switch {
	case !s.Stream:
		return s.File + position
	case s.File == "":
		return StandardInput + position
	}
	return s.File + " (" + StandardInput + position + ")"
}

// StandardInput is the name of standard input in messages.
const StandardInput = "standard input"

// Problem is one finding about the input or the output.
type Problem struct {
	ID       ID
	Severity Severity
	Place    Place
	// Source is the position of Place, or of the input that its object was rendered from. It is set last.
	Source Source
	// Value is the current value of the field as written; "" for none.
	Value string
	// Message states the problem and the fix.
	Message string
	// Suggestion is the right value, if there is exactly one.
	Suggestion string
}

// String returns the problem in one line, as it is printed on stderr.
func (p Problem) String() string {
	place := p.Where()
	if place != "" {
		place += ": "
	}
	return Shorten(oneLine(fmt.Sprintf("%s: %s%s", p.Severity, place, p.Message)), maxLine) + fmt.Sprintf(" [%s]", p.ID)
}

// Where returns the place of the problem as the start of a message, with its position in the input if that is known.
func (p Problem) Where() string {
	place := p.Subject()
	if place.File = p.Place.File; p.Source.Line > 0 {
		place.File = p.Source.String()
	}
	return place.String()
}

// Subject returns the object and the field, and the line unless the Source contains it.
func (p Problem) Subject() Place {
	place := p.Place
	place.File = ""
	if p.Source.Line > 0 && !p.Source.Inside {
		place.Line = 0
	}
	return place
}

// maxLine is the maximum number of bytes of a printed problem, which contains names and values of the input.
const maxLine = 2000

// MaxShown is the maximum number of bytes of a value in a message.
const MaxShown = 80

// Shorten shortens a text to most bytes and an ellipsis.
func Shorten(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// Problems contains the findings of a stage.
type Problems []Problem

// Reportf adds p with a message. Its severity is Error if p has none.
func (ps *Problems) Reportf(p Problem, format string, args ...any) {
	p.Severity, p.Message = cmp.Or(p.Severity, Error), fmt.Sprintf(format, args...)
	*ps = append(*ps, p)
}

// Errorf adds an error.
func (ps *Problems) Errorf(id ID, at Place, format string, args ...any) {
	ps.Reportf(Problem{ID: id, Place: at}, format, args...)
}

// Valuef adds an error with the current value of the field.
func (ps *Problems) Valuef(id ID, at Place, value, format string, args ...any) {
	ps.Reportf(Problem{ID: id, Place: at, Value: value}, format, args...)
}

// Warnf adds a warning.
func (ps *Problems) Warnf(id ID, at Place, format string, args ...any) {
	ps.Reportf(Problem{ID: id, Severity: Warning, Place: at}, format, args...)
}

// Infof adds an info.
func (ps *Problems) Infof(id ID, at Place, format string, args ...any) {
	ps.Reportf(Problem{ID: id, Severity: Info, Place: at}, format, args...)
}

// Add adds problems of another stage.
func (ps *Problems) Add(more ...Problem) { *ps = append(*ps, more...) }

// HasErrors reports whether any of the problems is an error.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// WithoutFollowUps returns ps without the problems of values that could not be decoded, and of everything below these.
func (ps Problems) WithoutFollowUps(decoding Problems) Problems {
	failed := map[Place]bool{}
	document := func(p Place, field string) Place {
		return Place{Object: p.Object, File: p.File, Index: p.Index, Field: field}
	}
	for _, p := range decoding {
		if p.Severity == Error && p.ID != InputField && p.Place.Field != "" {
			failed[document(p.Place, p.Place.Field)] = true
		}
	}
	if len(failed) == 0 {
		return ps
	}
	// Real paths have fewer steps; a malicious key can have millions of dots.
	const most = 20
	return slices.DeleteFunc(ps, func(p Problem) bool {
		field, steps := p.Place.Field, 0
		for i := 0; i < len(field) && steps < most; i++ {
			if field[i] == '.' || field[i] == '[' {
				steps++
				if failed[document(p.Place, field[:i])] {
					return true
				}
			}
		}
		return failed[document(p.Place, field)]
	})
}

// Sorted returns the problems without duplicates, in an order that depends only on their content: by severity (errors first),
// file, object, field, and message.
func (ps Problems) Sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Problem) bool {
		b.Place.Begin, b.Source = a.Place.Begin, a.Source
		return a == b
	})
}

func compare(a, b Problem) int {
	return cmp.Or(
		cmp.Compare(rank(a.Severity), rank(b.Severity)),
		cmp.Compare(a.Place.File, b.Place.File),
		cmp.Compare(a.Place.Index, b.Place.Index),
		cmp.Compare(a.Place.Object.Kind, b.Place.Object.Kind),
		cmp.Compare(a.Place.Object.Namespace, b.Place.Object.Namespace),
		cmp.Compare(a.Place.Object.Name, b.Place.Object.Name),
		cmp.Compare(a.Place.Object.APIVersion, b.Place.Object.APIVersion),
		cmp.Compare(textOf(a.Place.Field), textOf(b.Place.Field)),
		cmp.Compare(a.Place.Line, b.Place.Line),
		cmp.Compare(a.Place.Field, b.Place.Field),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Value, b.Value),
		cmp.Compare(a.Suggestion, b.Suggestion),
		cmp.Compare(a.Place.Begin, b.Place.Begin),
	)
}

var dataKey = Pattern(`^data(\.[^.\[]*|\["[^"]*"\])`)

// textOf returns the ConfigMap key with the text that field is in, or "". Lines count in that text.
func textOf(field string) string {
	if !strings.HasPrefix(field, "data") {
		return ""
	}
	return dataKey().FindString(field)
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Info}, s) }

// oneLine prevents malicious input from adding lines, terminal commands, or a writing direction to a message.
func oneLine(s string) string {
	return Printable(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s))
}

// The limits of all problems of a run together. Malicious input can cause any number of them.
const (
	mostShown = 1000
	sizeShown = 256 << 10
)

// Limited returns as many problems as a user can read, and one that says how many more there are. It expects sorted problems,
// and shortens their texts.
func (ps Problems) Limited() Problems {
	size := 0
	for i := range ps {
		p := &ps[i]
		for _, s := range []*string{&p.Message, &p.Place.Field, &p.Place.File, &p.Value, &p.Suggestion} {
			*s = Shorten(*s, maxLine)
			size += len(*s)
		}
		if i == mostShown || size > sizeShown {
			more := Problem{ID: InputLimit, Severity: p.Severity}
			count := len(ps) - i
			ps = slices.Clip(ps[:i])
			ps.Reportf(more, "%d more problems are not shown; fix these first", count)
			break
		}
	}
	return ps
}
