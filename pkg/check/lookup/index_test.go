package lookup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The answers do not depend on whether there was a question for all namespaces before.
func TestIndex(t *testing.T) {
	for _, early := range []bool{false, true} {
		x := NewIndex(map[string]bool{"app": true}, 4)
		x.Add("shop", "a", map[string]string{"app": "a", "tier": "b"})
		if early {
			x.Find(map[string]string{"app": "a"}, nil)
		}
		x.Add("other", "b", map[string]string{"app": "a"})
		x.Add("shop", "c", map[string]string{"app": "c"})
		x.Add("shop", "d", nil)
		for _, c := range []struct {
			labels     map[string]string
			namespaces []string
			want       []int
		}{
			{map[string]string{"app": "a"}, nil, []int{0, 1}},
			{map[string]string{"app": "a"}, []string{"shop"}, []int{0}},
			{map[string]string{"app": "a"}, []string{"shop", "other"}, []int{0, 1}},
			{nil, nil, []int{0, 1, 2, 3}},
			{nil, []string{"shop"}, []int{0, 2, 3}},
			{map[string]string{"app": "x"}, nil, nil},
			{nil, []string{"nowhere"}, nil},
		} {
			if diff := cmp.Diff(c.want, x.Find(c.labels, c.namespaces)); diff != "" {
				t.Errorf("early %t, %v in %v (-want +got):\n%s", early, c.labels, c.namespaces, diff)
			}
		}
		if diff := cmp.Diff([]int{0, 1, 3}, x.Like("d", map[string]string{"app": "a"})); diff != "" {
			t.Errorf("early %t, like d (-want +got):\n%s", early, diff)
		}
	}
}
