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

// NamespaceOf returns the namespace of an object that sets namespace: kubectl puts it into default if it sets none.
func NamespaceOf(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}
