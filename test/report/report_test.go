package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// shop are manifests with a broken chain, ten sound ones, and one with a warning.
func shop(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Root(t), "examples", "broken-chain", "manifests.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(text)
	for i := range 10 {
		_, _ = fmt.Fprintf(&b, workload, fmt.Sprintf("sound-%d", i), "requests")
	}
	_, _ = fmt.Fprintf(&b, workload, "risky", "limits")
	return b.String()
}

// workload is scaled on its CPU. Its name and the kind of its resources are left open.
const workload = `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s, namespace: shop}
spec:
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers:
      - {name: web, image: "web:1", resources: {%[2]s: {cpu: 100m}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: %[1]s, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[1]s}
  maxReplicas: 4
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
`

// TestReport looks at one report from all sides. The browser takes seconds, so it opens the report once.
func TestReport(t *testing.T) {
	v := open(t, shop(t))
	t.Run("it asks for nothing else, and the browser finds nothing wrong", func(t *testing.T) {
		if !slices.Equal(v.Requests, []string{v.url}) || len(v.Messages) > 0 || len(v.Active) > 0 {
			t.Errorf("requests %q, messages %q, active elements %q", v.Requests, v.Messages, v.Active)
		}
	})
	t.Run("what is broken comes first", func(t *testing.T) {
		l := v.look(t, "desktop")
		if len(l.Errors) == 0 || len(l.Broken) != 1 {
			t.Fatalf("%d sentences, %d broken boxes", len(l.Errors), len(l.Broken))
		}
		if s := l.Errors[0]; s.Top+s.Height > 900 {
			t.Errorf("the sentence is at %v, below the window", s)
		}
		if b := l.Broken[0]; b.Width < 200 || b.Height < 40 || b.Top+b.Height > 2*900 || b.Left+b.Width > 1200 {
			t.Errorf("the broken box is at %v", b)
		}
		if l.Shown != 1 || l.Pictures != 12 {
			t.Errorf("%d of %d pictures are open", l.Shown, l.Pictures)
		}
	})
	t.Run("it fits a phone", func(t *testing.T) {
		if l := v.look(t, "phone"); l.Width > l.Window || l.Window != 320 {
			t.Errorf("the page is %d pixels wide in a window of %d", l.Width, l.Window)
		}
	})
	t.Run("every text has enough contrast", func(t *testing.T) {
		for _, l := range v.Looks {
			if len(l.Faint) > 0 {
				t.Errorf("%s: %q", l.Name, l.Faint)
			}
		}
		if light, dark := v.look(t, "desktop").Background, v.look(t, "dark").Background; light == dark {
			t.Errorf("the background is %s in the dark, too", dark)
		}
		if l := v.look(t, "opened"); l.Shown != l.Pictures {
			t.Errorf("%d of %d pictures were looked at", l.Shown, l.Pictures)
		}
	})
	t.Run("the keyboard reaches and opens everything", func(t *testing.T) { keyboard(t, v) })
	t.Run("a screen reader has names", func(t *testing.T) {
		names(t, v, "region Broken chains", "figure Chain of HorizontalPodAutoscaler shop/orders", "heading HorizontalPodAutoscaler shop/orders 1 error")
	})
	t.Run("paper shows every chain", func(t *testing.T) {
		if l := v.look(t, "print"); l.Shown != l.Pictures || l.Background != "rgb(255, 255, 255)" {
			t.Errorf("%d of %d pictures, background %s", l.Shown, l.Pictures, l.Background)
		}
		if v.Printed < 4 || v.Printed > 20 {
			t.Errorf("%d pages", v.Printed)
		}
	})
	t.Run("pictures of the page are not empty", func(t *testing.T) {
		for _, l := range v.Looks {
			if info, err := os.Stat(filepath.Join(v.dir, l.Name+".png")); err != nil || info.Size() < 20<<10 || info.Size() > 5<<20 {
				t.Errorf("%s: %v, %v", l.Name, info, err)
			}
		}
	})
}

