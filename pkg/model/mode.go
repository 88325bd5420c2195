package model

import "strings"

// Mode says how a backend runs beside the gateway.
type Mode string

// The modes of the operator's API. Shared means several OpenAPI documents behind one gateway; its endpoints resolve as
// in PrivateJet.
const (
	PrivateJet Mode = "privateJet"
	Sidecar    Mode = "sidecar"
	Shared     Mode = "shared"
	Serverless Mode = "serverless"
)

// Modes lists the modes in the order of messages.
var Modes = []string{string(PrivateJet), string(Sidecar), string(Shared), string(Serverless)}

// ParseMode reads a mode in any letter case. The empty string is no mode and is fine.
func ParseMode(s string) (Mode, bool) {
	if s == "" {
		return "", true
	}
	for _, m := range Modes {
		if strings.EqualFold(s, m) {
			return Mode(m), true
		}
	}
	return "", false
}

// Ref names a namespaced object.
type Ref struct{ Namespace, Name string }

// String gives "namespace/name", or "name" without a namespace.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}
