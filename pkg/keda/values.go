package keda

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// ValueType is how KEDA parses a value of metadata (pkg/scalers/scalersconfig/typed_config.go, setConfigValueHelper).
type ValueType int

const (
	// Text is any text.
	Text ValueType = iota
	// Number is a number of JSON, Integer one without a fraction.
	Number
	Integer
	// Bool is what Go parses as a bool.
	Bool
	// Duration is a duration of Go, or a number of milliseconds.
	Duration
	// Map is a list of KEY=VALUE.
	Map
)

// Check returns why KEDA rejects a value of the type, with what to write, or "". KEDA trims the value first.
func (t ValueType) Check(value string) (problem, suggestion string) {
	value = strings.TrimSpace(value)
	switch t {
	case Number, Integer:
		return t.checkNumber(value)
	case Bool:
		if _, err := strconv.ParseBool(value); err != nil {
			return "is not true or false; use one of them", ""
		}
	case Duration:
		return checkDuration(value)
	case Map:
		for part := range strings.SplitSeq(value, ",") {
			if strings.Count(part, "=") != 1 {
				return fmt.Sprintf("contains %q, which is not KEY=VALUE; separate pairs with commas, and use no other comma or equals sign",
					strings.TrimSpace(part)), ""
			}
		}
	}
	return "", ""
}

func (t ValueType) checkNumber(value string) (problem, suggestion string) {
	if t == Integer {
		var n int64
		if json.Unmarshal([]byte(value), &n) == nil && value != "null" {
			return "", ""
		}
		return "is not a whole number in the syntax of JSON; use one such as 5", ""
	}
	if _, ok := ParseNumber(value); ok {
		return "", ""
	}
	if n, ok := ParseQuantity(value); ok {
		suggestion = strconv.FormatFloat(n.AsApproximateFloat64(), 'f', -1, 64)
		return "is not a number in the syntax of JSON, which KEDA requires; use " + strconv.Quote(suggestion), suggestion
	}
	return "is not a number in the syntax of JSON, which KEDA requires; use one such as 0.5", ""
}

// ParseQuantity parses a quantity of Kubernetes.
func ParseQuantity(value string) (resource.Quantity, bool) {
	if value = strings.TrimSpace(value); !krm.IsBoundedQuantity(value) {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(value)
	return q, err == nil
}

// ParseNumber returns a value as KEDA reads a number.
func ParseNumber(value string) (n float64, ok bool) {
	value = strings.TrimSpace(value)
	return n, json.Unmarshal([]byte(value), &n) == nil && value != "null"
}

func checkDuration(value string) (problem, suggestion string) {
	d, err := time.ParseDuration(value)
	if err != nil {
		var ms int64
		if ms, err = strconv.ParseInt(value, 10, 64); err == nil {
			d = time.Duration(ms)
		}
	}
	switch {
	case err != nil:
		return "is not a duration; use one such as 5s, or a number of milliseconds", ""
	case d < 0:
		return "is negative; use a positive duration such as 5s", ""
	}
	return "", ""
}

// IsTrue returns how KEDA reads a boolean value that may be missing, and that has a default.
func IsTrue(value string, otherwise bool) bool {
	if b, err := strconv.ParseBool(strings.TrimSpace(value)); err == nil {
		return b
	}
	return otherwise
}
