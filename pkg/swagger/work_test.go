package swagger

import (
	"runtime"
	"strings"
	"testing"
)

// The work on a document: a fixed part, and a part for each byte. Documents up to maxSize are validated by kin-openapi.
const (
	fixedWork   = 8 << 20
	workPerByte = 2500
)

// workOn returns the bytes that are allocated for a document: a count of the work that does not depend on the clock.
func workOn(text string) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if doc, _ := Read(text, testPlace); doc != nil {
		doc.Operations()
		doc.Validate()
		doc.Release()
	}
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// hostileDocuments are beginnings, parts that are repeated, and ends.
var hostileDocuments = map[string][3]string{
	"paths":           {"openapi: 3.0.0\npaths:\n", "  /a: {get: {}}\n", ""},
	"operations":      {"openapi: 3.0.0\nx-wso2-production-endpoints: {urls: [a, b, c]}\npaths:\n  /a:\n", "    get: {}\n", ""},
	"references":      {"openapi: 3.0.0\npaths:\n  /a: {get: {}}\n", "  /b: {$ref: '#/paths/~1a'}\n", ""},
	"lost references": {"openapi: 3.0.0\npaths: {}\nx-a:\n", "- {$ref: '#/b'}\n", ""},
	"endpoints":       {"openapi: 3.0.0\nx-wso2-production-endpoints:\n  urls:\n", "  - a b\n", ""},
	"extensions":      {"openapi: 3.0.0\n", "x-wso2-a: b\n", ""},
	"fields":          {"openapi: 3.0.0\npaths:\n  /a:\n", "    b: c\n", ""},
	"schemas":         {"openapi: 3.0.0\npaths: {}\ncomponents: {schemas: {A: {allOf: [", "{type: string},", "]}}}\n"},
	"definitions":     {"swagger: 2.0\npaths: {}\ndefinitions: {A: {allOf: [", "{$ref: '#/definitions/A'},", "]}}\n"},
	"items":           {"swagger: 2.0\npaths: {/a: {get: {parameters: [{in: query, name: a", ", items: {a: b}", "}]}}}\n"},
}

func repeated(parts [3]string, size int) string {
	return parts[0] + strings.Repeat(parts[1], size/len(parts[1])) + parts[2]
}

// Twice the document is not much more than twice the work.
func TestWorkIsLinear(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates, too")
	}
	const size = 1 << 16
	for name, parts := range hostileDocuments {
		t.Run(name, func(t *testing.T) {
			workOn(repeated(parts, size)) // The pools are full.
			few, more := workOn(repeated(parts, size)), workOn(repeated(parts, 2*size))
			if more > 3*few+fixedWork || more > fixedWork+workPerByte*2*size {
				t.Errorf("%d bytes of work, and %d for twice the document: %d for each byte", few, more, more/(2*size))
			}
		})
	}
}

func FuzzWork(f *testing.F) {
	for _, parts := range hostileDocuments {
		f.Add(parts[0], parts[1], parts[2])
	}
	f.Fuzz(func(t *testing.T, begin, part, end string) {
		if part == "" || len(begin)+len(part)+len(end) > 1000 {
			return
		}
		text := repeated([3]string{begin, part, end}, 1<<14)
		if work := workOn(text); !underRace && work > 2*fixedWork+workPerByte*len(text) {
			t.Errorf("%d bytes of work for %d: %q %q %q", work, len(text), begin, part, end)
		}
	})
}
