package model

import "strings"

// Group returns the group of an apiVersion, "" for the core.
func Group(apiVersion string) string {
	group, _, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
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
