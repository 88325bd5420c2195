package model

import "strings"

// Mode defines where a backend runs in relation to the gateway.
type Mode string

// The modes of the operator's API. In Shared mode, several OpenAPI documents share one gateway, and endpoints resolve as in
// PrivateJet mode.
const (
	PrivateJet Mode = "privateJet"
	Sidecar    Mode = "sidecar"
	Shared     Mode = "shared"
	Serverless Mode = "serverless"
)

// Modes lists the modes in the order of messages.
var Modes = []string{string(PrivateJet), string(Sidecar), string(Shared), string(Serverless)}

// ParseMode parses a mode in any letter case. The empty string is valid.
func ParseMode(s string) (Mode, bool) {
	for _, m := range Modes {
		if strings.EqualFold(s, m) {
			return Mode(m), true
		}
	}
	return "", s == ""
}

// Ref names a namespaced object.
type Ref struct{ Namespace, Name string }

// String returns "namespace/name", or "name" without a namespace.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}
