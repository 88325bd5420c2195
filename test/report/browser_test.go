package report

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/test/tools"
)

// A visit is what the browser saw, as tools/browser describes it.
type visit struct {
	Requests, Messages, Active, Opened, Headings []string
	Looks                                        []look
	Tabs                                         []struct {
		Element, Text string
		Outlined      bool
	}
	Followed string
	Names    []struct{ Role, Name string }
	Printed  int

	url string
	dir string
}

type look struct {
	Name            string
	Width, Window   int
	Background      string
	Faint           []string
	Errors, Broken  []box
	Pictures, Shown int
}

type box struct{ Left, Top, Width, Height float64 }

// open writes the report on manifests, and opens it. It skips the test if there is no browser.
func open(t *testing.T, manifests string, flags ...string) *visit {
	t.Helper()
	if os.Getenv("KRM_FN_BROWSER") == "" {
		t.Skip("KRM_FN_BROWSER is not set; make report-test sets it, and needs Chromium")
	}
	v := &visit{dir: t.TempDir()}
	file := filepath.Join(v.dir, "report.html")
	report := exec.Command(tools.KrmFn(t), append([]string{"report", "--title", "Shop", "-o", file, "-"}, flags...)...)
	report.Stdin = strings.NewReader(manifests)
	if out, err := report.CombinedOutput(); err != nil && report.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	v.url = "file://" + file
	browser := exec.Command(tools.Build(t, "browser"), file, v.dir)
	var stderr bytes.Buffer
	browser.Stderr = &stderr
	out, err := browser.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(out, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// look returns one of the looks.
func (v *visit) look(t *testing.T, name string) look {
	t.Helper()
	for _, l := range v.Looks {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("the browser has no look %q", name)
	return look{}
}