func keyboard(t *testing.T, v *visit) {
	t.Helper()
	if len(v.Tabs) == 0 || v.Tabs[0].Text != "Skip to the summary" {
		t.Errorf("the first stop is %v", v.Tabs[:min(1, len(v.Tabs))])
	}
	reached := map[string]bool{}
	for _, tab := range v.Tabs {
		reached[tab.Element+" "+tab.Text] = true
		if !tab.Outlined {
			t.Errorf("the focus on %s %q cannot be seen", tab.Element, tab.Text)
		}
	}
	for _, want := range []string{
		"A Broken chains", "FIGURE Chain of HorizontalPodAutoscaler shop/orders", "A HorizontalPodAutoscaler shop/sound-9",
		"SUMMARY The chain of HorizontalPodAutoscaler shop/orders as text",
	} {
		if !reached[want] {
			t.Errorf("the tab key does not reach %q", want)
		}
	}
	// A chain that is not broken, and the text of each chain.
	if len(v.Opened) != 11+12 {
		t.Errorf("Enter opened %d: %q", len(v.Opened), v.Opened)
	}
	if !strings.HasPrefix(v.Followed, "HorizontalPodAutoscaler shop/") {
		t.Errorf("a link to a closed chain leads to %q", v.Followed)
	}
}

func names(t *testing.T, v *visit, wanted ...string) {
	t.Helper()
	found := map[string]int{}
	for _, n := range v.Names {
		found[n.Role]++
		found[n.Role+" "+n.Name]++
		// Chromium calls the arrow of a summary so.
		if n.Name == "" && slices.Contains([]string{"heading", "image", "img", "link", "figure", "DisclosureTriangle"}, n.Role) {
			t.Errorf("a %s has no name", n.Role)
		}
	}
	for _, want := range append(wanted, "main", "banner", "contentinfo", "navigation Contents") {
		if found[want] == 0 {
			t.Errorf("nothing is called %q", want)
		}
	}
	level := byte('0')
	for _, h := range v.Headings {
		if h[0] > level+1 {
			t.Errorf("heading %q follows one of level %c", h, level)
		}
		level = h[0]
	}
	if len(v.Headings) < 6 || v.Headings[0] != "1 Shop" {
		t.Errorf("headings %q", v.Headings)
	}
}

// Names of the input are text in a browser, too, and have no effect on the texts beside them.
func TestHostileNames(t *testing.T) {
	evil := `</title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)><a href=javascript:alert(1)>`
	manifests := fmt.Sprintf(workload, `"`+evil+`"`, "requests") + fmt.Sprintf(workload, `"\" onload=alert(1) x=\""`, "requests") +
		fmt.Sprintf(workload, `"a\u202egnp.\u2066"`, "requests") + fmt.Sprintf(workload, `"\u05e9\u05dc\u05d5\u05dd"`, "requests")
	v := open(t, manifests)
	if !slices.Equal(v.Requests, []string{v.url}) || len(v.Messages) > 0 || len(v.Active) > 0 {
		t.Errorf("requests %q, messages %q, active elements %q", v.Requests, v.Messages, v.Active)
	}
	all := strings.Join(v.Headings, "\n")
	for _, want := range []string{evil, `\u202egnp.\u2066`, "שלום"} {
		if !strings.Contains(all, want) {
			t.Errorf("no heading has %q:\n%s", want, all)
		}
	}
	if l := v.look(t, "phone"); l.Width > l.Window {
		t.Errorf("the page is %d pixels wide in a window of %d", l.Width, l.Window)
	}
}

// TestSimulations has a plot and a table of a simulation beside the chain.
func TestSimulations(t *testing.T) {
	dir := filepath.Join(tools.Root(t), "examples", "slow-policy")
	text, err := os.ReadFile(filepath.Join(dir, "manifests.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	v := open(t, string(text), "--load", filepath.Join(dir, "load.csv"), "--cpu-per-request", "10m")
	if !slices.Equal(v.Requests, []string{v.url}) || len(v.Messages) > 0 || len(v.Active) > 0 {
		t.Errorf("requests %q, messages %q, active elements %q", v.Requests, v.Messages, v.Active)
	}
	if !slices.Contains(v.Headings, "2 Simulations") {
		t.Errorf("headings %q", v.Headings)
	}
	if l := v.look(t, "desktop"); l.Pictures != 2 || l.Shown != 1 {
		t.Errorf("%d of %d pictures are open", l.Shown, l.Pictures)
	}
	for _, l := range v.Looks {
		if len(l.Faint) > 0 {
			t.Errorf("%s: %q", l.Name, l.Faint)
		}
	}
	if l := v.look(t, "phone"); l.Width > l.Window {
		t.Errorf("the page is %d pixels wide in a window of %d", l.Width, l.Window)
	}
	names(t, v, "region Simulations")
}
