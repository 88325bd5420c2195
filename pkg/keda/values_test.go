package keda

import (
	"testing"
)

// TestValues has what KEDA 2.21 says of values (pkg/scalers/scalersconfig/typed_config.go).
func TestValues(t *testing.T) {
	for _, tc := range []struct {
		name      string
		typ       ValueType
		good, bad []string
	}{
		{"text", Text, []string{"", "x"}, nil},
		{"numbers", Number, []string{"1", " 1 ", "-5", "0.5", "1e3", "1E-2"}, []string{"+5", ".5", "5.", "05", "1_000", "100m", "0x10", "NaN", "null", "1e999999999", "1,5", "1e400"}},
		{"whole numbers", Integer, []string{"1", "-2"}, []string{"1.0", "1e3", "x", "null", "99999999999999999999"}},
		{"booleans", Bool, []string{"true", "F", "1", "TRUE"}, []string{"yes", "on", "tRue"}},
		{"durations", Duration, []string{"1s", "1m30s", "500", "0"}, []string{"-1s", "-5", "1.5", "one"}},
		{"maps", Map, []string{"a=b", "a=b, c=d"}, []string{"a", "a=b=c", "a=b,", "a:b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, value := range tc.good {
				if is, _ := tc.typ.Check(value); is != "" {
					t.Errorf("%q %s", value, is)
				}
			}
			for _, value := range tc.bad {
				if is, _ := tc.typ.Check(value); is == "" {
					t.Errorf("%q is accepted", value)
				}
			}
		})
	}
}

func TestIsTrue(t *testing.T) {
	for value, want := range map[string]bool{"true": true, "0": false, "": true, "x": true} {
		if got := IsTrue(value, true); got != want {
			t.Errorf("IsTrue(%q) = %t", value, got)
		}
	}
}

// TestSchedules has what the parser of KEDA says, github.com/robfig/cron with five fields.
func TestSchedules(t *testing.T) {
	for text, want := range map[string]bool{
		"* * * * *": true, "0 8 * * MON-FRI": true, "*/15 8-18/2 1,15 jan-mar,12 0-6": true, "? ? ? ? ?": true, "59 23 31 12 6": true,
		"CRON_TZ=UTC 0 8 * * *": true, "5/10 * * * *": true, "*/0 * * * *": false,
		"60 * * * *": false, "* 24 * * *": false, "* * 0 * *": false, "* * * 13 *": false, "* * * * 7": false, "* * * * *-2": true,
		"* * * * MONDAY": false, "* * * *": false, "0 * * * * *": false, "@daily": false, "": false, "10-5 * * * *": false,
		"1,,2 * * * *": true, "-1 * * * *": false, "1-x * * * *": false, "a/b * * * *": false,
	} {
		if got := CheckSchedule(text); (got == "") != want {
			t.Errorf("CheckSchedule(%q) = %q", text, got)
		}
	}
}

func TestTimezones(t *testing.T) {
	for name, want := range map[string]bool{
		"UTC": true, "Europe/Berlin": true, "America/Argentina/Buenos_Aires": true, "Etc/GMT-2": true, "GMT": true, "GMT+0": true, "EST5EDT": true, "": true,
		"UTC+2": false, "GMT-05": false, "+02": false, "utc": false, "europe/berlin": false, "W. Europe Standard Time": false, "UTC+02:00": false,
	} {
		if got := CheckTimezone(name); (got == "") != want {
			t.Errorf("CheckTimezone(%q) = %q", name, got)
		}
	}
}

func TestFormulas(t *testing.T) {
	for _, tc := range []struct {
		formula string
		names   string
		ok      bool
	}{
		{`a + b_2 * 3`, "a,b_2", true},
		{`max([a, b]) > 1 ? float(a) : 0`, "a,b", true},
		{`a ?? b ?? 8`, "a,b", true},
		{`a in [1] and not b or true`, "a,b", true},
		{`len("c d") + x.y`, "x", true},
		{`trig-one`, "trig,one", true},
		{`let z = a; z`, "", false},
		{`filter([a], {# > 1})`, "", false},
		{`"a`, "", false},
	} {
		names, ok := FormulaNames(tc.formula)
		got := ""
		for i, n := range names {
			if i > 0 {
				got += ","
			}
			got += n
		}
		if ok != tc.ok || ok && got != tc.names {
			t.Errorf("%s has names %s, %t", tc.formula, got, ok)
		}
	}
	for name, want := range map[string]bool{"a": true, "_a1": true, "1a": false, "a-b": false, "": false, "in": false, "ä": true} {
		if IsIdentifier(name) != want {
			t.Errorf("IsIdentifier(%q) is not %t", name, want)
		}
	}
}

func TestServers(t *testing.T) {
	for address, want := range map[string]Server{
		"http://p:9090":                    {Service: "p", Host: "p", Port: 9090},
		"http://p.ns":                      {Service: "p", Namespace: "ns", Host: "p.ns", Port: 80},
		"https://p.ns.svc.cluster.local/x": {Service: "p", Namespace: "ns", Host: "p.ns.svc.cluster.local", Path: "/x", Port: 443},
		"http://10.0.0.1:1":                {Host: "10.0.0.1", Port: 1},
		"https://p.example.com":            {Host: "p.example.com", Port: 443},
		"https://example.com/prom/":        {Host: "example.com", Path: "/prom/", Port: 443},
	} {
		if got, problem := ParseServer(address); got != want || problem != "" {
			t.Errorf("%s: got %+v, %s", address, got, problem)
		}
	}
	for _, address := range []string{"", "p:9090", "//p", "http://", "ftp://p", "http://p?x", "http://p?", "http://p#x", "http://p/api/v1", "http://p/api/v1/query/", "http://<p>", "http://p:x"} {
		if _, problem := ParseServer(address); problem == "" {
			t.Errorf("%q is accepted", address)
		}
	}
	for address, want := range map[string][2]bool{
		"http://prometheus.x": {true, false}, "http://thanos-query:1": {true, false}, "http://metrics": {false, false},
		"http://vmselect.x:8481": {false, true}, "http://monitoring-victoria-metrics.x": {false, true}, "http://x/select/0/prometheus": {false, true},
	} {
		s, _ := ParseServer(address)
		if prom, other := s.Dialect(); prom != want[0] || other != want[1] {
			t.Errorf("%s: got %t, %t", address, prom, other)
		}
	}
}

func TestAuthentication(t *testing.T) {
	tr := Trigger{Metadata: map[string]string{"authMode": " basic , tls"}}
	if m := tr.Modes(); len(m) != 2 || m[0] != "basic" || m[1] != "tls" {
		t.Errorf("modes are %q", m)
	}
	a := AuthenticationSpec{
		SecretTargetRef: []SecretParameter{{Parameter: "token"}}, Env: []NamedParameter{{"a"}}, AzureKeyVault: &Vault{Secrets: []NamedParameter{{"b"}}},
		FilePath: "x", OAuth2: &struct{}{}, PodIdentity: &PodIdentity{Provider: "none"},
	}
	names, known := a.Parameters()
	if len(names) != 7 || known || a.HasIdentity() {
		t.Errorf("parameters are %q, %t, %t", names, known, a.HasIdentity())
	}
	if Requires("other") != nil {
		t.Error("a mode that does not exist requires something")
	}
}
