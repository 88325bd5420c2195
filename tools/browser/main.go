// Command browser opens an HTML file in a real browser, Chromium, and tells what a reader gets: what was requested and reported, how
// it looks in several sizes and color schemes, what the keyboard and a screen reader reach, and what is printed.
//
// It reads the file that the first argument names, and writes screenshots and the print to the directory that the second names. The
// output is a Visit as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: browser FILE.html DIRECTORY")
	}
	file, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	options := chromedp.DefaultExecAllocatorOptions[:]
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Its sandbox does not work for root.
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	v := &visitor{dir: args[1], url: (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()}
	visit, err := v.visit(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(visit)
}
