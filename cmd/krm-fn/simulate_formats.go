package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/picture"
	"github.com/krm-fn/krm-fn/pkg/simulate"
)

// simulationReport is what is written: simulations, and those of other manifests that they are compared with.
type simulationReport struct {
	sims, others []*simulate.Simulation
	labels       []string
}

// simulationFormats are the formats of simulations.
var simulationFormats = map[string]func(io.Writer, *simulationReport) error{
	"table": writeSimulationTable,
	"csv":   writeSimulationCSV,
	"json":  writeSimulationJSON,
	"svg":   writeSimulationSVG,
}

// other returns the simulation of the same scaler in the other manifests, or nil.
func (r *simulationReport) other(s *check.Scaling) *simulate.Simulation {
	for _, o := range r.others {
		if scalerName(o.Scaling) == scalerName(s) {
			return o
		}
	}
	return nil
}

// alone reports scalers that only one of two versions of manifests has.
func (r *simulationReport) alone() (ps model.Problems) {
	old := simulationReport{others: r.sims}
	for _, s := range r.sims {
		if r.other(s.Scaling) == nil {
			ps.Warnf(model.SimulateLoad, s.Scaling.Place, "is not in %s, so it is not compared", r.labels[1])
		}
	}
	for _, s := range r.others {
		if old.other(s.Scaling) == nil {
			ps.Warnf(model.SimulateLoad, s.Scaling.Place, "is only in %s, so it is not shown", r.labels[1])
		}
	}
	return ps
}

