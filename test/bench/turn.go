package main

import (
	"context"
	"time"

	"github.com/krm-fn/krm-fn/test/tools"
)

// A turn is the right to keep a shared machine busy. Others who take turns hold a lock on the same file, as flock(1) does.
type turn struct {
	// file is what is locked; "" if the machine is not shared.
	file  string
	since time.Time
	end   func()
}

// length is how long a turn lasts once it was taken, but for the run that is under way; pause is how long it is left to
// others then.
const (
	length = 5 * time.Minute
	pause  = 200 * time.Millisecond
)

// take begins a turn, or goes on with the one that has not lasted its length yet.
func (t *turn) take(ctx context.Context) error {
	if t.file == "" || t.end != nil && time.Since(t.since) < length {
		return nil
	}
	if t.end != nil {
		t.give()
		time.Sleep(pause)
	}
	// Waiting for the lock cannot be interrupted.
	failed := make(chan error, 1)
	locked := make(chan func(), 1)
	go func() {
		end, err := tools.Lock(t.file)
		if err != nil {
			failed <- err
			return
		}
		locked <- end
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-failed:
		return err
	case t.end = <-locked:
		t.since = time.Now()
		return nil
	}
}

// give ends the turn, if there is one.
func (t *turn) give() {
	if t.end != nil {
		t.end()
		t.end = nil
	}
}
