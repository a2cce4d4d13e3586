package people_test

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/people"
)

var profiles = []people.Profile{people.International, people.Russian, people.Persian, people.Chinese}

// take makes people who joined evenly over the group's history.
func take(seed uint64, profile people.Profile, n int) []people.Person {
	s := people.New(seed, profile)
	out := make([]people.Person, n)
	for i := range out {
		out[i] = s.Next(float64(i) / float64(n))
	}
	return out
}

func TestSameSeedSamePeople(t *testing.T) {
	for _, profile := range profiles {
		assert.Equal(t, take(7, profile, 2000), take(7, profile, 2000))
		assert.NotEqual(t, take(7, profile, 2000), take(8, profile, 2000))
	}
	assert.NotEqual(t, take(7, people.International, 2000), take(7, people.Russian, 2000))
}

// The people of a seed stay the same from one version to the next on every machine, or what was found with a seed is not
// found again. Who changes lists or rules on purpose changes the number here.
func TestPeopleOfASeed(t *testing.T) {
	got := map[string]string{}
	for _, profile := range profiles {
		h := fnv.New64a()
		for _, p := range take(1, profile, 20_000) {
			_, _ = fmt.Fprintf(h, "%q", p)
		}
		got[profile.String()] = strconv.FormatUint(h.Sum64(), 16)
	}
	assert.Equal(t, map[string]string{"intl": "36620f6bd5b48859", "ru": "f72a663132fada9c", "fa": "ebcac8dd8cab97a", "zh": "717408688b33353a"}, got)
}

func TestProfileNames(t *testing.T) {
	for _, profile := range profiles {
		text, err := profile.MarshalText()
		require.NoError(t, err)
		var got people.Profile
		require.NoError(t, got.UnmarshalText(text))
		assert.Equal(t, profile, got)
	}
	var p people.Profile
	assert.EqualError(t, p.UnmarshalText([]byte("klingon")), `"klingon" is none of intl, ru, fa, zh`)
}

func TestPeopleAreValid(t *testing.T) {
	username := regexp.MustCompile(`^[a-zA-Z](_?[a-zA-Z0-9])+$`)
	for _, profile := range profiles {
		t.Run(profile.String(), func(t *testing.T) {
			taken := map[string]bool{}
			for i, p := range take(3, profile, 20_000) {
				require.NotEmpty(t, p.FirstName)
				require.LessOrEqual(t, utf8.RuneCountInString(p.FirstName), 64, "%q", p)
				require.LessOrEqual(t, utf8.RuneCountInString(p.LastName), 64, "%q", p)
				require.True(t, utf8.ValidString(p.FirstName+p.LastName), "%q", p)
				if p.Username == "" {
					continue
				}
				require.Regexp(t, username, p.Username, "person %d", i)
				require.GreaterOrEqual(t, len(p.Username), 5)
				require.LessOrEqual(t, len(p.Username), 32)
				folded := strings.ToLower(p.Username)
				require.False(t, strings.HasSuffix(folded, "bot"), p.Username)
				require.False(t, taken[folded], "username %q twice", p.Username)
				taken[folded] = true
			}
		})
	}
}

// A demo of about a thousand members must already show the dangerous kinds.
func TestHostileNamesComeEarly(t *testing.T) {
	var all strings.Builder
	for _, p := range take(42, people.International, 1200) {
		all.WriteString(p.FirstName + "\x00" + p.LastName + "\x00")
	}
	for _, want := range []string{"=HYPERLINK", "+1+1", "@SUM", "\x1b[31m", "\u202e", "\u200b", "<script>", "two\nlines", "WWWWWWWWWW"} {
		assert.Contains(t, all.String(), want)
	}
}

