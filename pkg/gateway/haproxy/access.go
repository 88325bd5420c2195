package haproxy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// policies are the different Accesses of a gateway. The operations with one Access share its rules.
type policies struct {
	all   []Access
	names map[string]string
}

const publicPolicy = "public"

func policiesOf(routes []route) policies {
	p := policies{names: map[string]string{}}
	for _, o := range routes {
		key := o.Access.key()
		if p.names[key] == "" && !o.Access.Public {
			p.names[key] = "p" + strconv.Itoa(len(p.all))
			p.all = append(p.all, o.Access)
		}
	}
	return p
}

// key is equal for equal Accesses.
func (a Access) key() string {
	text, _ := json.Marshal(a) // It has only strings, which always have a JSON text.
	return string(text)
}

func (p *policies) name(a Access) string {
	if a.Public {
		return publicPolicy
	}
	return p.names[a.key()]
}

// using returns the names of the policies that use a scheme.
func (p *policies) using(uses func(Use) bool) []string {
	var out []string
	for _, a := range p.all {
		if slices.ContainsFunc(slices.Concat(a.AnyOf...), uses) {
			out = append(out, p.name(a))
		}
	}
	return out
}

// The responses of the micro-gateway (api_security_constants.bal of product-microgateway 3.2).
var (
	missingCredentials = failure{
		401, 900902, "Missing Credentials",
		"Missing Credentials. Make sure your API request provides required credentials",
	}
	invalidCredentials = failure{
		401, 900901, "Invalid Credentials",
		"Invalid Credentials. Make sure you have given the correct access token",
	}
	missingScope = failure{
		403, 900910, "The access token does not allow you to access the requested resource",
		"User is NOT authorized to access the Resource. Scope validation failed.",
	}
)

// security admits a request if it satisfies the policy of its operation. The variable txn.allowed is set nowhere else, and without
// it the request ends here.
func (r *renderer) security() {
	r.line("http-request", "set-var(txn.policy)", "var(txn.operation),map_str("+r.file(policiesFile)+")")
	r.line("acl", "allowed", "var(txn.allowed)", "-m", "int", "1")
	r.line("http-request", "set-var(txn.allowed)", "int(1)", "if", "{", "var(txn.policy)", "-m", "str", publicPolicy, "}")
	if len(r.policies.all) > 0 {
		r.schemes()
		r.admit()
	}
	r.line("acl", "credentials", "req.hdr(authorization)", "-m", "found")
	for _, s := range r.Schemes {
		if from := s.source(); from != bearer {
			r.line("acl", "credentials", from, "-m", "found")
		}
	}
	r.respond([]string{"!allowed", "{", "var(txn.known)", "-m", "int", "1", "}"}, missingScope)
	r.respond([]string{"!allowed", "!credentials"}, missingCredentials, r.challenge()...)
	r.respond([]string{"!allowed"}, invalidCredentials, r.challenge()...)
	r.removeCredentials()
}

// challenge returns the header that a 401 must have (RFC 9110, section 11.6.1).
func (r *renderer) challenge() []string {
	value := `Bearer realm="API"`
	if !slices.ContainsFunc(r.Schemes, func(s Scheme) bool { return s.Users == nil }) && len(r.Schemes) > 0 {
		value = `Basic realm="API"`
	}
	return []string{"WWW-Authenticate", value}
}

// removeCredentials keeps the credentials that the gateway verified from the backends.
func (r *renderer) removeCredentials() {
	headers := map[string][]string{}
	for _, s := range r.Schemes {
		header := s.Header
		switch {
		case s.Query != "":
			continue
		case header == "":
			header = "Authorization"
		}
		headers[header] = append(headers[header], r.policies.using(func(u Use) bool { return u.Scheme == s.Name })...)
	}
	i := 0
	for _, header := range sortedKeys(headers) {
		names := headers[header]
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		name := "spent_" + strconv.Itoa(i)
		i++
		r.values([]string{"acl", name, "var(txn.policy)", "-m", "str", "--"}, slices.Compact(names))
		r.line("http-request", "del-header", header, "if", name)
	}
}

// bearer is the sample of a bearer token.
const bearer = "http_auth_bearer"

