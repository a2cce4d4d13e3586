package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A list of a moment from which removals left nothing behind may lack somebody, and says so.
func TestAPastAllowListSaysWhatItMayLack(t *testing.T) {
	const upgraded, sinceEver = 1_780_000_000, 1
	assert.Equal(t, []string{"removals from the allow list are on record only from the next change of it on"}, removalsUnknown(upgraded, 0))
	assert.Equal(t, []string{"removals from the allow list before 2026-05-28T20:26:40Z are not on record"}, removalsUnknown(upgraded-1, upgraded))
	assert.Empty(t, removalsUnknown(upgraded, upgraded))
	assert.Empty(t, removalsUnknown(2, sinceEver))
}