// The newest members are no fair sample: each profile's leading script gives way.
func TestCulturesDrift(t *testing.T) {
	for _, x := range []struct {
		profile people.Profile
		script  *unicode.RangeTable
		grows   bool
	}{
		{people.International, unicode.Arabic, true},
		{people.International, unicode.Devanagari, true},
		{people.International, unicode.Cyrillic, false},
		{people.Russian, unicode.Cyrillic, false},
		{people.Persian, unicode.Arabic, false},
		{people.Chinese, unicode.Han, false},
	} {
		everybody := take(5, x.profile, 50_000)
		tenth := len(everybody) / 10
		oldest, newest := share(everybody[:tenth], x.script), share(everybody[len(everybody)-tenth:], x.script)
		t.Log(x.profile, oldest, newest)
		if x.grows {
			oldest, newest = newest, oldest
		}
		assert.Greater(t, oldest, 1.1*newest, "%s", x.profile)
	}
}

// share is how many of the people have a first name in the script.
func share(some []people.Person, script *unicode.RangeTable) float64 {
	n := 0.0
	for _, p := range some {
		n += count(strings.ContainsFunc(p.FirstName, func(r rune) bool { return unicode.Is(script, r) }))
	}
	return n / float64(len(some))
}

// searchable are the words that a search finds somebody by: runs of letters and digits of the names, and the username.
func searchable(p people.Person) []string {
	var out []string
	for _, name := range []string{p.FirstName, p.LastName} {
		for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		}) {
			if strings.ContainsFunc(word, isName) {
				out = append(out, word)
			}
		}
	}
	if p.Username != "" {
		out = append(out, strings.ToLower(p.Username))
	}
	return out
}

func isName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isFancy knows letters that stand for others and that none of these languages has.
func isFancy(r rune) bool {
	return r >= 0x1d400 && r < 0x1d800 || r >= 0x2100 && r < 0x2150 || r >= 0x2460 && r < 0x2500 || r >= 0x1f130 && r < 0x1f1a0 ||
		r >= 0xff21 && r < 0xff5b || strings.ContainsRune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡαвσιєησяѕтυцცƈɖɛʄɠɧʝƙɱŋզཞʂɬų\u0640", r) && !unicode.Is(unicode.Cyrillic, r)
}

// The figures are those that walk.md's measurements rest on: shares of a large group and how many first characters its
// searchable words have.
func TestFigures(t *testing.T) {
	const n = 200_000
	for _, x := range []struct {
		profile         people.Profile
		firstCharacters float64
	}{{people.International, 1871}, {people.Russian, 841}, {people.Persian, 217}, {people.Chinese, 3681}} {
		t.Run(x.profile.String(), func(t *testing.T) {
			t.Parallel()
			var words, noUsername, noLast, oneLetter, symbols, fancy float64
			first := map[rune]bool{}
			for _, p := range take(1, x.profile, n) {
				found := searchable(p)
				words += float64(len(found))
				for _, w := range found {
					r, _ := utf8.DecodeRuneInString(w)
					first[r] = true
				}
				noUsername += count(p.Username == "")
				noLast += count(p.LastName == "")
				r, size := utf8.DecodeRuneInString(p.FirstName)
				oneLetter += count(size == len(p.FirstName) && unicode.IsLetter(r))
				symbols += count(!strings.ContainsFunc(p.FirstName+p.LastName, isName))
				fancy += count(strings.ContainsFunc(p.FirstName, isFancy))
			}
			within(t, 2.2, words/n, "words")
			within(t, 0.30, noUsername/n, "without username")
			within(t, 0.48, noLast/n, "without last name")
			within(t, 0.022, oneLetter/n, "of one letter")
			within(t, 0.018, symbols/n, "of symbols")
			within(t, 0.015, fancy/n, "fancy")
			within(t, x.firstCharacters, float64(len(first)), "first characters")
		})
	}
}

// within is within 10 %.
func within(t *testing.T, want, got float64, what string) {
	t.Helper()
	t.Log(what, got)
	assert.InEpsilon(t, want, got, 0.1, what)
}

func count(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func BenchmarkNext(b *testing.B) {
	for _, profile := range profiles {
		b.Run(profile.String(), func(b *testing.B) {
			s := people.New(1, profile)
			b.ReportAllocs()
			for b.Loop() {
				s.Next(0.5)
			}
		})
	}
}
