package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"testing"
)

// TestMain lets the tests run in the root of the repository, so that messages show the paths that a user sees there. A test that
// kills commands starts the test binary again to run them.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := os.Chdir("../.."); err != nil {
		log.Fatal(err)
	}
	if commands := os.Getenv(loopVariable); commands != "" {
		loopUntilKilled(commands)
		os.Exit(3)
	}
	m.Run()
}

// loopVariable makes the test binary run a command, with words that tabs separate, until it is killed. %d is the number of the round.
const loopVariable = "KRM_FN_TEST_LOOP"

func loopUntilKilled(command string) {
	for i := 0; ; i++ {
		args := strings.Split(strings.ReplaceAll(command, "%d", fmt.Sprint(i)), "\t")
		var stderr bytes.Buffer
		if code := Run(context.Background(), Env{Args: args, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Dir: "."}); code != exitOK {
			fmt.Fprintf(os.Stderr, "exit code %d: %s", code, stderr.String())
			return
		}
		if i == 0 {
			fmt.Println()
		}
	}
}
