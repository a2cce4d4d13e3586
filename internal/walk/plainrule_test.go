package walk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/walk"
)

var defaultRule = membership.SearchRule{Usernames: true, Marks: true}

// The table must say what the normal forms do, of each character that is in it, alone and among others.
func TestTableOfCharactersIsRight(t *testing.T) {
	for c := rune(1); c < 0xA100; c++ {
		if c == 0x800 {
			c = 0x4D00 // what lies between is not in it
		}
		for _, text := range []string{string(c), "Aй" + string(c) + string(c) + "é ب_"} {
			words, normal := walk.WordsOf(defaultRule, text, false)
			if strings.Join(words, "\x00") != strings.Join(normal, "\x00") {
				require.Equal(t, normal, words, "%U in %q", c, text)
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, text := range []string{"", "Ann_Lee", "Ёлка Й", "مریم", "王小明 🐉", "Ça va", "a\u0301\u0327", "x\x00y", "\xff", "ﬁ", "각", "Ω"} {
		f.Add(text, false, true, true, false)
		f.Add(text, true, true, false, true)
	}
	f.Fuzz(func(t *testing.T, text string, username, marks, split, inner bool) {
		rule := membership.SearchRule{Usernames: true, Marks: marks, Split: split, Inner: inner}
		words, normal := walk.WordsOf(rule, text, username)
		require.Equal(t, normal, words)
		for _, word := range words {
			require.NotContains(t, word, " ")
		}
	})
}
