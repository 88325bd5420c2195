package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A Visit is what the browser saw. The test that reads it has the same types.
type Visit struct {
	// Requests are the URLs that were requested, Messages what the browser reported: errors, warnings, and violations of the policy.
	Requests, Messages []string
	Looks              []Look
	// Active are elements and attributes that could do something: scripts, handlers, styles of elements, and links to elsewhere.
	Active []string
	// Tabs are the elements that the tab key reaches.
	Tabs []Tab
	// Opened are the texts of the details that Enter opened.
	Opened []string
	// Followed is the text that is in view after the first link to a closed chain was followed.
	Followed string
	// Headings are those of the page, such as "2 Summary", in their order.
	Headings []string
	// Names are those of a screen reader.
	Names []Name
	// Printed is the number of pages.
	Printed int
}

// A Look is the page in one size and color scheme.
type Look struct {
	Name string
	// Width is that of the content, Window that of the window.
	Width, Window int
	Background    string
	// Faint are texts with a contrast below 4.5.
	Faint []string
	// Errors are the sentences of errors, and Broken the boxes of broken links in pictures.
	Errors, Broken []Box
	// Pictures and Shown are the numbers of all pictures, and of those that are not hidden.
	Pictures, Shown int
}

// A Box is a rectangle on the page.
type Box struct{ Left, Top, Width, Height float64 }

// A Tab is an element with the focus.
type Tab struct {
	Element, Text string
	// Outlined means that it can be seen.
	Outlined bool
}

// A Name is a node of the accessibility tree.
type Name struct{ Role, Name string }

//go:embed look.js
var lookScript string

// visitor visits a file.
type visitor struct {
	dir, url string
	mu       sync.Mutex
	Visit
}

func (v *visitor) visit(ctx context.Context) (*Visit, error) {
	if err := chromedp.Listen(ctx, v.hear); err != nil {
		return nil, err
	}
	steps := []chromedp.Action[chromedp.Void]{chromedp.Func(v.open)}
	for _, l := range []struct {
		name          string
		width, height int64
		media, scheme string
	}{
		{"desktop", 1200, 900, "screen", "light"},
		{"dark", 1200, 900, "screen", "dark"},
		{"phone", 320, 640, "screen", "light"},
		{"print", 800, 900, "print", "dark"},
	} {
		steps = append(steps, chromedp.EmulateViewport(l.width, l.height), media(l.media, l.scheme), v.look(l.name))
	}
	steps = append(steps, chromedp.EmulateViewport(1200, 900), media("", "light"),
		chromedp.Func(v.names), chromedp.Func(v.print), chromedp.Func(v.keys),
		media("screen", "dark"), v.look("opened"), chromedp.Func(v.follow))
	if err := chromedp.Do(ctx, steps...); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return &v.Visit, nil
}

// open opens the file, and defines the functions of the script.
func (v *visitor) open(ctx context.Context, t *chromedp.Target) (err error) {
	if _, err = cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	if _, err = cdp.Call(ctx, t, log.Enable, cdp.Empty{}); err != nil {
		return err
	}
	if _, err = chromedp.Navigate(v.url)(ctx, t); err != nil {
		return err
	}
	if err = measure(ctx, t, lookScript, nil); err != nil {
		return err
	}
	if err = measure(ctx, t, `headings()`, &v.Headings); err != nil {
		return err
	}
	return measure(ctx, t, `active()`, &v.Active)
}

// media sets what the style of the page asks for.
func media(kind, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// measure evaluates an expression in the page, and stores its value if out is not nil.
func measure(ctx context.Context, t *chromedp.Target, expression string, out any) error {
	text, err := chromedp.Evaluate[json.RawMessage](expression)(ctx, t)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(text, out)
}

// hear collects what the browser reports.
func (v *visitor) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.Requests = append(v.Requests, e.Request.URL)
	case *log.EventEntryAdded:
		v.Messages = append(v.Messages, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	case *runtime.EventExceptionThrown:
		v.Messages = append(v.Messages, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		v.Messages = append(v.Messages, "console: "+string(e.Type))
	case *page.EventJavascriptDialogOpening:
		v.Messages = append(v.Messages, "dialog: "+e.Message)
	}
}

// look measures the page as it is, and takes a picture of it.
func (v *visitor) look(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		l := Look{Name: name}
		if err := measure(ctx, t, `look()`, &l); err != nil {
			return err
		}
		picture, err := chromedp.FullScreenshot(100)(ctx, t)
		if err != nil {
			return err
		}
		v.Looks = append(v.Looks, l)
		return os.WriteFile(filepath.Join(v.dir, name+".png"), picture, 0o644)
	})
}

// names reads the accessibility tree.
func (v *visitor) names(ctx context.Context, t *chromedp.Target) error {
	tree, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		return err
	}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil || n.Name == nil {
			continue
		}
		var name Name
		if json.Unmarshal(n.Role.Value, &name.Role) != nil || json.Unmarshal(n.Name.Value, &name.Name) != nil {
			continue // The name of a node can be no string.
		}
		v.Names = append(v.Names, name)
	}
	return nil
}

// print prints the page, and counts the pages.
func (v *visitor) print(ctx context.Context, t *chromedp.Target) error {
	printed, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{})
	if err != nil {
		return err
	}
	v.Printed = bytes.Count(printed.Data, []byte("/Type /Page\n"))
	return os.WriteFile(filepath.Join(v.dir, "print.pdf"), printed.Data, 0o644)
}

// keys goes through the page with the tab key, and presses Enter at what opens.
func (v *visitor) keys(ctx context.Context, t *chromedp.Target) error {
	if err := measure(ctx, t, `window.scrollTo(0, 0)`, nil); err != nil {
		return err
	}
	const most = 300
	for range most {
		if _, err := chromedp.KeyEvent(kb.Tab)(ctx, t); err != nil {
			return err
		}
		var to Tab
		if err := measure(ctx, t, `tab()`, &to); err != nil {
			return err
		}
		if to.Element == "BODY" || to.Element == "HTML" {
			return nil // It went around.
		}
		v.Tabs = append(v.Tabs, to)
		if to.Element != "SUMMARY" {
			continue
		}
		if _, err := chromedp.KeyEvent(kb.Enter)(ctx, t); err != nil {
			return err
		}
		var open bool
		if err := measure(ctx, t, `document.activeElement.parentElement.open`, &open); err != nil {
			return err
		}
		if open {
			v.Opened = append(v.Opened, to.Text)
		}
	}
	return nil
}

// follow closes all details, and follows the first link into one of them.
func (v *visitor) follow(ctx context.Context, t *chromedp.Target) error {
	var found bool
	if err := measure(ctx, t, `closeAll()`, &found); err != nil || !found {
		return err
	}
	if _, err := chromedp.KeyEvent(kb.Enter)(ctx, t); err != nil {
		return err
	}
	text, err := chromedp.Poll[string](`followed()`)(ctx, t)
	v.Followed = text
	return err
}
