package world_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/tgsim/world"
)

// everyone reads the whole of a list as the owner, in its order.
func everyone(t require.TestingT, w *world.World, f world.Filter, q string) []int64 {
	var ids []int64
	for {
		page, err := w.Participants(w.Owner(), w.Group().ID, world.ListRequest{Filter: f, Query: q, Offset: len(ids), Limit: 200})
		require.NoError(t, err)
		if len(page.Rows) == 0 {
			return ids
		}
		require.GreaterOrEqual(t, len(page.Users), len(page.Rows))
		for _, r := range page.Rows {
			ids = append(ids, rowID(r))
		}
	}
}

// search is everyone of a search.
func search(t require.TestingT, w *world.World, q string) []int64 {
	return everyone(t, w, world.Search, q)
}

// somebody makes a member with these names.
func somebody(t require.TestingT, w *world.World, first, last string) int64 {
	u, _ := w.Stranger()
	require.NoError(t, w.Rename(u, first, last))
	require.NoError(t, w.Join(u, w.Group().ID))
	return int64(u)
}

func TestRule11Folding(t *testing.T) {
	const yes, no = true, false
	tests := []struct {
		name        string
		rules       string
		first, last string
		query       string
		found       bool
	}{
		{"prefix of a word", "", "Anna Maria", "de Souza", "souz", yes},
		{"any word of the first name", "", "Anna Maria", "", "mar", yes},
		{"not from inside", "", "Anna", "", "nna", no},
		{"inside by option", "inner", "Anna", "", "nna", yes},
		{"words in any field", "", "Anna", "Souza", "sou an", yes},
		{"one word that is not there", "", "Anna", "Souza", "sou bo", no},
		{"case", "", "ÅSA", "", "åsa", yes},
		{"diacritics", "", "José", "Ångström", "jose angs", yes},
		{"diacritics in the query", "", "Jose", "", "josé", yes},
		{"diacritics as two characters", "", "Jose\u0301", "", "josé", yes},
		{"diacritics told apart by option", "keep-marks", "José", "", "jose", no},
		{"Cyrillic diacritics", "", "Артём", "", "артем", yes},
		{"vowels of Devanagari stay", "", "मीना", "", "मन", no},
		{"Chinese from the start of the run", "", "王小明", "", "王小", yes},
		{"Chinese not from inside", "", "王小明", "", "小明", no},
		{"punctuation is dropped", "", "O'Brien", "", "brien!", yes},
		{"an emoji divides", "", "🌸Rosa🌸", "", "rosa", yes},
		{"Latin does not find Cyrillic", "", "Вова", "", "vo", no},
		{"Latin finds Cyrillic by option", "transliterate", "Вова", "", "vo", yes},
		{"Cyrillic finds Latin by option", "transliterate", "Vova", "", "во", yes},
		{"fancy letters are their own", "", "𝓐𝓷𝓷𝓪", "", "ann", no},
		{"fancy letters are found as they are", "", "𝓐𝓷𝓷𝓪", "", "𝓐𝓷", yes},
		{"fancy letters are plain by option", "fold-fancy", "𝓐𝓷𝓷𝓪", "", "ann", yes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules, err := world.ParseSearchRules(tt.rules)
			require.NoError(t, err)
			w := world.New(world.Options{Seed: 11, Members: 3, Now: still, Search: rules})
			id := somebody(t, w, tt.first, tt.last)
			assert.Equal(t, tt.found, slices.Contains(search(t, w, tt.query), id),
				"%q in %q %q", tt.query, tt.first, tt.last)
		})
	}
}

func TestRule11NobodyFindsEmoji(t *testing.T) {
	w := world.New(world.Options{Seed: 11, Members: 3, Now: still})
	id := somebody(t, w, "❤️🔥", "1️⃣")
	assert.Contains(t, search(t, w, "1"), id, "the digit of a key is a digit")
	require.NoError(t, w.Rename(world.UserID(id), "❤️🔥", "☆"))
	everybody := everyone(t, w, world.Recent, "")
	for _, q := range []string{"❤️", "🔥", "☆", ".", "\u200f"} {
		assert.Equal(t, everybody, search(t, w, q), "%q is no word, so it asks for everybody", q)
	}
}

func TestRule11Usernames(t *testing.T) {
	found := func(rules, q string) bool {
		r, err := world.ParseSearchRules(rules)
		require.NoError(t, err)
		w := world.New(world.Options{Seed: 11, Members: 3, Now: still, Search: r})
		return slices.Contains(search(t, w, q), int64(w.Owner())) // @mira_okafor
	}
	assert.True(t, found("", "mira_ok"))
	assert.False(t, found("", "okafor_"))
	assert.True(t, found("split-usernames", "mira_ok"), "two words now, and both are there")
	assert.True(t, found("split-usernames", "okafor_mi"))
	assert.False(t, found("no-usernames", "mira_ok"))
	assert.True(t, found("no-usernames", "mira"), "which is her first name")
}

func TestRule11MentionsAreNotTransliterated(t *testing.T) {
	w := world.New(world.Options{Seed: 11, Members: 3, Now: still, Search: world.SearchRules{Transliterate: true}})
	id := somebody(t, w, "Вова", "")
	assert.Contains(t, search(t, w, "vov"), id)
	assert.NotContains(t, everyone(t, w, world.Mentions, "vov"), id)
	assert.Contains(t, everyone(t, w, world.Mentions, "вов"), id)
}

