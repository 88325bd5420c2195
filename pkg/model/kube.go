package model

import (
	"cmp"
	"strings"
)

// Group returns the API group of an apiVersion, "" for the core group.
func Group(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// NamespaceOf returns the namespace of an object that sets namespace. If it sets none, kubectl uses default.
func NamespaceOf(namespace string) string {
	return cmp.Or(namespace, "default")
}
