package world_test

import (
	"slices"
	"strings"
	"testing"

	"rollcall/internal/tgsim/world"
)

// FuzzWords checks that a name's words, asked for as they are, find the name again, and that no word is empty.
func FuzzWords(f *testing.F) {
	for _, name := range []string{"Mira Okafor", "José Ångström", "Jose\u0301", "王小明", "❤️🔥", "1️⃣", "İstanbul", "मीना", "a_b", "\u200fعلی\u200cرضا", "𝓐𝓷𝓷𝓪"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		words := world.Words(name)
		if slices.Contains(words, "") {
			t.Fatalf("%q has an empty word: %q", name, words)
		}
		again := world.Words(strings.Join(words, " "))
		if !slices.Equal(words, again) {
			t.Fatalf("%q has the words %q, which as a query are %q", name, words, again)
		}
	})
}

// FuzzRules checks that any text of rules is read or refused.
func FuzzRules(f *testing.F) {
	f.Add("transliterate,order=joining", "cap=200,counts=cut")
	f.Fuzz(func(t *testing.T, search, lists string) {
		if r, err := world.ParseSearchRules(search); err == nil && r.Order > world.Shuffled {
			t.Fatalf("%q is read as %v", search, r)
		}
		r, err := world.ParseListRules(lists)
		if err == nil && (r.Counts > world.CountsAbsent || r.Cap < 0 || r.Ghosts < 0 || r.ShortPages < 0) {
			t.Fatalf("%q is read as %v", lists, r)
		}
	})
}
