//go:build e2e

package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// A containerSpec is what turns a process into a container.
type containerSpec struct {
	Netns    string
	Root     string // the directory that becomes its root
	Program  string
	Args     []string
	Env      []string
	Etc      string // the directory with its /etc/hosts and /etc/resolv.conf
	Mounts   []containerMount
	Owners   owners
	ReadOnly bool
}

type containerMount struct {
	From, To string
	ReadOnly bool
}

// becomeContainer turns this process, which has its own mounts, into the program that the spec, as JSON, describes.
// It returns only if that fails.
func becomeContainer(text string) error {
	var spec containerSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	runtime.LockOSThread() // the network namespace is the thread's
	netns, err := os.Open("/run/netns/" + spec.Netns)
	if err != nil {
		return err
	}
	if err := unix.Setns(int(netns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the network of %s: %w", spec.Netns, err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	// A mount of the root on itself can be made read-only by itself.
	if err := os.MkdirAll(spec.Root, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(spec.Root, spec.Root, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	mounts := append([]containerMount{
		{From: spec.Program, To: "/program", ReadOnly: true},
		{From: filepath.Join(spec.Etc, "hosts"), To: "/etc/hosts", ReadOnly: true},
		{From: filepath.Join(spec.Etc, "resolv.conf"), To: "/etc/resolv.conf", ReadOnly: true},
		{From: "/dev/null", To: "/dev/null"},
		{From: "/dev/urandom", To: "/dev/urandom"},
		{From: "/proc", To: "/proc"},
	}, spec.Mounts...)
	for _, m := range mounts {
		if err := m.mount(spec.Root); err != nil {
			return fmt.Errorf("mount %s: %w", m.To, err)
		}
	}
	if spec.ReadOnly {
		if err := syscall.Mount("", spec.Root, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
			return err
		}
	}
	if err := syscall.Chroot(spec.Root); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setgid(spec.Owners.Group); err != nil {
		return err
	}
	if err := syscall.Setuid(spec.Owners.User); err != nil {
		return err
	}
	return syscall.Exec("/program", append([]string{"/program"}, spec.Args...), spec.Env)
}

func (m containerMount) mount(root string) error {
	to := filepath.Join(root, m.To)
	info, err := os.Stat(m.From)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(to, 0o755)
	} else if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
		err = touch(to)
	}
	if err != nil {
		return err
	}
	if err := syscall.Mount(m.From, to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil || !m.ReadOnly {
		return err
	}
	return syscall.Mount("", to, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
}

func touch(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}
