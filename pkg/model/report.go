package model

import "fmt"

// Reportf adds p with a message. Its severity is Error if p has none.
func (ps *Problems) Reportf(p Problem, format string, args ...any) {
	if p.Severity == "" {
		p.Severity = Error
	}
	p.Message = fmt.Sprintf(format, args...)
	*ps = append(*ps, p)
}
