package krm

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// allocated returns the bytes that f allocates: a count of its work that does not depend on the clock.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// The work on an input: a fixed part, and a part for each byte.
const (
	fixedWork   = 2 << 20
	workPerByte = 1200
)

// readAnything reads a text in all ways, and locates a problem of every object.
func readAnything(text string) {
	l, ps := ReadList(strings.NewReader(text))
	if !ps.HasErrors() {
		_ = l.Write(&bytes.Buffer{}, l.Items, nil)
		for _, it := range l.Items {
			ps.Errorf(model.InputValue, it.Place.Child("spec").Child("x").Item(3), "x")
		}
		Sources{Items: l.Items, Stream: true}.Locate(ps)
	}
	p, ps := ReadStream(strings.NewReader(text), "a.yaml")
	for _, it := range p.Items {
		ps.Errorf(model.InputValue, it.Place.Child("data"), "x")
	}
	Sources{Items: p.Items}.Locate(ps.Limited())
}

// hostileTexts are beginnings, parts that are repeated, and ends.
var hostileTexts = map[string][3]string{
	"items":              {listHead + "items:\n", "- a: b\n", ""},
	"empty items":        {listHead + "items:\n", "-\n", ""},
	"fields":             {listHead + "items:\n- kind: A\n", "  a: b\n", ""},
	"fields of the list": {listHead, "a: b\n", ""},
	"fields in JSON":     {`{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList"`, `,"a":1`, "}"},
	"objects in JSON":    {"", `{"apiVersion":"v1","kind":"A"}`, ""},
	"documents":          {"", "apiVersion: v1\nkind: A\n---\n", ""},
	"separators":         {"", "---\n", ""},
	"comments":           {listHead + "items:\n", "# a\n", "- a: b\n"},
	"lines":              {listHead + "items:\n- kind: A\n  a: |\n", "    b\n", ""},
	"flow":               {listHead + "items:\n- kind: A\n  a: [", "b,", "]\n"},
	"aliases":            {listHead + "items:\n- kind: A\n  a: &a [b]\n  b: [", "*a,", "]\n"},
	"merge keys":         {"kind: A\napiVersion: v1\na: &a {b: c}\nd:\n", "- {<<: *a}\n", ""},
	"Lists of Lists":     {"", "{kind: List, apiVersion: v1, items: [", ""},
	"escapes":            {"\"", "\\u0061", "\""},
	"words":              {"", "y ", ""},
}

func repeated(parts [3]string, size int) string {
	return parts[0] + strings.Repeat(parts[1], size/len(parts[1])) + parts[2]
}

// Twice the text is not much more than twice the work.
func TestWorkIsLinear(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates, too")
	}
	const size = 1 << 17
	for name, parts := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			readAnything(repeated(parts, size)) // The pools are full.
			once, twice := repeated(parts, size), repeated(parts, 2*size)
			few, more := allocated(func() { readAnything(once) }), allocated(func() { readAnything(twice) })
			if more > 3*few+fixedWork || more > fixedWork+workPerByte*len(twice) {
				t.Errorf("%d bytes of work for %d, and %d for %d: %d for each byte", few, len(once), more, len(twice), more/len(twice))
			}
		})
	}
}

func FuzzWork(f *testing.F) {
	for _, parts := range hostileTexts {
		f.Add(parts[0], parts[1], parts[2])
	}
	f.Fuzz(func(t *testing.T, begin, part, end string) {
		if part == "" || len(begin)+len(part)+len(end) > 1000 {
			return
		}
		text := repeated([3]string{begin, part, end}, 1<<15)
		if work := allocated(func() { readAnything(text) }); !underRace && work > 2*fixedWork+workPerByte*len(text) {
			t.Errorf("%d bytes of work for %d: %q %q %q", work, len(text), begin, part, end)
		}
	})
}
