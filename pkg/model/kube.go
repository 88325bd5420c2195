package model

import "strings"

// Group returns the API group of an apiVersion, "" for the core group.
func Group(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// NamespaceOf returns the namespace where kubectl puts an object that states namespace: "default" for "".
func NamespaceOf(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}
