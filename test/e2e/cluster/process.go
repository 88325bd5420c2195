//go:build e2e

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// processes are the programs of the control plane. They run until the sandbox ends.
type processes struct {
	bin    map[string]string
	logDir string
	mu     sync.Mutex
	ended  []string
}

// start runs a program; its output goes to LOGDIR/NAME.log. If it ends, alive reports an error.
func (p *processes) start(name string, args ...string) error {
	path, ok := p.bin[name]
	if !ok {
		return fmt.Errorf("no program %s", name)
	}
	file := filepath.Join(p.logDir, name+".log")
	log, err := os.Create(file)
	if err != nil {
		return err
	}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended = append(p.ended, fmt.Sprintf("%s ended: %v\n%s", name, err, tail(file)))
	}()
	return log.Close()
}

// alive is an error if a program has ended.
func (p *processes) alive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ended) > 0 {
		return errors.New(strings.Join(p.ended, "\n"))
	}
	return nil
}

// tail returns the last lines of a log.
func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// Until calls try until it returns no error, and gives up with the last one after the limit, or at once if a program of the
// control plane has ended.
func (c *Cluster) Until(ctx context.Context, what string, limit time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		// When the time is over, what a request says is only that; the one before says more.
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if dead := c.processes.alive(); dead != nil {
			return fmt.Errorf("%s: %w", what, dead)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s: %w", what, limit, last)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
