package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// limits are the limits of one run.
type limits struct {
	time time.Duration
	// memory is the size of the address space in MiB.
	memory int
}

// A verdict is what one run said and took.
type verdict struct {
	input   input
	command string
	state   state
	// exit is the exit code, -1 if a signal ended the run.
	exit int
	// problems are the numbers of problems by ID.
	problems map[string]int
	cpu      time.Duration
	// memory is the peak in bytes, 0 where the system does not tell.
	memory int64
	// panicked is the first line of a panic.
	panicked string
	// rejected is what another program has against the output.
	rejected string
}

// state says how a run ended. The worst comes first.
type state int

const (
	panicked state = iota
	stopped
	failed
	passed
)

func (s state) String() string { return [...]string{"PANIC", "STOPPED", "problems", "ok"}[s] }

var (
	// id matches the ID of a problem at the end of its line.
	id = regexp.MustCompile(`(?m) \[([a-z0-9]+/[a-z0-9]+)\]$`)
	// crash matches what the Go runtime prints when it gives up.
	crash = regexp.MustCompile(`(?m)^(panic|fatal error|runtime): .*`)
)

// run runs the program once, within the limits.
func (l limits) run(ctx context.Context, program string, args []string) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, l.time)
	defer cancel()
	script := `ulimit -v "$0" 2>/dev/null; exec "$@"`
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", script, strconv.Itoa(l.memory << 10), program}, args...)...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if args[0] == "check" { // It prints problems, and nothing else, to standard output.
		cmd.Stdout = &problems
	}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return verdict{}, err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
		return verdict{}, cause
	}
	v := verdict{
		state: passed, exit: cmd.ProcessState.ExitCode(), problems: map[string]int{}, memory: peakMemory(cmd.ProcessState),
		cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), panicked: crash.FindString(problems.String()),
	}
	switch {
	case v.panicked != "":
		v.state = panicked
	case ctx.Err() != nil, v.exit < 0:
		v.state = stopped
	case v.exit != 0:
		v.state = failed
	}
	for _, m := range id.FindAllStringSubmatch(problems.String(), -1) {
		v.problems[m[1]]++
	}
	return v, nil
}

// note is what the table says of the input besides its path.
func (v verdict) note() string {
	return strings.TrimSpace(v.input.note + " " + v.panicked + " " + v.rejected)
}
