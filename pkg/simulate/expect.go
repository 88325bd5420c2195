package simulate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Expectation is a condition that a simulation must meet.
type Expectation struct {
	Text     string
	quantity *quantity
	op       string
	value    float64
}

// quantity is a number that expectations are about. If it has a most and a least, the condition holds at every time.
type quantity struct {
	name     string
	duration bool
	least    func(s *Simulation) float64
	most     func(s *Simulation) float64
}

// quantities are the names that expectations know, in the order of the documentation.
var quantities = []quantity{
	{
		"replicas", false, func(s *Simulation) float64 { return float64(s.Summary.Least) },
		func(s *Simulation) float64 { return float64(s.Summary.Most) },
	},
	one("changes", false, func(s *Simulation) float64 { return float64(s.Summary.Changes) }),
	one("flaps", false, func(s *Simulation) float64 { return float64(s.Summary.Flaps) }),
	one("pod-hours", false, func(s *Simulation) float64 { return s.Summary.PodHours }),
	one("over-target", true, func(s *Simulation) float64 { return s.Summary.Over.Seconds() }),
	one("longest-over-target", true, func(s *Simulation) float64 { return s.Summary.Longest.Seconds() }),
	one("at-max", true, func(s *Simulation) float64 { return s.Summary.AtMost.Seconds() }),
	one("overload", true, func(s *Simulation) float64 { return s.Summary.Overload.Seconds() }),
	one("excess", false, func(s *Simulation) float64 { return s.Summary.Excess }),
}

func one(name string, duration bool, f func(s *Simulation) float64) quantity {
	return quantity{name, duration, f, f}
}

// operators are those of expectations; of two that begin alike, the longer one comes first.
var operators = []string{"<=", ">=", "==", "<", ">"}

// ParseExpectation parses a condition such as replicas<=5 or over-target<60s.
func ParseExpectation(text string) (Expectation, error) {
	e := Expectation{Text: text}
	for _, op := range operators {
		name, value, ok := strings.Cut(text, op)
		if !ok {
			continue
		}
		e.op = op
		if e.quantity = quantityOf(strings.TrimSpace(name)); e.quantity == nil {
			return e, fmt.Errorf("%q is not one of %s", strings.TrimSpace(name), strings.Join(quantityNames(), ", "))
		}
		var err error
		e.value, err = e.quantity.parse(strings.TrimSpace(value))
		return e, err
	}
	return e, fmt.Errorf("%q has none of %s; write a condition such as replicas<=5", text, strings.Join(operators, ", "))
}

func quantityOf(name string) *quantity {
	for i := range quantities {
		if quantities[i].name == name {
			return &quantities[i]
		}
	}
	return nil
}

func quantityNames() []string {
	var out []string
	for _, q := range quantities {
		out = append(out, q.name)
	}
	return out
}

func (q *quantity) parse(value string) (float64, error) {
	if n, err := strconv.ParseFloat(value, 64); err == nil && n >= 0 && n < 1e15 && (!q.duration || n == 0) {
		return n, nil
	}
	if !q.duration {
		return 0, fmt.Errorf("%q is not a number of 0 or more", value)
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 60s", value)
	}
	return d.Seconds(), nil
}

// Unmet says what a simulation does instead, or returns "" if it meets the expectation.
func (e *Expectation) Unmet(s *Simulation) string {
	least, most := e.quantity.least(s), e.quantity.most(s)
	var met bool
	worst := most
	switch e.op {
	case "<=":
		met = most <= e.value
	case "<":
		met = most < e.value
	case ">=":
		met, worst = least >= e.value, least
	case ">":
		met, worst = least > e.value, least
	case "==":
		if met = least == e.value && most == e.value; most == e.value {
			worst = least
		}
	}
	if met {
		return ""
	}
	text := number(worst)
	if e.quantity.duration {
		text = Elapsed(time.Duration(worst * float64(time.Second)))
	}
	return fmt.Sprintf("%s is %s", e.quantity.name, text)
}
