package bot_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
)

var update = flag.Bool("update", false, "write the golden files anew")

// languages are those that have a file.
func languages(t *testing.T) []string {
	files, err := filepath.Glob("texts/active.*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []string
	for _, f := range files {
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(f, "texts/active."), ".json"))
	}
	return all
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	keys := func(lang string) map[string]string {
		b, err := os.ReadFile("texts/active." + lang + ".json")
		require.NoError(t, err)
		var m map[string]string
		require.NoError(t, json.Unmarshal(b, &m))
		return m
	}
	names := func(s string) (all []string) {
		for _, n := range []string{"{{.Group}}", "{{.ShortGroup}}", "{{.Check}}"} {
			if strings.Contains(s, n) {
				all = append(all, n)
			}
		}
		require.Equal(t, len(all), strings.Count(s, "{{"), s)
		return all
	}
	english := keys("en")
	for _, lang := range languages(t) {
		texts := keys(lang)
		for key, text := range english {
			require.NotEmpty(t, texts[key], "%s: %s", lang, key)
			require.Equal(t, names(text), names(texts[key]), "%s: %s", lang, key)
			if strings.HasPrefix(key, "notice_") {
				require.LessOrEqual(t, len([]rune(texts[key])), 200, "Telegram takes 200 characters for a notice")
			}
		}
		require.Len(t, texts, len(english), lang)
	}
}

// conversation is what somebody with the language is told under each verdict. The bot learns the language by hearing from them.
func conversation(t *testing.T, lang string, g membership.Group, told bot.Texts) string {
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		cfg := config(s, k)
		cfg.Group, cfg.Texts = g, told
		b := bot.New(cfg)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- b.Listen(ctx, s, k.ingest) }()
		settle(0)
		u := s.write(ann, "hello")
		u.Users = []tg.UserClass{person(ann, lang)}
		require.NoError(t, b.Handler().Handle(ctx, u))
		settle(0)
		for _, v := range []membership.Verdict{
			serve, refuse,
			{Answer: membership.Refuse, Rule: membership.RuleUnknown},
			{Answer: membership.Refuse, Rule: membership.RuleRevoked},
			{Answer: membership.Refuse, Rule: membership.RuleBlindClosed},
		} {
			_, err := b.Answer(ctx, press("menu"), v, "")
			require.NoError(t, err)
			r, n := s.sent[len(s.sent)-1], s.notices[len(s.notices)-1]
			fmt.Fprintf(&out, "--- %s, %s\n%s\n", v.Answer, v.Rule, r.Message)
			for _, button := range buttons(r.ReplyMarkup) {
				fmt.Fprintf(&out, "[%s] %s\n", button[0], button[1])
			}
			fmt.Fprintf(&out, "(%s)\n", n.Message)
		}
		cancel()
		<-done
	})
	return out.String()
}

