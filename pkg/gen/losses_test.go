package gen

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestDocsListLosses checks that docs/gateways.md lists all that HAProxy loses.
func TestDocsListLosses(t *testing.T) {
	page, err := os.ReadFile("../../docs/gateways.md")
	if err != nil {
		t.Fatal(err)
	}
	byEffect := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(losses)) {
		byEffect[losses[name]] = append(byEffect[losses[name]], "`"+name+"`")
	}
	var rows []string
	for effect, names := range byEffect {
		rows = append(rows, fmt.Sprintf("| %s | %s |\n", strings.Join(names, ", "), effect))
	}
	slices.Sort(rows)
	table := "| name | with HAProxy |\n| --- | --- |\n" + strings.Join(rows, "") + "\n"
	if !strings.Contains(string(page), table) {
		t.Errorf("docs/gateways.md does not contain this table:\n%s", table)
	}
}