// source returns the sample of the token of a scheme.
func (s Scheme) source() string {
	switch {
	case s.Users != nil:
		return bearer
	case s.Header != "":
		return "req.fhdr(" + s.Header + ")"
	case s.Query != "":
		return "url_param(" + s.Query + ")"
	}
	return bearer
}

// IsToken reports whether s can be the name of a header or parameter with a token.
func IsToken(s string) bool { return token.MatchString(s) }

// token matches what can be an argument of a sample.
var token = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// schemes sets a variable for each scheme whose credentials a request has.
func (r *renderer) schemes() {
	issuers := 0
	for i, s := range r.Schemes {
		for _, name := range []string{s.Header, s.Query} {
			if name != "" && !token.MatchString(name) {
				r.errs = append(r.errs, fmt.Errorf("%q cannot be the name of a header or parameter", name))
			}
		}
		users := r.policies.using(func(u Use) bool { return u.Scheme == s.Name })
		if len(users) == 0 {
			continue
		}
		wanted, valid := "wants_"+strconv.Itoa(i), "valid_"+strconv.Itoa(i)
		r.values([]string{"acl", wanted, "var(txn.policy)", "-m", "str", "--"}, users)
		result := "set-var(txn." + valid + ")"
		if s.Users != nil {
			r.line("http-request", result, "int(1)", "if", wanted, "{", "http_auth("+userList(i)+")", "}")
		} else {
			n := slices.Index(r.sources, s.source())
			if n < 0 {
				n = len(r.sources)
				r.sources = append(r.sources, s.source())
				r.token(strconv.Itoa(n), s.source())
			}
			for _, issuer := range s.Issuers {
				r.issuer(issuer, strconv.Itoa(n), strconv.Itoa(issuers), wanted, result)
				issuers++
			}
		}
		r.line("acl", valid, "var(txn."+valid+")", "-m", "int", "1")
	}
}

// skew is the number of seconds by which clocks may differ, as in the micro-gateway (keyManager.timestampSkew).
const skew = "5"

// token reads the claims of the token of source n. In WSO2's tokens, slashes are escaped, which json_query does not understand.
func (r *renderer) token(n, source string) {
	t, claims := "txn.token_"+n, "txn.claims_"+n
	r.line("http-request", "set-var("+t+")", source)
	r.line("http-request", "set-var(txn.algorithm_"+n+")", "var("+t+"),jwt_header_query($.alg)")
	r.line("http-request", "set-var("+claims+")", "var("+t+`),word(2,.),ub64dec,regsub(\\\\/,/,g)`)
	r.line("http-request", "set-var(txn.issuer_"+n+")", "var("+claims+"),json_query($.iss)")
	r.line("http-request", "set-var(txn.expires_"+n+")", "var("+claims+"),json_query($.exp,int)")
	r.line("http-request", "set-var(txn.begins_"+n+")", "var("+claims+"),json_query($.nbf,int)")
	r.line("http-request", "set-var(txn.scope_"+n+")", "var("+claims+"),json_query($.scope)")
	r.line("http-request", "set-var(txn.now)", "date()")
	// A comparison with a negative number does not do what it says, so add first. A token without exp is not current.
	r.line("acl", "current_"+n, "var(txn.expires_"+n+"),add("+skew+"),sub(txn.now)", "-m", "int", "gt", "0")
	r.line("acl", "early_"+n, "var(txn.begins_"+n+"),sub(txn.now)", "-m", "int", "gt", skew)
}

// Algorithms are the algorithms that verify a signature with a public key (RFC 7518, section 3.1). The configuration names them: a
// token whose header named another one, such as none, or HS256 with the public key as the secret, would verify itself.
var Algorithms = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}

// mostAudiences is the number of elements of the claim aud that are compared.
const mostAudiences = 5

