package check

import (
	"testing"
)

// authentication is a TriggerAuthentication or ClusterTriggerAuthentication with a spec in flow style.
func authText(kind, meta, spec string) string {
	return "---\napiVersion: keda.sh/v1alpha1\nkind: " + kind + "\nmetadata: {" + meta + "}\nspec: {" + spec + "}\n"
}

func TestKEDAAuth(t *testing.T) {
	const (
		at    = "ScaledObject shop/web: spec.triggers[0]"
		own   = "name: prom, namespace: shop"
		token = "secretTargetRef: [{parameter: bearerToken, name: login, key: token}]"
		user  = "secretTargetRef: [{parameter: username, name: login, key: user}, {parameter: password, name: login, key: pass}]"
	)
	with := func(modes, ref string) string {
		more := ""
		if modes != "" {
			more = "      " + modes + "\n"
		}
		if ref != "" {
			more += "    authenticationRef: " + ref + "\n"
		}
		return scaledWith("  minReplicaCount: 1\n" + onQuery("sum(jobs)", more))
	}
	secret := "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: shop}\ndata: {tokens: eA==}\n"
	runCases(t, kedaAuth, []checkCase{
		{name: "none", text: with("", "")},
		{name: "not in the input", text: with("authModes: bearer", "{name: other}")},
		{name: "bearer", text: with("authModes: bearer", "{name: prom}") + authText("TriggerAuthentication", own, token)},
		{name: "token of another name", text: with("authModes: bearer", "{name: prom}") + authText("TriggerAuthentication", own, "env: [{parameter: token, name: TOKEN}]")},
		{name: "parameters from a file", text: with("authModes: bearer", "{name: prom, kind: ClusterTriggerAuthentication}") + authText("ClusterTriggerAuthentication", "name: prom", "filePath: /x")},
		{name: "identity", text: with("", "{name: prom}") + authText("TriggerAuthentication", own, "podIdentity: {provider: aws}")},
		{name: "a key for the API in the metadata", text: scaledWith(onType("metrics-api", `url: "http://x", valueLocation: y, targetValue: "1", authModes: apiKey, apiKey: z`, ""))},
		{name: "no name", want: []string{
			`error: ` + at + `.authenticationRef.name: is missing; set the name of a TriggerAuthentication [keda/auth]`,
		}, text: with("", "{kind: TriggerAuthentication}")},
		{name: "an unknown kind", want: []string{
			`error: ` + at + `.authenticationRef.kind: "ClusterAuthentication" is not one of TriggerAuthentication or ClusterTriggerAuthentication [keda/auth]`,
		}, text: with("", "{name: prom, kind: ClusterAuthentication}")},
		{name: "another namespace", want: []string{
			`error: ` + at + `.authenticationRef.name: TriggerAuthentication keda/prom is in another namespace, and KEDA looks for it in shop; move it there, or use a ClusterTriggerAuthentication [keda/auth]`,
		}, text: with("", "{name: prom}") + authText("TriggerAuthentication", "name: prom, namespace: keda", token)},
		{name: "another kind", want: []string{
			`error: ` + at + `.authenticationRef.kind: refers to a TriggerAuthentication, but prom is a ClusterTriggerAuthentication; set kind: ClusterTriggerAuthentication [keda/auth]`,
		}, text: with("", "{name: prom}") + authText("ClusterTriggerAuthentication", "name: prom", token)},
		{name: "a similar name", want: []string{
			`warning: ` + at + `.authenticationRef.name: no TriggerAuthentication in the input is named "prmo"; did you mean "prom"? [keda/auth]`,
		}, text: with("", "{name: prmo}") + authText("TriggerAuthentication", own, token)},
		{name: "missing in a complete input", complete: true, want: []string{
			`error: ` + at + `.authenticationRef.name: no TriggerAuthentication in the input is named "prom" [keda/auth]`,
		}, text: with("", "{name: prom}")},
		{name: "a key that the Secret lacks", want: []string{
			`error: TriggerAuthentication shop/prom: spec.secretTargetRef[0].key: Secret shop/login has no key "token"; did you mean "tokens"? [keda/auth]`,
		}, text: with("authModes: bearer", "{name: prom}") + authText("TriggerAuthentication", own, token) + secret},
		{name: "keys that the Secret lacks", want: []string{
			`error: TriggerAuthentication shop/prom: spec.secretTargetRef[0].key: Secret shop/login has no key "user"; it has tokens [keda/auth]`,
			`error: TriggerAuthentication shop/prom: spec.secretTargetRef[1].key: Secret shop/login has no key "pass"; it has tokens [keda/auth]`,
		}, text: with("authModes: basic", "{name: prom}") + authText("TriggerAuthentication", own, user) + secret},
		{name: "a Secret of the cluster", text: with("authModes: bearer", "{name: prom, kind: ClusterTriggerAuthentication}") + authText("ClusterTriggerAuthentication", "name: prom", token) + secret},
		{name: "two of one kind", want: []string{
			`error: ` + at + `.metadata.authModes: contains bearer and basic, and KEDA accepts only one of them [keda/auth]`,
		}, text: with("authModes: basic,bearer", "{name: other}")},
		{name: "a mode and an identity", want: []string{
			`error: ` + at + `.metadata.authModes: is "bearer", but TriggerAuthentication shop/prom has a podIdentity, and KEDA rejects both; remove one [keda/auth]`,
		}, text: with("authModes: bearer", "{name: prom}") + authText("TriggerAuthentication", own, token+", podIdentity: {provider: aws}")},
		{name: "an unknown mode", want: []string{
			`error: ` + at + `.metadata.authMode: "Bearer" is not one of apiKey, basic, tls, bearer, custom, oauth [keda/auth]`,
		}, text: with("authMode: Bearer", "{name: other}")},
		{name: "a mode that the type does not have", want: []string{
			`error: ` + at + `.metadata.authModes: "custom" is not supported by metrics-api [keda/auth]`,
		}, text: scaledWith(onType("metrics-api", `url: "http://x", valueLocation: y, targetValue: "1", authModes: custom`, ""))},
		{name: "a mode without a reference", want: []string{
			`error: ` + at + `.metadata.authModes: is "bearer", which requires the parameter bearerToken; add an authenticationRef to a TriggerAuthentication with it [keda/auth]`,
		}, text: with("authModes: bearer", "")},
		{name: "a parameter that is missing", want: []string{
			`error: ` + at + `.metadata.authModes: is "tls", which requires the parameter key, but TriggerAuthentication shop/prom does not set it [keda/auth]`,
		}, text: with("authModes: tls", "{name: prom}") + authText("TriggerAuthentication", own, "hashiCorpVault: {secrets: [{parameter: cert}]}")},
		{name: "a mode that is never sent", want: []string{
			`warning: ` + at + `.metadata.authModes: "apiKey" has no effect, because the prometheus trigger never sends it; use bearer, basic, custom, oauth, or tls [keda/auth]`,
		}, text: with("authModes: apiKey", "{name: prom}") + authText("TriggerAuthentication", own, "configMapTargetRef: [{parameter: apiKey, name: x, key: y}]")},
		{name: "oauth", text: with("authModes: oauth", "{name: prom}") + authText("TriggerAuthentication", own, "oauth2: {tokenUrl: x}")},
		{name: "of two, one is sent", want: []string{
			`warning: ` + at + `.metadata.authModes: is "basic,custom", of which KEDA sends only basic; use one [keda/auth]`,
		}, text: with(`authModes: "basic, custom"`, "{name: other}")},
		{name: "credentials without a mode", want: []string{
			`warning: ` + at + `.metadata.authModes: is missing, so KEDA does not use username and password of TriggerAuthentication shop/prom; set the mode, one of apiKey, basic, tls, bearer, custom, oauth [keda/auth]`,
		}, text: with("", "{name: prom}") + authText("TriggerAuthentication", own, user)},
		{name: "the mode in the credentials", text: with("", "{name: prom}") + authText("TriggerAuthentication", own, "configMapTargetRef: [{parameter: authModes, name: x, key: y}], "+token)},
	})
}