func TestTexts(t *testing.T) {
	club := membership.Group{ID: group, Kind: membership.Supergroup, Title: "Chess Club", Username: "chessclub"}
	var out strings.Builder
	for _, lang := range languages(t) {
		fmt.Fprintf(&out, "====== %s\n%s\n", lang, conversation(t, lang, club, bot.Texts{}))
	}
	private := membership.Group{ID: group, Kind: membership.Supergroup, Title: "Шахматы"}
	fmt.Fprintf(&out, "====== without a way in\n%s\n", conversation(t, "en", private, bot.Texts{}))
	golden := filepath.Join("testdata", "texts.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(out.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String(), "go test ./internal/bot -run TestTexts -update writes them anew")
}

func TestLanguageFallsBack(t *testing.T) {
	club := membership.Group{ID: group, Kind: membership.Supergroup, Title: "Chess Club", Username: "chessclub"}
	english := conversation(t, "en", club, bot.Texts{})
	for _, lang := range []string{"", "xx", "not a language at all", strings.Repeat("a-", 500), "tlh", "{{.}}"} {
		require.Equal(t, english, conversation(t, lang, club, bot.Texts{}), "%q", lang)
	}
	require.Equal(t, conversation(t, "pt", club, bot.Texts{}), conversation(t, "pt-br", club, bot.Texts{}))
	require.Equal(t, conversation(t, "ru", club, bot.Texts{}), conversation(t, "RU", club, bot.Texts{}))
}

func TestWayIn(t *testing.T) {
	for _, c := range []struct{ config, username, want string }{
		{"https://t.me/+abc", "chessclub", "https://t.me/+abc"},
		{"t.me/+abc", "", "https://t.me/+abc"},
		{"@other", "chessclub", "https://t.me/other"},
		{"", "chessclub", "https://t.me/chessclub"},
		{"", "", ""},
		{"javascript:alert(1)", "", ""},
		{"https://a b", "", ""},
	} {
		s := newServer()
		cfg := config(s, newBook())
		cfg.Texts.JoinLink, cfg.Group.Username = c.config, c.username
		_, err := bot.New(cfg).Answer(t.Context(), question(), refuse, "")
		require.NoError(t, err)
		got := buttons(s.sent[0].ReplyMarkup)
		if c.want == "" {
			require.Len(t, got, 1, "%+v", c)
			continue
		}
		require.Equal(t, c.want, got[0][1], "%+v", c)
	}
}

func TestCheckTexts(t *testing.T) {
	require.NoError(t, bot.CheckTexts(bot.Texts{}))
	require.NoError(t, bot.CheckTexts(texts()))
	require.NoError(t, bot.CheckTexts(bot.Texts{JoinLink: "@chessclub"}))
	for name, bad := range map[string]bot.Texts{
		"a long welcome":     {Welcome: strings.Repeat("😀", 2049)},
		"a long link":        {Links: map[string]string{"a": strings.Repeat("a", 4097)}},
		"an empty link":      {Links: map[string]string{"a": " "}},
		"a payload of words": {Links: map[string]string{"a b": "x"}},
		"no payload":         {Links: map[string]string{"": "x"}},
		"no way in":          {JoinLink: "just ask"},
	} {
		require.Error(t, bot.CheckTexts(bad), name)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	s := newServer()
	cfg := config(s, newBook())
	cfg.Texts.Welcome = strings.Repeat("😀", 3000)
	_, err := bot.New(cfg).Answer(t.Context(), question(), serve, "")
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("😀", 2048), s.sent[0].Message)
}

func TestTitlesAreHostile(t *testing.T) {
	for title, want := range map[string]string{
		"Chess\nClub\r\n\t2":              "Chess Club 2",
		"\u202eevil\u202c \u2066x\u2069":  "evil x",
		"a\u200bb\ufeffc\u00add":          "abcd",
		"{{.Check}} <b>x</b> *y*":         "{{.Check}} <b>x</b> *y*",
		"Z\u0300\u0301\u0302\u0303\u0304": "Z\u0300\u0301",
		"\x1b[31mred\x00":                 "[31mred",
		"bad\xff\xfeutf8":                 "badutf8",
		strings.Repeat("long ", 40):       strings.TrimSpace(strings.Repeat("long ", 13)[:63]) + "…",
		"شطرنج":                           "\u2068شطرنج\u2069",
		"a שח b":                          "\u2068a שח b\u2069",
		"👩‍👩‍👧":                           "👩‍👩‍👧",
		"\u3164\u2800":                    "@chessclub",
		"":                                "@chessclub",
	} {
		s := newServer()
		cfg := config(s, newBook())
		cfg.Group.Title = title
		_, err := bot.New(cfg).Answer(t.Context(), question(), refuse, "")
		require.NoError(t, err)
		require.Contains(t, s.sent[0].Message, "the members of "+want+", and", "%q", title)
	}
}

func FuzzTitle(f *testing.F) {
	for _, s := range []string{"", "Chess", "\u202e\u0000", "\xff", "שח {{.}}", strings.Repeat("\u0301", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		s := newServer()
		cfg := config(s, newBook())
		cfg.Group.Title = title
		b := bot.New(cfg)
		if _, err := b.Answer(t.Context(), question(), refuse, ""); err != nil {
			t.Fatal(err)
		}
		text := s.sent[0].Message
		for _, r := range text + buttons(s.sent[0].ReplyMarkup)[0][0] {
			ours := r == '\n' || r == '\u2068' || r == '\u2069' || r == '\u200c' || r == '\u200d'
			if !ours && !unicode.IsGraphic(r) {
				t.Fatalf("%q lets %U through", title, r)
			}
		}
		if n := strings.Count(text, "\n"); n != 2 {
			t.Fatalf("%q makes %d line breaks", title, n)
		}
		if strings.Count(text, "\u2068") != strings.Count(text, "\u2069") || strings.Count(text, "\u2068") > 1 {
			t.Fatalf("%q opens what it does not close", title)
		}
		if len([]rune(text)) > 400 {
			t.Fatalf("%q makes a text of %d characters", title, len([]rune(text)))
		}
	})
}
