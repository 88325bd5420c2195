package haproxy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parse reads the words of a configuration by the rules of section 2.2 of HAProxy's configuration manual.
func parse(text string) [][]string {
	var lines [][]string
	for line := range strings.Lines(text) {
		var words []string
		var word strings.Builder
		in, quote := false, byte(0)
		line = strings.TrimSuffix(line, "\n")
	characters:
		for i := 0; i < len(line); i++ {
			c := line[i]
			switch {
			case quote == '\'' && c == '\'', quote == '"' && c == '"':
				quote = 0
			case quote == '\'':
				word.WriteByte(c)
			case c == '\\' && i+1 < len(line):
				i++
				word.WriteByte(line[i])
			case quote == 0 && (c == '\'' || c == '"'):
				quote = c
			case quote == 0 && c == '#':
				break characters
			case quote == 0 && (c == ' ' || c == '\t'):
				if in {
					words = append(words, word.String())
					word.Reset()
				}
				in = false
				continue
			default:
				word.WriteByte(c)
			}
			in = true
		}
		if in {
			words = append(words, word.String())
		}
		if len(words) > 0 {
			lines = append(lines, words)
		}
	}
	return lines
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"a", "a b", "'", `it's`, `a\b`, `"x"`, "#", "a#b", "$HOME", "${HOME}", "{", "}", "%[x]", "ü", `\'`, "''"} {
		quoted, err := quote(s)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{{"a", s, "b"}}, parse("  a "+quoted+" b\n")); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	}
	for _, s := range []string{"", "a\nb", "a\rb", "a\x00b", "a\tb", "\x7f", "\x1b[1m"} {
		if _, err := quote(s); err == nil {
			t.Errorf("%q: no error", s)
		}
	}
}

// hostile are parts of values that could be special somewhere.
var hostile = []string{
	" ", "#", "'", `"`, `\`, "%", "%[", "]", "{", "}", "{x}", "(", ")", ",", "$", "${HOME}", "|", "||", "!", "--", "if", "unless", "or", ";",
	"*", "+", "?", "^", ".", "..", "/", "//", ":", "@", "&", "=", "a", "Z", "0", "-", "_", "ü", "€", "\u202e", "\n", "\r", "\t", "\x00", "%0a",
	"%2F", "%zz", "backend x", "\nbackend x", "server", "[", "-m", "str",
}

func text(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(hostile[r.IntN(len(hostile))])
	}
	return b.String()
}

// somebodysKey is a public key, which newer versions of HAProxy read when they read the configuration.
const somebodysKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEomwcHXB91a10afZDHX4j4sHV80M
SR9Ix3cUGh4jv/+hMwGKOOuG+dsorpL4xN3WlUs3xm2bUiiBNHKEoqTdqg==
-----END PUBLIC KEY-----
`

// gatewayOf returns a gateway with hostile values.
func gatewayOf(seed uint64) Gateway {
	r := rand.New(rand.NewPCG(seed, 1))
	g := Gateway{HTTP: 1080, Metrics: 1081, Threads: 1, MaxConnections: 100, Dir: "/nonexistent"}
	g.Schemes = []Scheme{
		{Name: "a", Issuers: []Issuer{{Issuer: text(r), Audiences: []string{text(r)}, Key: somebodysKey}}},
		{Name: "b", Users: []User{{"ALICE", "SECRET"}}},
		{Name: "c", Header: "X-Key", Issuers: []Issuer{{Issuer: text(r), Key: somebodysKey, Algorithms: []string{"RS256"}}}},
	}
	for range 1 + r.IntN(2) {
		a := API{}
		if r.IntN(2) == 0 {
			a.BasePath = "/" + strings.Trim(text(r), "/")
		}
		if r.IntN(2) == 0 {
			a.CORS = &CORS{Origins: []string{text(r)}, Methods: []string{"GET", text(r)}, Headers: []string{text(r)}, Credentials: true}
		}
		if r.IntN(2) == 0 {
			a.Limit = &Limit{int64(r.IntN(100)), 60e9}
		}
		for range r.IntN(4) {
			o := Operation{ID: text(r), Method: "GET", Path: "/" + text(r)}
			for range r.IntN(3) {
				o.Pool.Servers = append(o.Pool.Servers, Server{Host: "h" + text(r), Port: int32(1 + r.IntN(9))})
			}
			if len(o.Pool.Servers) == 1 {
				o.Pool.Servers[0].Path = "/p" + strings.TrimRight(text(r), "/")
			}
			switch r.IntN(3) {
			case 0:
				o.Access.Public = true
			case 1:
				o.Access.AnyOf = [][]Use{{{"a", []string{text(r)}}}, {{"b", nil}, {"c", nil}}}
			}
			a.Operations = append(a.Operations, o)
		}
		g.APIs = append(g.APIs, a)
	}
	return g
}

// checkWords fails unless HAProxy reads exactly the words that were meant.
func checkWords(t testing.TB, g Gateway) (config string, ok bool) {
	t.Helper()
	r := renderer{Gateway: &g, files: map[string]string{}}
	err := r.render()
	if err != nil {
		return "", false
	}
	config = r.files[ConfigFile]
	got := parse(strings.NewReplacer(`"${`, "", `}"`, "").Replace(config))
	want := make([][]string, 0, len(r.lines))
	for _, words := range r.lines {
		if words[0] == "user" {
			words = []string{"user", words[1], "insecure-password", words[2]}
		}
		want = append(want, words)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("words (-meant +read):\n%s\n%s", diff, config)
	}
	return config, true
}

func FuzzWords(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkWords(t, gatewayOf(seed)) })
}

func TestHostileValues(t *testing.T) {
	rendered := 0
	for seed := range uint64(2000) {
		if _, ok := checkWords(t, gatewayOf(seed)); ok {
			rendered++
		}
	}
	if rendered < 200 {
		t.Errorf("only %d of 2000 gateways were rendered", rendered)
	}
}

func TestHostileValuesAccepted(t *testing.T) {
	program(t)
	accept := 0
	for seed := uint64(0); accept < 60; seed++ {
		g := gatewayOf(seed)
		g.Dir = t.TempDir()
		if _, err := Render(g); err != nil {
			continue
		}
		accept++
		write(t, g)
		accepted(t, g)
	}
}
