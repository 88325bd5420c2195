package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// killed starts processes that repeat a command each, waits until the first has run it, and kills them after a while.
func killed(t *testing.T, after time.Duration, commands ...[]string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmds, stderr := make([]*exec.Cmd, len(commands)), make([]bytes.Buffer, len(commands))
	var ready io.Reader
	for i, c := range commands {
		cmds[i] = exec.Command(self)
		cmds[i].Dir = "cmd/krm-fn" // Where test binaries start.
		cmds[i].Env = append(os.Environ(), loopVariable+"="+strings.Join(c, "\t"))
		cmds[i].Stderr = &stderr[i]
		out, err := cmds[i].StdoutPipe()
		if err = errors.Join(err, cmds[i].Start()); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			ready = out
		}
	}
	_, _ = ready.Read(make([]byte, 1))
	time.Sleep(after)
	for i, cmd := range cmds {
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || stderr[i].Len() > 0 {
			t.Fatalf("%v: %s", err, stderr[i].String())
		}
	}
}

// shop writes a package with n APIs, each with two Deployments at most.
func shop(t *testing.T, n int, version string) string {
	t.Helper()
	texts := map[string]string{"swagger.yaml": swaggerConfigMap, "hpa.yaml": hpaConfigs}
	for i := range n {
		texts[fmt.Sprintf("api-%d.yaml", i)] = strings.NewReplacer("name: products-api\n", fmt.Sprintf("name: products-%d\n", i), ":v1", ":"+version).Replace(apiItem)
	}
	return writeFiles(t, texts)
}

// TestKilledRender kills runs on two sources of one RenderAPIs. The directory has the files of one of them, whole, and those of the
// user. internal/atomicdir has the test with many kills.
func TestKilledRender(t *testing.T) {
	parent := t.TempDir()
	out := filepath.Join(parent, "out")
	var commands [][]string
	var want []map[string]string
	users := map[string]string{"notes.txt": "mine", "sub/service_shop_mine.yaml": "kind: Service\n", ".git/HEAD": "ref"}
	for _, in := range []string{shop(t, 3, "v1"), shop(t, 20, "v2")} {
		put(t, in, map[string]string{"config.yaml": "apiVersion: krm-fn.dev/v1alpha1\nkind: RenderAPIs\nmetadata: {name: shop}\n"})
		whole := t.TempDir()
		put(t, whole, users)
		if got := run(t, ".", "", "render", "-o", whole, in); got.code != exitOK {
			t.Fatal(got)
		}
		want = append(want, readFiles(t, whole))
		commands = append(commands, []string{"render", "-o", out, in})
	}
	put(t, out, users)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		killed(t, time.Duration(random.Int64N(int64(20*time.Millisecond))), slices.Concat(commands[i%2:], commands[:i%2])[:1+i/2%2]...)
		if got := readFiles(t, out); !slices.ContainsFunc(want, func(w map[string]string) bool { return maps.Equal(w, got) }) {
			t.Fatalf("the files are of several runs: %v", slices.Sorted(maps.Keys(got)))
		}
	}
	for i, c := range commands {
		if got := run(t, ".", "", c...); got.code != exitOK {
			t.Fatal(got)
		}
		if diff := cmp.Diff(want[i], readFiles(t, out)); diff != "" {
			t.Errorf("the next run (-want +got):\n%s", diff)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) != 1 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// A package is whole or not there.
func TestKilledInitAndMigrate(t *testing.T) {
	in := writeFiles(t, map[string]string{"openapi.yaml": plainDocument})
	for name, command := range map[string][]string{
		"init": {
			"init", "products", "-f", filepath.Join(in, "openapi.yaml"), "--image", "products:v1", "--backend-image", "backend:1",
			"--flavor", "plain",
		},
		"migrate": {"migrate", operatorDump},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			whole := filepath.Join(t.TempDir(), "whole")
			if got := run(t, ".", "", append(command, "-o", whole)...); got.code != exitOK {
				t.Fatal(got)
			}
			want := slices.Sorted(maps.Keys(readFiles(t, whole)))
			for i := range 5 {
				out := filepath.Join(parent, fmt.Sprint(i)+"-%d")
				killed(t, time.Duration(i)*7*time.Millisecond, append(command, "-o", out))
			}
			entries, err := os.ReadDir(parent)
			if err != nil || len(entries) == 0 {
				t.Fatalf("there are %v, %v", entries, err)
			}
			for _, e := range entries {
				if strings.HasPrefix(e.Name(), ".") {
					continue
				}
				got := slices.Sorted(maps.Keys(readFiles(t, filepath.Join(parent, e.Name()))))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s is not whole (-want +got):\n%s", e.Name(), diff)
				}
			}
		})
	}
}