// TestRule11TheIndexAgreesWithReadingAll compares searches of a group that is large enough for an index with what the
// truth says, while people join, leave, are renamed, deleted and speak.
func TestRule11TheIndexAgreesWithReadingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inner := rapid.Bool().Draw(t, "inner")
		w := world.New(world.Options{
			Seed: rapid.Uint64Max(3).Draw(t, "seed"), Members: 1_050, Now: still, Search: world.SearchRules{Inner: inner},
		})
		id := w.Group().ID
		names := []string{"Ann", "Anna", "Bo", "Zoë", "Иван", "王", "xxannxx"}
		all := facts(t, w)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			u := all[rapid.IntRange(0, len(all)-1).Draw(t, "who")].ID
			switch rapid.SampledFrom([]string{"search", "new", "join", "leave", "rename", "delete", "speak"}).Draw(t, "what") {
			case "search":
				search(t, w, "a")
			case "new":
				somebody(t, w, rapid.SampledFrom(names).Draw(t, "first"), rapid.SampledFrom(names).Draw(t, "last"))
			case "join":
				_ = w.Join(u, id)
			case "leave":
				_ = w.Leave(u, id)
			case "rename":
				_ = w.Rename(u, rapid.SampledFrom(names).Draw(t, "first"), rapid.SampledFrom(names).Draw(t, "last"))
			case "delete":
				_ = w.DeleteAccount(u)
			case "speak":
				_ = w.Speak(u, id)
			}
		}
		order := everyone(t, w, world.Recent, "")
		words := wordsOf(t, w)
		for _, q := range []string{"a", "anna bo", "zoe", "ив", "王", "mira"} {
			require.Equal(t, reading(words, order, q, inner), search(t, w, q), "query %q", q)
		}
	})
}

// wordsOf knows of no folding but case and one letter.
func wordsOf(t require.TestingT, w *world.World) map[int64][]string {
	words := make(map[int64][]string)
	for _, f := range facts(t, w) {
		words[int64(f.ID)] = world.Words(strings.ReplaceAll(strings.ToLower(f.First+" "+f.Last+" "+f.Username), "ë", "e"))
	}
	return words
}

// reading is what a search must find: the listed who have every word of the query, in the order of Recent.
func reading(words map[int64][]string, order []int64, q string, inner bool) []int64 {
	var out []int64
	for _, id := range order {
		if all(strings.Fields(q), func(part string) bool {
			return slices.ContainsFunc(words[id], func(word string) bool {
				return strings.HasPrefix(word, part) || inner && strings.Contains(word, part)
			})
		}) {
			out = append(out, id)
		}
	}
	return out
}

func all(parts []string, holds func(string) bool) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !holds(p) })
}

func TestRule11SearchOrders(t *testing.T) {
	lists := make(map[string][]int64)
	for _, order := range []string{"activity", "joining", "shuffled"} {
		rules, err := world.ParseSearchRules("order=" + order)
		require.NoError(t, err)
		w := world.New(world.Options{Seed: 5, Members: 3_000, Now: still, Search: rules})
		lists[order] = search(t, w, "a")
		assert.Equal(t, lists[order], search(t, w, "a"), "the same each time")
		if order != "activity" {
			assert.NotEqual(t, lists["activity"], lists[order])
		}
		if order == "joining" {
			assert.True(t, slices.IsSortedFunc(dates(t, w, "a"), func(a, b int) int { return b - a }))
		}
		slices.Sort(lists[order])
	}
	assert.Equal(t, lists["joining"], lists["shuffled"], "whatever the order, the same people")
}

// dates are those of the first page's plain members.
func dates(t *testing.T, w *world.World, q string) []int {
	page, err := w.Participants(w.Owner(), w.Group().ID, world.ListRequest{Filter: world.Search, Query: q, Limit: 200})
	require.NoError(t, err)
	var out []int
	for _, r := range page.Rows {
		if p, ok := r.(interface {
			GetDate() int
			GetUserID() int64
			GetRank() (string, bool)
		}); ok {
			if _, plain := p.(interface{ GetSubscriptionUntilDate() (int, bool) }); plain {
				out = append(out, p.GetDate())
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}

func TestRulesText(t *testing.T) {
	s, err := world.ParseSearchRules(" transliterate, split-usernames,no-usernames,inner,keep-marks,fold-fancy,order=shuffled,")
	require.NoError(t, err)
	assert.Equal(t, world.SearchRules{
		Transliterate: true, SplitUsernames: true, NoUsernames: true, Inner: true, KeepMarks: true, FoldFancy: true,
		Order: world.Shuffled,
	}, s)
	l, err := world.ParseListRules("cap=200,slack=1,counts=absent,count-noise=5,count-deleted,ghosts=10,short-pages=7,left-is-answer,deleted-unknown,hidden-unknown,own-row,public-na")
	require.NoError(t, err)
	assert.Equal(t, world.ListRules{
		Cap: 200, Slack: 1, Counts: world.CountsAbsent, CountNoise: 5, CountDeleted: true, Ghosts: 10, ShortPages: 7,
		LeftIsAnswer: true, DeletedUnknown: true, HiddenUnknown: true, OwnRow: true, PublicNA: true,
	}, l)
	for _, wrong := range []string{"nonsense", "inner=1", "order=", "order=new"} {
		_, err := world.ParseSearchRules(wrong)
		assert.ErrorContains(t, err, fmt.Sprintf("%q", wrong))
	}
	for _, wrong := range []string{"cap=-1", "cap", "counts", "ghosts=x", "ghosts=1001", "count-noise=1001", "public-na=1"} {
		_, err := world.ParseListRules(wrong)
		assert.ErrorContains(t, err, fmt.Sprintf("%q", wrong))
	}
}
