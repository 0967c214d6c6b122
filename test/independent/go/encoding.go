package main

import (
	"bytes"
	"regexp"
	"unicode/utf8"
)

// canonical says whether a line is encoded as docs/protocol.md#encoding wants it: one value, one way to write it.
func canonical(line []byte) bool {
	if !utf8.Valid(line) {
		return false
	}
	rest, ok := value(line)
	return ok && len(rest) == 0
}

var (
	integer = regexp.MustCompile(`\A(0|-?[1-9][0-9]{0,14})`)
	field   = regexp.MustCompile(`\A"([A-Za-z_][A-Za-z0-9_]*)":`)
	// One character of a string: not escaped, by a short escape, as another control, or a surrogate.
	character = regexp.MustCompile(`\A(?:[^"\\\x00-\x1f]|\\[bfnrt"\\]|\\u00(?:0[0-7be-f]|1[0-9a-f])|\\ud[89a-f][0-9a-f]{2})`)
	pair      = regexp.MustCompile(`\A\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
)

func value(b []byte) (rest []byte, ok bool) {
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(b, []byte(word)) {
			return b[len(word):], true
		}
	}
	if len(b) == 0 {
		return b, false
	}
	switch b[0] {
	case '"':
		return text(b)
	case '[':
		return list(b, ']', value)
	case '{':
		seen := map[string]bool{}
		return list(b, '}', func(b []byte) ([]byte, bool) {
			name := field.FindSubmatch(b)
			if name == nil || seen[string(name[1])] {
				return b, false
			}
			seen[string(name[1])] = true
			return value(b[len(name[0]):])
		})
	}
	digits := integer.Find(b)
	return b[len(digits):], digits != nil
}

func text(b []byte) ([]byte, bool) {
	for b = b[1:]; len(b) > 0 && b[0] != '"'; {
		one := character.Find(b)
		if one == nil || pair.Match(b) { // a surrogate pair is a character, and characters are not escaped
			return b, false
		}
		b = b[len(one):]
	}
	if len(b) == 0 {
		return b, false
	}
	return b[1:], true
}

func list(b []byte, end byte, member func([]byte) ([]byte, bool)) ([]byte, bool) {
	b = b[1:]
	if len(b) > 0 && b[0] == end {
		return b[1:], true
	}
	for {
		rest, ok := member(b)
		if !ok || len(rest) == 0 || rest[0] != ',' && rest[0] != end {
			return rest, false
		}
		if b = rest[1:]; rest[0] == end {
			return b, true
		}
	}
}
