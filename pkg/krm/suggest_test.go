package krm

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	known := []string{"replicas", "mode", "image", "x-wso2-basePath", "version"}
	for in, want := range map[string]string{
		"replica":                   "replicas",
		"repilcas":                  "replicas", // a swap is one edit
		"REPLICAS":                  "replicas",
		"mod":                       "mode",
		"md":                        "",
		"moed":                      "mode",
		"x-wso2-basetpath":          "x-wso2-basePath",
		"colour":                    "",
		"":                          "",
		"versoin":                   "version",
		strings.Repeat("image", 20): "",
	} {
		if got := Suggest(in, known); got != want {
			t.Errorf("Suggest(%q) is %q, want %q", in, got, want)
		}
	}
	if got := Suggest("ab", []string{"ac", "aa"}); got != "aa" {
		t.Errorf("of two that are as near the suggestion is %q, want the first by name", got)
	}
	if got := DidYouMean("moed", known); got != `; did you mean "mode"?` {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("zzz", known); got != "" {
		t.Errorf("got %q", got)
	}
}