func writeSimulationTable(w io.Writer, r *simulationReport) error {
	for i, s := range r.sims {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := writeTable(w, s, ""); err != nil {
			return err
		}
		if o := r.other(s.Scaling); o != nil {
			if err := writeTable(w, o, " in "+r.labels[1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeTable writes the changes of replicas, what they mean, and what would help.
func writeTable(to io.Writer, s *simulate.Simulation, where string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s under %s\n", scalerName(s.Scaling), where, s.Load)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "  "+strings.ToUpper(strings.Join(heads(s), "\t")))
	for _, i := range s.ChangedRows() {
		_, _ = fmt.Fprintln(w, "  "+strings.Join(cells(s, i), "\t"))
	}
	_ = w.Flush()
	for _, text := range s.Sentences() {
		b.WriteString("  " + text + "\n")
	}
	for i := range s.Advice {
		b.WriteString("  " + advice(s, i) + "\n")
	}
	_, err := io.WriteString(to, b.String())
	return err
}

// advice returns what a setting would do.
func advice(s *simulate.Simulation, i int) string {
	word := "helps: "
	if s.Advice[i].Saves {
		word = "saves: "
	}
	return word + s.Advice[i].Sentence(&s.Summary)
}

// heads are the names of the columns.
func heads(s *simulate.Simulation) []string {
	out := []string{"time", "requests/s", "replicas", "ready"}
	for i := range s.Model.Sources {
		out = append(out, simulate.MetricName(&s.Model.Spec.Metrics[i]))
	}
	return out
}

// cells are the values of a row.
func cells(s *simulate.Simulation, i int) []string {
	row := &s.Rows[i]
	out := []string{s.At(row.At), decimal(row.Requests), strconv.Itoa(int(row.Replicas)), strconv.Itoa(int(row.Ready))}
	for k := range s.Model.Sources {
		out = append(out, decimal(s.Value(i, k)))
	}
	return out
}

// decimal formats a number with at most three decimals; one that is not known is "".
func decimal(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

func writeSimulationCSV(to io.Writer, r *simulationReport) error {
	w := csv.NewWriter(to)
	head := []string{"scaler", "time", "requests", "replicas", "ready", "metric", "value"}
	if r.labels == nil {
		_ = w.Write(head)
	} else {
		_ = w.Write(append([]string{"manifests"}, head...))
	}
	for _, s := range r.sims {
		var first []string
		if r.labels != nil {
			first = r.labels[:1]
		}
		writeRows(w, s, first)
		if o := r.other(s.Scaling); o != nil {
			writeRows(w, o, r.labels[1:])
		}
	}
	w.Flush()
	return w.Error()
}

// writeRows writes the rows of a simulation. Errors are those of the writer at its end.
func writeRows(w *csv.Writer, s *simulate.Simulation, first []string) {
	for i := range s.Rows {
		row := append(append(slices.Clone(first), scalerName(s.Scaling)), cells(s, i)[:4]...)
		for k := range s.Model.Sources {
			_ = w.Write(append(slices.Clip(row), simulate.MetricName(&s.Model.Spec.Metrics[k]), decimal(s.Value(i, k))))
		}
	}
}

// The JSON of a simulation. Times are in seconds.
type (
	jsonSimulation struct {
		Scaler   string        `json:"scaler"`
		Load     string        `json:"load"`
		Start    *time.Time    `json:"start,omitempty"`
		Seconds  float64       `json:"seconds"`
		Summary  jsonSummary   `json:"summary"`
		Reaction *jsonReaction `json:"reaction,omitempty"`
		Advice   []jsonTrial   `json:"advice"`
		Texts    []string      `json:"sentences"`
		Metrics  []string      `json:"metrics"`
		Rows     []jsonRow     `json:"rows"`
	}
	jsonSummary struct {
		LeastReplicas     int32   `json:"leastReplicas"`
		MostReplicas      int32   `json:"mostReplicas"`
		Changes           int     `json:"changes"`
		Flaps             int     `json:"flaps"`
		PodHours          float64 `json:"podHours"`
		OverTarget        float64 `json:"overTargetSeconds"`
		LongestOverTarget float64 `json:"longestOverTargetSeconds"`
		AtMax             float64 `json:"atMaxSeconds"`
		Requests          float64 `json:"requests"`
		Excess            float64 `json:"excessRequests"`
		Overload          float64 `json:"overloadSeconds"`
	}
	jsonReaction struct {
		At      float64            `json:"atSeconds"`
		Seconds float64            `json:"seconds"`
		Parts   map[string]float64 `json:"parts"`
		Rest    float64            `json:"restSeconds"`
	}
	jsonTrial struct {
		Change  string      `json:"change"`
		Field   string      `json:"field"`
		Saves   bool        `json:"saves"`
		Summary jsonSummary `json:"summary"`
	}
	jsonRow struct {
		Time     float64    `json:"seconds"`
		Requests float64    `json:"requests"`
		Replicas int32      `json:"replicas"`
		Ready    int32      `json:"ready"`
		Wanted   int32      `json:"wanted"`
		Values   []*float64 `json:"values"`
	}
)

func writeSimulationJSON(w io.Writer, r *simulationReport) error {
	return encode(w, struct {
		Simulations []jsonSimulation `json:"simulations"`
		Compared    []jsonSimulation `json:"compared,omitempty"`
	}{jsonSimulations(r.sims), jsonSimulations(r.others)})
}

func jsonSimulations(sims []*simulate.Simulation) []jsonSimulation {
	out := make([]jsonSimulation, 0, len(sims))
	for _, s := range sims {
		j := jsonSimulation{
			Scaler: scalerName(s.Scaling), Load: s.Load, Seconds: s.Model.End.Seconds(), Summary: summaryJSON(&s.Summary),
			Advice: []jsonTrial{}, Texts: s.Sentences(), Metrics: []string{}, Rows: make([]jsonRow, 0, len(s.Rows)),
		}
		if !s.Start.IsZero() {
			j.Start = &s.Start
		}
		if x := s.Reaction; x != nil {
			j.Reaction = &jsonReaction{x.At.Seconds(), x.Time.Seconds(), map[string]float64{}, x.Rest.Seconds()}
			for _, p := range x.Parts {
				j.Reaction.Parts[p.Name] = p.Time.Seconds()
			}
		}
		for i := range s.Advice {
			t := &s.Advice[i]
			j.Advice = append(j.Advice, jsonTrial{t.Change, t.Place.Field, t.Saves, summaryJSON(&t.Summary)})
		}
		for i := range s.Model.Spec.Metrics {
			j.Metrics = append(j.Metrics, simulate.MetricName(&s.Model.Spec.Metrics[i]))
		}
		for i := range s.Rows {
			row := &s.Rows[i]
			values := make([]*float64, len(s.Model.Sources))
			for k := range values {
				if v := s.Value(i, k); !math.IsNaN(v) {
					values[k] = &v
				}
			}
			j.Rows = append(j.Rows, jsonRow{row.At.Seconds(), row.Requests, row.Replicas, row.Ready, row.Wanted, values})
		}
		out = append(out, j)
	}
	return out
}

func summaryJSON(s *simulate.Summary) jsonSummary {
	return jsonSummary{
		s.Least, s.Most, s.Changes, s.Flaps, s.PodHours, s.Over.Seconds(), s.Longest.Seconds(), s.AtMost.Seconds(),
		s.Requests, s.Excess, s.Overload.Seconds(),
	}
}

func writeSimulationSVG(w io.Writer, r *simulationReport) error {
	s := r.sims[0]
	sims, title := []*simulate.Simulation{s}, scalerName(s.Scaling)+" under "+s.Load
	if o := r.other(s.Scaling); o != nil {
		sims = append(sims, o)
	}
	_, err := w.Write(picture.Plot(simulate.Chart(title, sims, r.labels), picture.Options{}))
	return err
}
