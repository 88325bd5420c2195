package keda

import (
	"slices"
	"strings"
	"text/scanner"
)

// formulaWords are words of the language of formulas that are not names of triggers (github.com/expr-lang/expr, parser/lexer).
var formulaWords = []string{
	"and", "contains", "else", "endsWith", "false", "if", "in", "let", "matches", "nil", "not", "or", "startsWith", "true",
}

// FormulaNames returns the names in a formula that stand for triggers, without duplicates. ok is false if the formula declares
// names of its own, or has a part that this does not understand.
func FormulaNames(formula string) (names []string, ok bool) {
	if strings.ContainsAny(formula, "{}#$`") || len(formula) > 4096 {
		return nil, false
	}
	var s scanner.Scanner
	s.Init(strings.NewReader(formula))
	s.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats | scanner.ScanStrings
	valid := true
	s.Error = func(*scanner.Scanner, string) { valid = false }
	before := rune(0)
	for tok := s.Scan(); tok != scanner.EOF && valid; tok = s.Scan() {
		word := s.TokenText()
		switch {
		case tok != scanner.Ident:
		case word == "let":
			return nil, false
		case before == '.' || s.Peek() == '(' || slices.Contains(formulaWords, word) || slices.Contains(names, word):
		default:
			names = append(names, word)
		}
		before = tok
	}
	return names, valid
}

// IsIdentifier reports whether a formula can refer to a trigger by its name.
func IsIdentifier(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && !slices.Contains(formulaWords, name)
}