// issuer sets the result of a scheme if the token of source n is one of an issuer's.
func (r *renderer) issuer(i Issuer, n, number, wanted, result string) {
	iss, signed := "issuer_"+number, "txn.signed_"+number
	r.line("acl", iss, "var(txn.issuer_"+n+")", "-m", "str", "--", i.Issuer)
	condition := []string{wanted, iss, "current_" + n, "!early_" + n}
	if len(i.Audiences) > 0 {
		aud := "audience_" + number
		claims := "var(txn.claims_" + n + "),json_query"
		r.values([]string{"acl", aud, claims + "($.aud)", "-m", "str", "--"}, i.Audiences)
		for k := range mostAudiences {
			r.values([]string{"acl", aud, claims + "($.aud[" + strconv.Itoa(k) + "])", "-m", "str", "--"}, i.Audiences)
		}
		condition = append(condition, aud)
	}
	key := i.File
	if i.Key != "" {
		key = r.file(r.keyFile(i.Key))
	}
	if strings.ContainsAny(key, ",() \"'\\") || key == "" {
		r.errs = append(r.errs, fmt.Errorf("%q cannot be the file of a public key", key))
	}
	algorithms := i.Algorithms
	if len(algorithms) == 0 {
		algorithms = Algorithms
	}
	for _, a := range algorithms {
		if !slices.Contains(Algorithms, a) {
			r.errs = append(r.errs, fmt.Errorf("unknown algorithm %q", a))
		}
		r.rule(append(slices.Clone(condition), "{", "var(txn.algorithm_"+n+")", "-m", "str", a, "}"),
			"http-request", "set-var("+signed+")", "var(txn.token_"+n+"),jwt_verify("+a+","+key+")")
	}
	r.line("http-request", result, "int(1)", "if", "{", "var("+signed+")", "-m", "int", "1", "}")
}

// keyFile returns the name of the file with a public key.
func (r *renderer) keyFile(text string) string {
	n := slices.Index(r.keys, text)
	if n < 0 {
		n = len(r.keys)
		r.keys = append(r.keys, text)
	}
	name := "key-" + strconv.Itoa(n) + ".pem"
	r.files[name] = text
	return name
}

// admit allows the requests that satisfy an alternative of their policy.
func (r *renderer) admit() {
	scopes := 0
	index := map[string]int{}
	for i, s := range r.Schemes {
		index[s.Name] = i
	}
	for _, a := range r.policies.all {
		name := r.policies.name(a)
		policy := []string{"{", "var(txn.policy)", "-m", "str", name, "}"}
		for _, all := range a.AnyOf {
			if len(all) == 0 {
				continue
			}
			valid, scoped := slices.Clone(policy), []string{}
			for _, u := range all {
				i, ok := index[u.Scheme]
				if !ok {
					r.errs = append(r.errs, fmt.Errorf("no scheme %q", u.Scheme))
				}
				valid = append(valid, "valid_"+strconv.Itoa(i))
				if len(u.Scopes) > 0 {
					acl := "scope_" + strconv.Itoa(scopes)
					scopes++
					r.scope(acl, r.Schemes[i], u.Scopes)
					scoped = append(scoped, acl)
				}
			}
			r.rule(slices.Concat(valid, scoped), "http-request", "set-var(txn.allowed)", "int(1)")
			if len(scoped) > 0 {
				r.rule(valid, "http-request", "set-var(txn.known)", "int(1)")
			}
		}
	}
}

// scope matches tokens with one of the scopes. The claim is a list separated by spaces (RFC 8693, section 4.2).
func (r *renderer) scope(acl string, s Scheme, scopes []string) {
	n := slices.Index(r.sources, s.source())
	if s.Users != nil || n < 0 {
		r.line("acl", acl, "always_false") // A password has no scopes.
		return
	}
	var quoted []string
	for _, scope := range scopes {
		quoted = append(quoted, regexp.QuoteMeta(scope))
	}
	r.line("acl", acl, "var(txn.scope_"+strconv.Itoa(n)+")", "-m", "reg", "--", "(^| )("+strings.Join(quoted, "|")+")( |$)")
}

func userList(scheme int) string { return "users_" + strconv.Itoa(scheme) }

// userLists writes the users of Basic authentication.
func (r *renderer) userLists() {
	for i, s := range r.Schemes {
		if s.Users == nil {
			continue
		}
		r.section("userlist", userList(i))
		for _, u := range s.Users {
			r.user(u)
		}
	}
}
