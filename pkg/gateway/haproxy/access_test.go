package haproxy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"
)

func TestAccess(t *testing.T) {
	a, b := newKeys(t), newKeys(t)
	server := echo(t, "b", 200)
	operation := func(path string, anyOf ...[]Use) Operation {
		return Operation{Method: "GET", Path: path, Pool: Pool{Servers: []Server{server}}, Access: Access{AnyOf: anyOf}}
	}
	only := func(scheme string, scopes ...string) []Use { return []Use{{scheme, scopes}} }
	keyPEM := publicPEM(t, a.rsa.Public())
	url, log := start(t, Gateway{
		Schemes: []Scheme{
			{Name: "shop", Issuers: []Issuer{
				{Issuer: "https://issuer.example.com/oauth2/token", Key: keyPEM, Audiences: []string{"shop", "other shop"}},
				{Issuer: "https://ec.example.com", Key: publicPEM(t, a.ec.Public()), Algorithms: []string{"ES256"}},
			}},
			{Name: "partner", Issuers: []Issuer{{Issuer: "partner", Key: publicPEM(t, b.rsa.Public())}}},
			{Name: "password", Users: []User{{"ALICE", "SECRET"}}},
			{Name: "header", Header: "X-API-Key", Issuers: []Issuer{{Issuer: "keys", Key: keyPEM}}},
			{Name: "query", Query: "key", Issuers: []Issuer{{Issuer: "keys", Key: keyPEM}}},
			{Name: "nobody uses it", Issuers: []Issuer{{Issuer: "x", Key: keyPEM}}},
		},
		APIs: []API{{Operations: []Operation{
			operation("/shop", only("shop")), operation("/partner", only("partner")),
			operation("/either", only("shop"), only("password")), operation("/both", []Use{{"shop", nil}, {"header", nil}}),
			operation("/scope", only("shop", "read:pets", "write.pets")), operation("/password", only("password")),
			operation("/header", only("header")), operation("/query", only("query")), operation("/passwordscope", only("password", "x")),
			operation("/closed"), operation("/closedtoo", []Use{}), public("GET", "/public", server),
		}}},
	})
	now := time.Now().Unix()
	claims := func(changes map[string]any) map[string]any {
		all := map[string]any{"iss": "https://issuer.example.com/oauth2/token", "exp": now + 600, "aud": "shop"}
		maps.Copy(all, changes)
		for k, v := range all {
			if v == nil {
				delete(all, k)
			}
		}
		return all
	}
	good := a.rs256(t, claims(nil))
	bearer := func(token string) []string { return []string{"Authorization: Bearer " + token} }
	basic := func(s string) []string {
		return []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s))}
	}
	with := func(changes map[string]any) []string { return bearer(a.rs256(t, claims(changes))) }
	confused := func(secret string) string {
		text := unsigned("HS256", claims(nil))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	tampered := []byte(good)
	tampered[len(tampered)-20] ^= 1
	parts := strings.Split(good, ".")
	other := strings.Split(a.rs256(t, claims(map[string]any{"sub": "x"})), ".")
	partner := b.rs256(t, map[string]any{"iss": "partner", "exp": now + 600})
	for name, q := range map[string]request{
		"public":                   {path: "/public", status: 200},
		"public with credentials":  {path: "/public", headers: bearer("x"), status: 200, want: []string{"authorization=true"}},
		"good":                     {path: "/shop", headers: bearer(good), status: 200, want: []string{"authorization=false"}},
		"lower case":               {path: "/shop", headers: []string{"authorization: bearer " + good}, status: 200},
		"second issuer":            {path: "/shop", headers: bearer(a.es256(t, map[string]any{"iss": "https://ec.example.com", "exp": now + 600})), status: 200},
		"key of the other issuer":  {path: "/shop", headers: bearer(a.es256(t, claims(nil))), status: 401},
		"none":                     {path: "/shop", status: 401, want: []string{"900902", "WWW-Authenticate: Bearer"}},
		"empty":                    {path: "/shop", headers: []string{"Authorization: "}, status: 401},
		"no token":                 {path: "/shop", headers: bearer(""), status: 401},
		"garbage":                  {path: "/shop", headers: bearer("a.b.c"), status: 401, want: []string{"900901"}},
		"two parts":                {path: "/shop", headers: bearer(parts[0] + "." + parts[1]), status: 401},
		"empty signature":          {path: "/shop", headers: bearer(parts[0] + "." + parts[1] + "."), status: 401},
		"tampered":                 {path: "/shop", headers: bearer(string(tampered)), status: 401},
		"claims of another token":  {path: "/shop", headers: bearer(parts[0] + "." + other[1] + "." + parts[2]), status: 401},
		"algorithm none":           {path: "/shop", headers: bearer(unsigned("none", claims(nil)) + "."), status: 401},
		"HS256 with the key":       {path: "/shop", headers: bearer(confused(keyPEM)), status: 401},
		"HS256 with nothing":       {path: "/shop", headers: bearer(confused("")), status: 401},
		"expired":                  {path: "/shop", headers: with(map[string]any{"exp": now - 60}), status: 401},
		"negative exp":             {path: "/shop", headers: with(map[string]any{"exp": -5}), status: 401},
		"no exp":                   {path: "/shop", headers: with(map[string]any{"exp": nil}), status: 401},
		"exp as text":              {path: "/shop", headers: with(map[string]any{"exp": "never"}), status: 401},
		"early":                    {path: "/shop", headers: with(map[string]any{"nbf": now + 60}), status: 401},
		"not early":                {path: "/shop", headers: with(map[string]any{"nbf": now - 60}), status: 200},
		"other issuer":             {path: "/shop", headers: with(map[string]any{"iss": "https://evil.example.com"}), status: 401},
		"prefix of the issuer":     {path: "/shop", headers: with(map[string]any{"iss": "https://issuer.example.com/oauth2/tokens"}), status: 401},
		"no issuer":                {path: "/shop", headers: with(map[string]any{"iss": nil}), status: 401},
		"list of issuers":          {path: "/shop", headers: with(map[string]any{"iss": []string{"https://issuer.example.com/oauth2/token"}}), status: 401},
		"other audience":           {path: "/shop", headers: with(map[string]any{"aud": "shops"}), status: 401},
		"audiences":                {path: "/shop", headers: with(map[string]any{"aud": []string{"x", "other shop"}}), status: 200},
		"other audiences":          {path: "/shop", headers: with(map[string]any{"aud": []string{"x", "y"}}), status: 401},
		"no audience":              {path: "/shop", headers: with(map[string]any{"aud": nil}), status: 401},
		"partner":                  {path: "/partner", headers: bearer(partner), status: 200},
		"partner in the shop":      {path: "/shop", headers: bearer(partner), status: 401},
		"shop at the partner":      {path: "/partner", headers: bearer(good), status: 401},
		"either, token":            {path: "/either", headers: bearer(good), status: 200},
		"either, password":         {path: "/either", headers: basic(`alice:p '"#$x`), status: 200},
		"either, neither":          {path: "/either", status: 401},
		"wrong password":           {path: "/password", headers: basic("alice:p"), status: 401},
		"no password":              {path: "/password", headers: basic("alice:"), status: 401},
		"wrong user":               {path: "/password", headers: basic(`bob:p '"#$x`), status: 401},
		"password":                 {path: "/password", headers: basic(`alice:p '"#$x`), status: 200, want: []string{"authorization=false"}},
		"password without scopes":  {path: "/passwordscope", headers: basic(`alice:p '"#$x`), status: 403},
		"token instead":            {path: "/password", headers: bearer(good), status: 401},
		"both":                     {path: "/both", headers: append(bearer(good), "X-API-Key: "+a.rs256(t, map[string]any{"iss": "keys", "exp": now + 60})), status: 200, want: []string{"key=false"}},
		"one of both":              {path: "/both", headers: bearer(good), status: 401},
		"header":                   {path: "/header", headers: []string{"X-API-Key: " + a.rs256(t, map[string]any{"iss": "keys", "exp": now + 60})}, status: 200},
		"key as bearer":            {path: "/header", headers: bearer(a.rs256(t, map[string]any{"iss": "keys", "exp": now + 60})), status: 401},
		"query":                    {path: "/query?a=b&key=" + a.rs256(t, map[string]any{"iss": "keys", "exp": now + 60}), status: 200},
		"header instead of query":  {path: "/query", headers: []string{"X-API-Key: " + good}, status: 401},
		"scope":                    {path: "/scope", headers: with(map[string]any{"scope": "a read:pets"}), status: 200},
		"other scope, same ending": {path: "/scope", headers: with(map[string]any{"scope": "xread:pets"}), status: 403, want: []string{"900910"}},
		"dot in a scope":           {path: "/scope", headers: with(map[string]any{"scope": "writexpets"}), status: 403},
		"no scope":                 {path: "/scope", headers: bearer(good), status: 403},
		"closed":                   {path: "/closed", headers: bearer(good), status: 401},
		"empty alternative":        {path: "/closedtoo", headers: bearer(good), status: 401},
	} {
		t.Run(name, func(t *testing.T) { q.send(t, url) })
	}
	justExpired := with(map[string]any{"exp": time.Now().Unix() - 1})
	request{path: "/shop", headers: justExpired, status: 200}.send(t, url)
	if strings.Contains(log.String(), parts[1]) {
		t.Error("a token is in the log")
	}
}
