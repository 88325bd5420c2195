package simulate

import (
	"fmt"
	"strings"
	"time"
)

// Elapsed formats a duration for people: 1m30s, 250ms, 2h.
func Elapsed(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// partNames are the parts of a reaction in words.
var partNames = map[string]string{
	"bound": "maxReplicas", "start": "the start of pods", "policies": "the policies of scaling up", "sync": "the sync period",
	"window": "the range of the query", "recording": "recording rules", "scrape": "the scrape interval",
}

// Sentences tell what a simulation shows.
func (s *Simulation) Sentences() []string {
	u := &s.Summary
	out := []string{fmt.Sprintf("It runs %d to %d pods, %s in %s, with %s and %s.", u.Least, u.Most, podHours(u.PodHours),
		Elapsed(s.Model.End), plural(u.Changes, "change", "changes"), plural(u.Flaps, "flap", "flaps"))}
	if u.Over == 0 {
		out = append(out, "No metric is ever over its target by more than the tolerance.")
	} else {
		out = append(out, fmt.Sprintf("A metric is over its target for %s in all, at most %s at a time.", Elapsed(u.Over),
			Elapsed(u.Longest)))
	}
	if u.AtMost > 0 {
		out = append(out, fmt.Sprintf("For %s, its metrics call for more pods than the maximum of %d.", Elapsed(u.AtMost),
			s.Model.Spec.MaxReplicas))
	}
	switch {
	case u.Excess >= 0.5:
		out = append(out, fmt.Sprintf("No pod can serve %s of %s requests (%s%%), over %s.",
			number(u.Excess), number(u.Requests), number(100*u.Excess/u.Requests), Elapsed(u.Overload)))
	case s.Model.Pods.Capacity > 0:
		out = append(out, fmt.Sprintf("The pods can serve all %s requests.", number(u.Requests)))
	}
	if r := s.Reaction; r != nil {
		out = append(out, r.sentence())
	}
	return out
}

func (r *Reaction) sentence() string {
	var parts []string
	for _, p := range r.Parts {
		parts = append(parts, Elapsed(p.Time)+" "+partNames[p.Name])
	}
	if r.Rest > 0 || len(parts) == 0 {
		parts = append(parts, Elapsed(r.Rest)+" the load itself")
	}
	return fmt.Sprintf("Of the longest time, %s from %s on, the causes are: %s.", Elapsed(r.Time), Elapsed(r.At),
		strings.Join(parts, ", "))
}

// Sentence tells what a setting would change.
func (t *Trial) Sentence(now *Summary) string {
	effect := fmt.Sprintf("over target for %s instead of %s", Elapsed(t.Over), Elapsed(now.Over))
	if t.Over == now.Over {
		effect = "over target as long"
	}
	if now.Flaps != t.Flaps {
		effect += fmt.Sprintf(", %s instead of %d", plural(t.Flaps, "flap", "flaps"), now.Flaps)
	}
	if number(t.Excess) != number(now.Excess) {
		effect += fmt.Sprintf(", %s requests over capacity instead of %s", number(t.Excess), number(now.Excess))
	}
	return fmt.Sprintf("%s: %s, for %s instead of %s", t.Change, effect, podHours(t.PodHours), number(now.PodHours))
}

func podHours(x float64) string {
	if text := number(x); text != "1" {
		return text + " pod hours"
	}
	return "1 pod hour"
}

// number formats a number with three significant digits, and integers as they are.
func number(x float64) string {
	if x >= 100 || x == float64(int64(x)) {
		return grouped(fmt.Sprintf("%.0f", x))
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.*f", digits(x), x), "0"), ".")
}

func digits(x float64) int {
	switch {
	case x >= 10:
		return 1
	case x >= 1:
		return 2
	}
	return 3
}

// grouped separates thousands.
func grouped(s string) string {
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
