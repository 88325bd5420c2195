package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// formats are the ways to write problems.
var formats = map[string]func(io.Writer, model.Problems, check.Summary) error{
	"text":   func(w io.Writer, ps model.Problems, _ check.Summary) error { return writeText(w, ps) },
	"json":   writeJSON,
	"sarif":  writeSARIF,
	"github": writeGitHub,
}

func writeText(w io.Writer, ps model.Problems) error {
	for _, p := range ps {
		if _, err := fmt.Fprintln(w, p); err != nil {
			return err
		}
	}
	return nil
}

// jsonProblem is a problem in the JSON format. Its field names are those of the results of KRM functions where there is
// one for the purpose.
type jsonProblem struct {
	ID            model.ID       `json:"id"`
	Severity      model.Severity `json:"severity"`
	Message       string         `json:"message"`
	APIVersion    string         `json:"apiVersion,omitempty"`
	Kind          string         `json:"kind,omitempty"`
	Namespace     string         `json:"namespace,omitempty"`
	Name          string         `json:"name,omitempty"`
	Field         string         `json:"field,omitempty"`
	CurrentValue  string         `json:"currentValue,omitempty"`
	ProposedValue string         `json:"proposedValue,omitempty"`
	File          string         `json:"file,omitempty"`
	Index         int            `json:"index"`
	Line          int            `json:"line,omitempty"`
	Column        int            `json:"column,omitempty"`
}

func writeJSON(w io.Writer, ps model.Problems, s check.Summary) error {
	return encode(w, struct {
		Problems []jsonProblem `json:"problems"`
		Summary  check.Summary `json:"summary"`
	}{jsonProblems(ps), s})
}

func jsonProblems(ps model.Problems) []jsonProblem {
	out := make([]jsonProblem, 0, len(ps))
	for _, p := range ps {
		o := p.Place.Object
		out = append(out, jsonProblem{
			ID: p.ID, Severity: p.Severity, Message: p.Message,
			APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name,
			Field: p.Place.Field, CurrentValue: p.Value, ProposedValue: p.Suggestion,
			File: fileOf(p), Index: p.Place.Index, Line: p.Source.Line, Column: p.Source.Column,
		})
	}
	return out
}

// fileOf is the file of a problem, or that of the input from which its object was rendered.
func fileOf(p model.Problem) string { return cmp.Or(p.Source.File, p.Place.File) }

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// writeGitHub writes workflow commands, which GitHub shows beside the lines of a change
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
func writeGitHub(w io.Writer, ps model.Problems, _ check.Summary) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for _, p := range ps {
		level := map[model.Severity]string{model.Error: "error", model.Warning: "warning", model.Info: "notice"}[p.Severity]
		props := []string{"title=" + property.Replace(string(p.ID))}
		if file := fileOf(p); file != "" {
			props = append(props, "file="+property.Replace(file))
		}
		if p.Source.Line > 0 {
			props = append(props, fmt.Sprintf("line=%d", p.Source.Line))
		}
		if p.Source.Column > 0 {
			props = append(props, fmt.Sprintf("col=%d", p.Source.Column))
		}
		text := p.Message
		if s := p.Subject().String(); s != "" {
			text = s + ": " + text
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", level, strings.Join(props, ","), data.Replace(text)); err != nil {
			return err
		}
	}
	return nil
}

// The parts of SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
		Properties check.Summary `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		Help             sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		PhysicalLocation *sarifPhysical `json:"physicalLocation,omitempty"`
		LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

func writeSARIF(w io.Writer, ps model.Problems, s check.Summary) error {
	driver := sarifDriver{Name: "krm-fn", InformationURI: "https://github.com/krm-fn/krm-fn", Rules: []sarifRule{}}
	for _, e := range model.Registry {
		driver.Rules = append(driver.Rules, sarifRule{string(e.ID), sarifText{e.What}, sarifText{e.Fix}})
	}
	results := make([]sarifResult, 0, len(ps))
	for _, p := range ps {
		r := sarifResult{
			RuleID: string(p.ID), Message: sarifText{p.Message},
			Level: map[model.Severity]string{model.Error: "error", model.Warning: "warning", model.Info: "note"}[p.Severity],
		}
		var at sarifLocation
		if file := fileOf(p); file != "" {
			at.PhysicalLocation = &sarifPhysical{ArtifactLocation: sarifArtifact{file}}
			if p.Source.Line > 0 {
				at.PhysicalLocation.Region = &sarifRegion{p.Source.Line, p.Source.Column}
			}
		}
		logical := p.Place
		logical.File, logical.Line = "", 0
		if s := logical.String(); s != "" {
			at.LogicalLocations = []sarifLogical{{s}}
		}
		if at.PhysicalLocation != nil || at.LogicalLocations != nil {
			r.Locations = []sarifLocation{at}
		}
		results = append(results, r)
	}
	return encode(w, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, "unicodeCodePoints", results, s}},
	})
}
