package main

import (
	"fmt"
	"strconv"
)

// formatCount is a number with its thousands apart.
func formatCount(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", formatCount(n), noun)
}

// people is so many of them.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return formatCount(n) + " people"
}
