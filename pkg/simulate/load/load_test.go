package load

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// show writes a load as one line for each row.
func show(l *Load) string {
	if l == nil {
		return ""
	}
	var b strings.Builder
	if !l.Start.IsZero() {
		_, _ = fmt.Fprintln(&b, "start", l.Start.Format(time.RFC3339Nano))
	}
	for i, t := range l.Times {
		_, _ = fmt.Fprint(&b, t)
		for _, s := range l.Series {
			_, _ = fmt.Fprintf(&b, " %s=%g", s.Name, s.Values[i])
		}
		b.WriteByte('\n')
	}
	_, _ = fmt.Fprintln(&b, "end", l.End)
	return b.String()
}

type readCase struct {
	text, want string
	problems   []string
}

func (c readCase) run(t *testing.T) {
	t.Helper()
	l, ps := Read("load", []byte(c.text))
	if diff := cmp.Diff(strings.TrimLeft(c.want, "\n"), show(l)); diff != "" {
		t.Errorf("load (-want +got):\n%s", diff)
	}
	var got []string
	for _, p := range ps {
		got = append(got, p.String())
	}
	if diff := cmp.Diff(c.problems, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if (l == nil) != ps.HasErrors() {
		t.Errorf("load is %v, errors are %v", l, ps.HasErrors())
	}
}

func TestCSV(t *testing.T) {
	for name, c := range map[string]readCase{
		"offsets": {text: "time,requests\n0,10\n90s,20.5\n1h30m,0\n1d12h,1e3\n", want: `
0s requests=10
1m30s requests=20.5
1h30m0s requests=0
36h0m0s requests=1000
end 36h1m30s
`},
		"dates, and a metric that is unknown at first": {
			text: "time,requests,queue\n2026-03-01T10:00:00+01:00,10,\n2026-03-01T09:00:15.5Z,20,-3\n",
			want: `
start 2026-03-01T09:00:00Z
0s requests=10 queue=NaN
15.5s requests=20 queue=-3
end 31s
`,
		},
		"Unix seconds": {text: "time,requests\n1764300000.25,1\n1764300060.25,2\n", want: `
start 2025-11-28T03:20:00.25Z
0s requests=1
1m0s requests=2
end 2m0s
`},
		"as Grafana writes it": {text: "\ufeff\"Time\",\"requests\"\r\n1764300000000,1\r\n1764300015000,2\r\n", want: `
start 2025-11-28T03:20:00Z
0s requests=1
15s requests=2
end 30s
`},
		"as Grafana writes formatted data": {text: "Time,requests\n2026-03-01 09:00:00,1\n2026-03-01 09:00:15,2\n", want: `
start 2026-03-01T09:00:00Z
0s requests=1
15s requests=2
end 30s
`},
		"no header, comments, blank lines, and spaces": {text: "# measured\n0, 10\n\n# more\n 1w1d , 20\n", want: `
0s requests=10
192h0m0s requests=20
end 384h0m0s
`},
		"an empty cell of the load": {
			text: "time,requests\n0,10\n15,\n30,\n45,20\n",
			want: `
0s requests=10
15s requests=10
30s requests=10
45s requests=20
end 1m0s
`,
			problems: []string{`warning: load: line 3: "requests" has no value at 2 times, so the last one holds there [input/value]`},
		},
		"only a metric": {text: "time,queue_length\n0,1\n15,2\n", want: `
0s queue_length=1
15s queue_length=2
end 30s
`},
		"a misspelt load": {
			text: "time,Request\n0,1\n15,2\n",
			want: `
0s Request=1
15s Request=2
end 30s
`,
			problems: []string{`warning: load: "Request" is read as a metric of that name; did you mean "requests"? [input/field]`},
		},
		"every bad row": {
			text: "time,requests,m\n0,1,1\n0,2,2\n-5,3,3\nsoon,4,4\n10,x,1e300\n20,-1,NaN\n30,1\n5,1,1\n2026-03-01T09:00:00Z,1,1\n401d,1,1\n40,0x10,Inf\n",
			problems: []string{
				`error: load: line 3: time 0 is that of the row before; write one row for each time [input/duplicate]`,
				`error: load: line 4: time "-5" is out of range; use Unix seconds, or seconds since the start [input/value]`,
				`error: load: line 5: time "soon" is not a date such as 2026-03-01T09:00:00Z, Unix seconds, or an offset such as 90s [input/value]`,
				`error: load: line 6: "requests": "x" is not a number; write one such as 12.5 [input/value]`,
				`error: load: line 6: "m": "1e300" is too large; use at most 1e+12 [input/value]`,
				`error: load: line 7: "requests": -1 is negative; use a number of requests per second [input/value]`,
				`error: load: line 7: "m": "NaN" is not a value; leave it out where it is unknown [input/value]`,
				`error: load: line 8: has 2 fields; the header has 3 [input/syntax]`,
				`error: load: line 9: time 5 is before that of the row before; sort the rows by time [input/value]`,
				`error: load: line 10: "2026-03-01T09:00:00Z" and the time of the first row are not of one kind; use a date, or the time since the start, in all rows [input/value]`,
				`error: load: line 11: time 401d is more than 366 days after the first row; use a shorter load [input/value]`,
				`error: load: line 12: "requests": "0x10" is not a number; write one such as 12.5 [input/value]`,
				`error: load: line 12: "m": "Inf" is too large; use at most 1e+12 [input/value]`,
			},
		},
		"offsets that begin later": {text: "time,requests\n10s,1\n20s,2\n", problems: []string{
			`error: load: line 2: the first row is at 10s; begin with a row at 0 [input/value]`,
		}},
		"no first value": {text: "time,requests\n0,\n15,2\n", problems: []string{
			`error: load: line 2: the first row has no value of "requests"; add it, or remove the row [input/required]`,
		}},
		"a bad quote": {text: "time,requests\n0,\"1\"2\n10,x\n", problems: []string{
			`error: load: line 2: is not CSV: extraneous or missing " in quoted-field [input/syntax]`,
			`error: load: line 3: "requests": "x" is not a number; write one such as 12.5 [input/value]`,
		}},
		"semicolons": {text: "time;requests\n0;1\n", problems: []string{
			`error: load: line 1: separates its columns with another character than a comma; use commas, and points in numbers [input/syntax]`,
		}},
		"no header of three columns": {text: "0,1,2\n", problems: []string{
			`error: load: line 1: has no header; begin it with a line such as time,requests [input/syntax]`,
		}},
		"names": {text: "date,requests,requests,\n", problems: []string{
			`error: load: line 1: begins with "date", which is not a column "time", a time, or JSON; begin it with a line such as time,requests [input/field]`,
			`error: load: line 1: two columns are named "requests"; remove one of them [input/duplicate]`,
			`error: load: line 1: column 4 has no name; name it after a metric, or "requests" [input/required]`,
		}},
		"one column": {text: "time\n0\n", problems: []string{
			`error: load: line 1: has only a column "time"; add a column "requests" [input/required]`,
		}},
		"one row": {text: "0,1\n", problems: []string{`error: load: line 1: has one row only; add rows, at least one at the start and one later [input/required]`}},
		"no row":  {text: "time,requests\n", problems: []string{`error: load: line 1: has no rows; add rows, at least one at the start and one later [input/required]`}},
		"nothing": {text: "\n", problems: []string{`error: load: is empty; write a line time,requests, and a row for each change [input/syntax]`}},
		"bytes that are no text": {text: "time,requests\n0,\xff\n", problems: []string{
			`error: load: is not UTF-8 text; save it as UTF-8 [input/encoding]`,
		}},
	} {
		t.Run(name, c.run)
	}
}

// matrixHead is the head of an answer of Prometheus.
const matrixHead = `{"status":"success","data":{"resultType":"matrix","result":`

func TestPrometheus(t *testing.T) {
	for name, c := range map[string]readCase{
		"one series": {text: matrixHead + `[{"metric":{},"values":[[1764300000,"1.5"],[ 1764300015.25 , "2" ]]}]}}`, want: `
start 2025-11-28T03:20:00Z
0s requests=1.5
15.25s requests=2
end 30.5s
`},
		"as promtool prints it": {text: `[{"metric":{"job":"a"},"values":[[1764300000,"1"],[1764300015,"2"]]}]`, want: `
start 2025-11-28T03:20:00Z
0s requests=1
15s requests=2
end 30s
`},
		"a gap": {
			text: matrixHead + `[{"metric":{},"values":[[0,"1"],[15,"2"],[75,"3"],[90,"NaN"],[105,"4"]]}]}}`,
			want: `
start 1970-01-01T00:00:00Z
0s requests=1
15s requests=2
30s requests=2
1m15s requests=3
1m30s requests=3
1m45s requests=4
end 2m0s
`,
			problems: []string{`warning: load: "requests" has no value at 2 times, so the last one holds there [input/value]`},
		},
		"several series": {
			text: matrixHead + `[{"metric":{"__name__":"requests"},"values":[[0,"1"],[15,"2"],[60,"2"]]},{"metric":{"__name__":"queue"},"values":[[15,"7"]]}]}}`,
			want: `
start 1970-01-01T00:00:00Z
0s requests=1 queue=NaN
15s requests=2 queue=7
30s requests=2 queue=NaN
1m0s requests=2 queue=NaN
end 1m15s
`,
			problems: []string{`warning: load: "requests" has no value at 1 times, so the last one holds there [input/value]`},
		},
		"a recorded series": {
			text: matrixHead + `[{"metric":{"__name__":"job:http_requests:rate1m"},"values":[[0,"1"],[15,"2"]]}]}}`,
			want: `
start 1970-01-01T00:00:00Z
0s requests=1
15s requests=2
end 30s
`,
			problems: []string{`info: load: "job:http_requests:rate1m" is the only series, so it is read as requests per second [input/value]`},
		},
		"a counter": {
			text: matrixHead + `[{"metric":{"__name__":"http_requests_total"},"values":[[0,"1"],[15,"2"]]}]}}`,
			want: `
start 1970-01-01T00:00:00Z
0s requests=1
15s requests=2
end 30s
`,
			problems: []string{`warning: load: "http_requests_total" is most likely a counter, and its values are read as requests per second; use sum(rate(http_requests_total[1m])) in the query [input/value]`},
		},
		"an error": {text: `{"status":"error","errorType":"bad_data","error":"parse error"}`, problems: []string{
			`error: load: is an error of Prometheus: parse error; repeat the query [input/value]`,
		}},
		"an instant vector": {text: `{"status":"success","data":{"resultType":"vector","result":[]}}`, problems: []string{
			`error: load: is a vector of one time, from /api/v1/query; save the answer of /api/v1/query_range [input/type]`,
		}},
		"other JSON": {text: `{"kind":"List"}`, problems: []string{
			`error: load: is not the answer of a range query of Prometheus; save that of /api/v1/query_range [input/type]`,
		}},
		"other lists": {text: `["a"]`, problems: []string{
			`error: load: is not the answer of a range query of Prometheus: "" cannot be a JSON string [input/type]`,
		}},
		"no JSON": {text: "{\n\"status\": success}", problems: []string{
			`error: load: line 2: is not JSON: invalid character 's' looking for beginning of value [input/syntax]`,
		}},
		"no samples": {text: matrixHead + `[]}}`, problems: []string{
			`error: load: has no samples; the query found no series in that time [input/required]`,
		}},
		"one sample": {text: matrixHead + `[{"values":[[0,"1"]]}]}}`, problems: []string{
			`error: load: has one row only; add rows, at least one at the start and one later [input/required]`,
		}},
		"series by label": {text: matrixHead + `[{"metric":{"pod":"a"},"values":[[0,"1"]]},{"metric":{"pod":"b"},"values":[[0,"1"]]}]}}`, problems: []string{
			`error: load: has 2 series, and one of them has no name; add them up in the query, with sum() [input/value]`,
		}},
		"series of one name": {text: matrixHead + `[{"metric":{"__name__":"a"},"values":[[0,"1"]]},{"metric":{"__name__":"a"},"values":[[0,"1"]]}]}}`, problems: []string{
			`error: load: has several series named "a"; add them up in the query, with sum() [input/duplicate]`,
		}},
		"histograms": {text: matrixHead + `[{"values":[[0,"1"]],"histograms":[[0,{}]]}]}}`, problems: []string{
			`error: load: has native histograms, which are not numbers; use histogram_count() or histogram_quantile() in the query [input/type]`,
		}},
		"bad values": {text: matrixHead + `[{"values":[[0,"+Inf"],[15,"-1"],[400000000,"1"]]}]}}`, problems: []string{
			`error: load: "requests" is +Inf at 1970-01-01T00:00:00Z; use a query whose values are at most 1e+12 [input/value]`,
			`error: load: "requests" is -1 at 1970-01-01T00:00:15Z; use a query whose values are not negative [input/value]`,
			`error: load: time 1982-09-04T15:06:40Z is more than 366 days after the first row; use a shorter load [input/value]`,
		}},
		"no order": {text: matrixHead + `[{"values":[[15,"1"],[0,"1"]]}]}}`, problems: []string{
			`error: load: the samples of "requests" are not in the order of their times [input/value]`,
		}},
		"a sample of another shape": {text: matrixHead + `[{"values":[[15,1]]}]}}`, problems: []string{
			`error: load: is not the answer of a range query of Prometheus: "[15,1]" is not a sample; each is [SECONDS, "VALUE"] [input/type]`,
		}},
		"a value that is not a number": {text: matrixHead + `[{"values":[[15,"many"]]}]}}`, problems: []string{
			`error: load: is not the answer of a range query of Prometheus: "many" is not a number [input/type]`,
		}},
	} {
		t.Run(name, c.run)
	}
}

func TestLimits(t *testing.T) {
	line := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			_, _ = fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ text, last string }{
		"size":     {strings.Repeat("#\n", MaxSize/2+1), `error: load: has 64 MiB; at most 64 are read [input/limit]`},
		"rows":     {line(maxRows+2, "%d,1\n"), `error: load: line 1000001: has more than 1000000 rows or 4000000 values; use fewer rows [input/limit]`},
		"columns":  {"time" + line(102, ",c%d"), `error: load: line 1: has 103 columns; use at most 101 [input/limit]`},
		"problems": {"time,requests\n0,1\n" + line(1000, "x%d,1\n"), `error: load: line 102: has too many problems, so the rest is not read; fix these first [input/limit]`},
		"bad samples": {
			matrixHead + `[{"values":[[0,"1"]` + line(1000, `,[1%03d,"-1"]`) + `]}]}}`,
			`error: load: has too many problems, so the rest is not read; fix these first [input/limit]`,
		},
		"series": {
			"[" + strings.TrimPrefix(line(101, `,{"metric":{"__name__":"a%d"},"values":[[0,"1"]]}`), ",") + "]",
			`error: load: has 101 series with 101 samples; use at most 100 and 1000000, for example with sum() or a longer step [input/limit]`,
		},
		"times of many series": {
			"[" + strings.TrimPrefix(line(100, `,{"metric":{"__name__":"a%d"},"values":[[0,"1"]]}`), ",") +
				`,{"metric":{"__name__":"b"},"values":[[0,"1"]` + line(50000, `,[1%05d,"1"]`) + `]}]`,
			`error: load: has 101 series with 50101 samples; use at most 100 and 1000000, for example with sum() or a longer step [input/limit]`,
		},
		"cells of many series": {
			"[" + strings.TrimPrefix(line(99, `,{"metric":{"__name__":"a%d"},"values":[[0,"1"]]}`), ",") +
				`,{"metric":{"__name__":"b"},"values":[[0,"1"]` + line(50000, `,[1%05d,"1"]`) + `]}]`,
			`error: load: has 100 series at 50002 times; use at most 4000000 values [input/limit]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, ps := Read("load", []byte(c.text))
			if l != nil || len(ps) > maxProblems+1 {
				t.Fatalf("%d problems, load %v", len(ps), l != nil)
			}
			if got := ps[len(ps)-1].String(); got != c.last {
				t.Errorf("got  %s\nwant %s", got, c.last)
			}
		})
	}
}

func TestGet(t *testing.T) {
	l, _ := Read("load", []byte("time,requests,m\n0,1,2\n15,3,4\n"))
	if diff := cmp.Diff([]float64{2, 4}, l.Get("m")); diff != "" || l.Get("x") != nil {
		t.Errorf("%s; x is %v", diff, l.Get("x"))
	}
}

// sound fails the test if a load is not as its type says.
func sound(t *testing.T, l *Load) {
	t.Helper()
	if len(l.Times) == 0 || l.Times[0] != 0 || len(l.Series) == 0 || l.End <= l.Times[len(l.Times)-1] || l.End > 2*maxLength {
		t.Fatalf("%d rows, %d series, end %s", len(l.Times), len(l.Series), l.End)
	}
	for i := 1; i < len(l.Times); i++ {
		if l.Times[i] <= l.Times[i-1] {
			t.Fatalf("times %v", l.Times)
		}
	}
	for _, s := range l.Series {
		if len(s.Values) != len(l.Times) || s.Name == "" {
			t.Fatalf("%d values of %q", len(s.Values), s.Name)
		}
		for _, v := range s.Values {
			if math.IsInf(v, 0) || s.Name == Requests && !(v >= 0) {
				t.Fatalf("%q is %g", s.Name, v)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"time,requests\n0,10\n90s,20.5\n", "0,1\n1,2", "time,m\n2026-03-01T09:00:00Z,1\n2026-03-01T09:00:15Z,\n", "time;requests\n",
		"\ufefftime,requests\r\n0,\"1\n\"\r\n", "time,requests\n1764300000000,1\n", "1w,1", "292y,1", "time,requests\n0,\n",
		matrixHead + `[{"metric":{},"values":[[0,"1"],[15,"NaN"],[75,"3"]]}]}}`, `[{"values":[[1e300,"1"]]}]`, `{"status":"error"}`, "[[[", "{}",
		`[{"metric":{"__name__":"a"},"values":[[0,"1"]]},{"metric":{"__name__":"b"},"values":[[5,"1"]]}]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, ps := Read("load", text)
		if (l == nil) != ps.HasErrors() {
			t.Fatalf("load is %v, problems are %v", l, ps)
		}
		if l == nil {
			return
		}
		sound(t, l)
		again, _ := Read("load", text)
		if diff := cmp.Diff(l, again, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("the same text gives another load:\n%s", diff)
		}
	})
}
