package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// measureCommand is the subcommand that runs one program and reports what it took. It is a separate process because a
// new process is charged with the peak memory of the one that starts it, which must therefore be small.
const measureCommand = "measure"

// A request is one run of a program.
type request struct {
	Args []string
	// Dir is the working directory, Env the whole environment.
	Dir string
	Env []string
	// Stdin, Stdout and Stderr are files; an empty Stdin is an empty input.
	Stdin, Stdout, Stderr string
	// Limit is the time limit of the program.
	Limit time.Duration
}

// usage is what one run took, children of the program included.
type usage struct {
	// CPU is user and system time.
	CPU, Wall time.Duration
	// Memory is the peak resident size of the largest process in bytes; 0 where the system does not tell.
	Memory int64
	// Exit is the exit code; -1 if the program was stopped.
	Exit int
	// Stopped reports that the program ran into its limit.
	Stopped bool
}

// measure serves one request.
func measure(ctx context.Context, s streams) error {
	var r request
	if err := json.NewDecoder(s.in).Decode(&r); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	u, err := r.run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(s.out).Encode(u)
}

// run runs the program in this process' name.
func (r request) run(ctx context.Context) (u usage, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.Args[0], r.Args[1:]...)
	cmd.Dir, cmd.Env = r.Dir, r.Env
	stopWithChildren(cmd)
	cmd.WaitDelay = time.Second
	if r.Stdin != "" {
		f, err := os.Open(r.Stdin)
		if err != nil {
			return usage{}, err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	stdout, err := os.Create(r.Stdout)
	if err != nil {
		return usage{}, err
	}
	defer func() { err = errors.Join(err, stdout.Close()) }()
	stderr, err := os.Create(r.Stderr)
	if err != nil {
		return usage{}, err
	}
	defer func() { err = errors.Join(err, stderr.Close()) }()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	start := time.Now()
	runErr := cmd.Run()
	u.Wall = time.Since(start)
	if cmd.ProcessState == nil {
		return usage{}, runErr
	}
	u.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.Memory = peakMemory(cmd.ProcessState)
	u.Exit = cmd.ProcessState.ExitCode()
	u.Stopped = errors.Is(ctx.Err(), context.DeadlineExceeded)
	return u, nil
}

// measured runs the program in a small process.
func (r request) measured(ctx context.Context) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	in, err := json.Marshal(r)
	if err != nil {
		return usage{}, err
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, self, measureCommand)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &stderr
	out, err := cmd.Output()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %s", r.Args[0], err, stderr.Bytes())
	}
	var u usage
	err = json.Unmarshal(out, &u)
	return u, err
}
