package keda

import (
	"slices"
	"strings"
)

// authMode is a mode of authentication with the parameters that it requires (pkg/scalers/authentication, Config.Validate).
type authMode struct {
	name     string
	requires []string
}

var authModes = []authMode{
	{"apiKey", []string{"apiKey"}},
	{"basic", []string{"username"}},
	{"tls", []string{"cert", "key"}},
	{"bearer", []string{"bearerToken"}},
	{"custom", []string{"customAuthHeader", "customAuthValue"}},
	{"oauth", []string{"oauthTokenURI", "clientID"}},
}

// AuthModes are the names of all modes.
func AuthModes() []string {
	var names []string
	for _, m := range authModes {
		names = append(names, m.name)
	}
	return names
}

// Requires returns the parameters that a mode requires.
func Requires(mode string) []string {
	for _, m := range authModes {
		if m.name == mode {
			return m.requires
		}
	}
	return nil
}

// Modes returns the modes of a trigger, in the order in which they are written.
func (t *Trigger) Modes() []string {
	text := t.Value("authModes")
	if text == "" {
		text = t.Value("authMode")
	}
	if text == "" {
		return nil
	}
	var modes []string
	for m := range strings.SplitSeq(text, ",") {
		modes = append(modes, strings.TrimSpace(m))
	}
	return modes
}

// IgnoredModes are the modes that a type of triggers accepts, but whose credentials it never sends
// (pkg/scalers/prometheus_scaler.go, NewPrometheusScaler for oauth and tls, ExecutePromQuery for the others).
func IgnoredModes(typ string) []string {
	if typ == Prometheus {
		return []string{"apiKey"}
	}
	return nil
}

// RefusedModes are the modes that a type of triggers rejects (pkg/scalers/metrics_api_scaler.go, Validate).
func RefusedModes(typ string) []string {
	if typ == MetricsAPI {
		return []string{"custom", "oauth"}
	}
	return nil
}

// Parameters returns the names of the parameters that an authentication sets. known is false if they are in a file.
func (a *AuthenticationSpec) Parameters() (names []string, known bool) {
	for _, p := range slices.Concat(a.SecretTargetRef, a.ConfigMapTargetRef) {
		names = append(names, p.Parameter)
	}
	for _, p := range slices.Concat(a.Env, a.BoundServiceAccountToken) {
		names = append(names, p.Parameter)
	}
	for _, v := range []*Vault{a.HashiCorpVault, a.AzureKeyVault, a.GCPSecretManager, a.AWSSecretManager} {
		if v == nil {
			continue
		}
		for _, p := range v.Secrets {
			names = append(names, p.Parameter)
		}
	}
	if a.OAuth2 != nil {
		names = append(names, "oauthTokenURI", "clientID", "clientSecret")
	}
	if slices.Contains(names, "token") { // Both are names of one parameter.
		names = append(names, "bearerToken")
	}
	return names, a.FilePath == ""
}

// HasIdentity reports whether a cloud knows KEDA by its pods.
func (a *AuthenticationSpec) HasIdentity() bool {
	return a.PodIdentity != nil && a.PodIdentity.Provider != "" && a.PodIdentity.Provider != "none"
}
