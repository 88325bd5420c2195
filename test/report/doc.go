// Package report lets a real browser, Chromium, open the file that krm-fn report writes: the program tools/browser tells what a
// reader gets on a desk, on a phone, in the dark, on paper, with a keyboard, and with a screen reader. The tests run only if
// KRM_FN_BROWSER is set, as make report-test does, because Chromium must be installed.
package report
