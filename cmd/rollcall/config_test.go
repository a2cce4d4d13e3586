package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/session"
)

func writeConfig(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rollcall.yaml")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func home(t *testing.T) environment {
	t.Helper()
	return environment{"HOME": t.TempDir()}
}

func TestDefaults(t *testing.T) {
	env := home(t)
	c, err := configSource{env: env}.load()
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(env["HOME"], ".local/share/rollcall/roster.db"), c.RosterPath())
	assert.Equal(t, filepath.Join(env["HOME"], ".local/share/rollcall/session"), c.SessionDir())
	assert.Equal(t, filepath.Join(env["HOME"], ".config/rollcall/identity.txt"), c.Session.IdentityFile)
	assert.Equal(t, membership.DefaultPolicy(), c.Policy())
	assert.Equal(t, 1200*time.Millisecond, c.Telegram.Pace.Interval)
	_, err = c.APIID()
	assert.Equal(t, exitConfig, judge(err).code)
	_, err = c.GroupRef()
	assert.Equal(t, exitConfig, judge(err).code)

	env["XDG_DATA_HOME"], env["XDG_CONFIG_HOME"] = "/data", "relative"
	c, err = configSource{env: env}.load()
	require.NoError(t, err)
	assert.Equal(t, "/data/rollcall", c.DataDir)
	assert.Equal(t, filepath.Join(env["HOME"], ".config/rollcall/identity.txt"), c.Session.IdentityFile)

	_, err = configSource{env: environment{}}.load()
	assert.Equal(t, exitConfig, judge(err).code, "no home directory")
}

func TestFile(t *testing.T) {
	path := writeConfig(t, `
telegram:
  api_id: 12345
  api_hash_file: secrets/hash
  server: {address: "127.0.0.1:4430", dc: 3, public_key_file: ~/server.pem}
  pace.interval: 0
  pace.quiet: 22:30-6:00 Europe/Berlin
  pace.daily_pages: 300
group: -1001234567890
data_dir: /var/lib/rollcall
session:
  passphrase_file: ~/pass
bot:
  welcome: |
    Welcome!
    Enjoy.
  join_link: https://t.me/+AbC
  links:
    course: https://example.com/course
    "2": "plain: text"
gate: {grace: 3d, blind: closed}
prune: {breaker: {min: 5, share: 10%}}
sync:
  min_coverage: 0.95
  level: thorough
run:
  walk_every: 2w
log:
  level: ""
`)
	env := home(t)
	c, err := configSource{env: env, file: path}.load()
	require.NoError(t, err)
	quiet, err := session.ParseQuiet("22:30-06:00 Europe/Berlin")
	require.NoError(t, err)
	assert.Equal(t, TelegramConfig{
		APIID: 12345, APIHashFile: filepath.Join(filepath.Dir(path), "secrets/hash"),
		Server: ServerConfig{Address: "127.0.0.1:4430", DC: 3, PublicKeyFile: filepath.Join(env["HOME"], "server.pem"), Timeout: 30 * time.Second},
		Pace:   PaceConfig{Interval: 0, Daily: 500, Pages: 300, Quiet: quiet},
	}, c.Telegram)
	assert.Equal(t, quiet, c.paceOf(session.Owner).Quiet)
	assert.Zero(t, c.paceOf(session.Bot).Quiet, "somebody waits for the bot")
	c.Telegram.Pace.Daily = 7
	assert.Equal(t, map[string]int{"channels.getParticipant": 7, "messages.getFullChat": 7, "channels.getParticipants": 300}, c.paceOf(session.Owner).Budgets)
	assert.Empty(t, c.paceOf(session.Bot).Budgets, "the bot has Telegram's own limits")
	ref, err := c.GroupRef()
	require.NoError(t, err)
	assert.Equal(t, membership.GroupID(1234567890), ref.ID)
	assert.Equal(t, filepath.Join(env["HOME"], "pass"), c.Session.PassphraseFile)
	assert.Equal(t, "Welcome!\nEnjoy.\n", c.Bot.Welcome)
	assert.Equal(t, map[string]string{"course": "https://example.com/course", "2": "plain: text"}, c.Bot.Links)
	assert.Equal(t, membership.Policy{Grace: 72 * time.Hour, Blind: membership.BlindClosed, BreakerMin: 5, BreakerShare: 0.1}, c.Policy())
	assert.InDelta(t, 0.95, c.Sync.MinCoverage, 0)
	assert.Equal(t, membership.Thorough, c.Sync.Level)
	assert.Equal(t, 14*24*time.Hour, c.Run.WalkEvery)
	assert.Equal(t, "info", c.Log.Level, "an empty value sets nothing")
}

func TestFileProblems(t *testing.T) {
	cases := []struct{ name, content, want string }{
		{"unknown key", "groop: x", `1: unknown key "groop"; did you mean "group"?`},
		{"unknown section", "a: 1\ntelegran:\n  api_id: 1", `2: unknown key "telegran"; did you mean "telegram"?`},
		{"right word, wrong place", "api_id: 1", `1: unknown key "api_id"; did you mean "telegram.api_id"?`},
		{"nothing near", "color: red", `1: unknown key "color"` + "\n"},
		{"twice", "group: \"@abcd\"\ngroup: \"@efgh\"", `2: `},
		{"twice in two forms", "telegram.api_id: 1\ntelegram:\n  api_id: 2", `3: telegram.api_id is there already, in line 1`},
		{"section as a value", "telegram: 5", `1: telegram is a section`},
		{"value as a section", "group:\n  id: 5", `1: group: it takes a value, not keys`},
		{"list", "group: [1, 2]", `1: group: it takes one value, not a list`},
		{"links as text", "bot:\n  links: hello", `2: bot.links: it is no mapping`},
		{"links with lists", "bot:\n  links:\n    a: [1]", `2: bot.links: a: it is no text`},
		{"payload that Telegram drops", "bot:\n  links:\n    \"a b\": x", `2: bot.links: "a b" is not a start parameter`},
		{"number", "telegram:\n  api_id: abc", `2: telegram.api_id: "abc" is not a whole number`},
		{"negative number", "telegram:\n  api_id: -1", `2: telegram.api_id: "-1" is not a whole number`},
		{"duration without unit", "gate: {grace: 6}", `1: gate.grace: "6" is not a duration`},
		{"too often", "run: {walk_every: 6s}", `1: run.walk_every: 6s is less than 5m`},
		{"no hours", "telegram:\n  pace:\n    quiet: at night", `3: telegram.pace.quiet: "at night" is not hours like 23:00-07:00`},
		{"no time of day", "telegram.pace.quiet: 23:00-7", `1: telegram.pace.quiet: "7" is no time of day like 23:00`},
		{"no zone", "telegram.pace.quiet: 23:00-07:00 Berlin", `1: telegram.pace.quiet: "Berlin" is no time zone like Europe/Berlin`},
		{"all day", "telegram.pace.quiet: 7:00-07:00", `1: telegram.pace.quiet: "7:00-07:00" begins and ends at the same time`},
		{"share", "prune.breaker.share: 2", `1: prune.breaker.share: "2" is not a share`},
		{"choice", "gate.blind: ajar", `1: gate.blind: "ajar" is none of last-known, closed, open`},
		{"address", "telegram.server.address: nowhere", `1: telegram.server.address: "nowhere" is not host:port`},
		{"group", "group: \"?\"", `1: group: "?" names no group`},
		{"anchor", "group: &a \"@abcd\"", `1: group: anchors, aliases and tags have no meaning here`},
		{"two documents", "group: \"@abcd\"\n---\ngroup: \"@efgh\"", `3: a configuration is one document`},
		{"no mapping", "- a\n- b", `1: this is no configuration file`},
		{"no text", "\x00\x01\x02", `1: `},
		{"syntax", "telegram:\n  api_id: \"1", `2: `},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := writeConfig(t, c.content)
			_, err := configSource{env: home(t), file: path}.load()
			require.Error(t, err)
			assert.Equal(t, exitConfig, judge(err).code)
			assert.NotEmpty(t, judge(err).hint)
			assert.Contains(t, err.Error()+"\n", path+":"+c.want)
		})
	}
}

func TestPrecedence(t *testing.T) {
	path := writeConfig(t, "gate.grace: 1h\nlog.level: warn\ngroup: \"@file\"\n")
	env := home(t)
	env["ROLLCALL_CONFIG"] = path
	env["ROLLCALL_GATE_GRACE"] = "2h"
	env["ROLLCALL_LOG_LEVEL"] = "" // an empty variable is not set
	env["ROLLCALL_BOT_LINKS"] = `{a: "https://example.com", b: hello}`
	env["ROLLCALL_DATA_DIR"] = "here"
	c, err := configSource{env: env, flags: map[string]string{"group": "@flag"}}.load()
	require.NoError(t, err)
	assert.Equal(t, 2*time.Hour, c.Gate.Grace)
	assert.Equal(t, "warn", c.Log.Level)
	assert.Equal(t, "@flag", c.Group)
	assert.Equal(t, map[string]string{"a": "https://example.com", "b": "hello"}, c.Bot.Links)
	wd, err := os.Getwd()
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(wd, "here"), c.DataDir, "a variable's path is relative to the working directory")

	_, err = configSource{env: env, flags: map[string]string{"gate.blind": "ajar"}}.load()
	assert.Equal(t, exitUsage, judge(err).code, "a flag is usage")
	env["ROLLCALL_GATE_GRACE"] = "later"
	_, err = configSource{env: env}.load()
	assert.Equal(t, exitConfig, judge(err).code)
	assert.ErrorContains(t, err, "ROLLCALL_GATE_GRACE")
}

// systemd hands secrets over in a folder; a variable that names another file wins.
func TestCredentials(t *testing.T) {
	env := home(t)
	env["CREDENTIALS_DIRECTORY"] = t.TempDir()
	hash := filepath.Join(env["CREDENTIALS_DIRECTORY"], "telegram.api_hash")
	require.NoError(t, os.WriteFile(hash, []byte("x"), 0o600))
	path := writeConfig(t, "telegram.api_hash_file: /elsewhere")
	c, err := configSource{env: env, file: path}.load()
	require.NoError(t, err)
	assert.Equal(t, hash, c.Telegram.APIHashFile)
	assert.Empty(t, c.Session.PassphraseFile)
	env["ROLLCALL_TELEGRAM_API_HASH_FILE"] = "/variable"
	c, err = configSource{env: env, file: path}.load()
	require.NoError(t, err)
	assert.Equal(t, "/variable", c.Telegram.APIHashFile)
}

// The example reads back as the defaults; so does every key that it shows commented out, once uncommented.
func TestExample(t *testing.T) {
	d := folders{config: "/c", data: "/d", home: "/h"}
	c := defaultConfig(d)
	var example bytes.Buffer
	require.NoError(t, writeExample(&example, c.settings()))

	read := defaultConfig(d)
	entries, problems := parseConfig(example.Bytes(), read.settings())
	require.Empty(t, problems)
	l := &configLoader{config: &read, settings: read.settings(), origin: map[string]string{}}
	for _, e := range entries {
		require.NoError(t, l.entry(e, "/"), e.key)
	}
	assert.Equal(t, c, read)

	lines := strings.Split(example.String(), "\n")
	for i, line := range lines {
		for _, s := range c.settings() {
			if name := "# " + lastPart(s.key) + ": " + s.sample; s.sample != "" && strings.TrimSpace(line) == name {
				lines[i] = strings.Replace(line, "# ", "", 1)
			}
		}
	}
	entries, problems = parseConfig([]byte(strings.Join(lines, "\n")), read.settings())
	require.Empty(t, problems)
	assert.Len(t, entries, len(c.settings()), "every key is in the example")
	for _, e := range entries {
		require.NoError(t, l.entry(e, "/"), e.key)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"group", "group", 0}, {"gruop", "group", 2}, {"grop", "group", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}} {
		assert.Equal(t, c.want, distance(c.a, c.b), "%q %q", c.a, c.b)
		assert.Equal(t, c.want, distance(c.b, c.a), "%q %q", c.b, c.a)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour, "2w": 336 * time.Hour, "1.2s": 1200 * time.Millisecond,
	} {
		got, err := parseDuration(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		again, err := parseDuration(membership.Duration(got))
		require.NoError(t, err)
		assert.Equal(t, got, again)
	}
	for _, text := range []string{"", "5", "-1h", "-3d", "d", "1.5d", "99999w", "1h d", "forever"} {
		_, err := parseDuration(text)
		assert.Error(t, err, text)
	}
}

func TestGroupRefs(t *testing.T) {
	for text, want := range map[string]groupRef{
		"1234567890":                    {ID: 1234567890},
		"-1001234567890":                {ID: 1234567890, Marked: -1001234567890},
		"-12345":                        {ID: 12345, Marked: -12345},
		"@my_group":                     {Username: "my_group"},
		"my_group":                      {Username: "my_group"},
		"t.me/my_group":                 {Username: "my_group"},
		"https://t.me/my_group/55":      {Username: "my_group"},
		"https://t.me/s/my_group":       {Username: "my_group"},
		"http://telegram.me/my_group?x": {Username: "my_group"},
		"https://T.me/my_group/":        {Username: "my_group"},
		"tg://resolve?domain=my_group":  {Username: "my_group"},
		"https://t.me/+AbC-d_9":         {Invite: "AbC-d_9"},
		"https://t.me/joinchat/AbC":     {Invite: "AbC"},
		"https://t.me/c/1234567890/17":  {ID: 1234567890},
	} {
		got, err := parseGroup(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "@", "@a", "@1abcd", "@with-dash", "https://example.com/x", "t.me/", "t.me/+", "t.me/c/x", "-1000000000000", "a b c d", "@" + strings.Repeat("x", 33)} {
		_, err := parseGroup(text)
		assert.Equal(t, exitUsage, judge(err).code, text)
	}
}

func TestUserRefs(t *testing.T) {
	for text, want := range map[string]userRef{
		"42": {ID: 42}, "@ann_lee": {Username: "ann_lee"}, "t.me/ann_lee": {Username: "ann_lee"}, "tg://user?id=42": {ID: 42},
	} {
		got, err := parseUser(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "-5", "Ann Lee", "t.me/+AbC", "@"} {
		_, err := parseUser(text)
		assert.Equal(t, exitUsage, judge(err).code, text)
	}
}

// FuzzConfig: no file makes the parser panic; a problem names its line, and what was read can be loaded or is refused with an error.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "group: x", "telegram:\n  api_id: 1\n", "bot: {links: {a: b}}", "- 1", "a: &x {b: *x}", "? a\n: b", "!!int a: 1", "<<: {a: 1}", "\ufeffgroup: 5",
		"a: |\n  x\n", "a: [", "{a: 1, b}", "---\n...\n---\n", "\"a\": 'b'", "a:\n\t- b", "#", "group: .nan", "bot:\n  links:\n    ? [a]\n    : b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c := defaultConfig(folders{config: "/c", data: "/d", home: "/h"})
		settings := c.settings()
		entries, problems := parseConfig(content, settings)
		for _, p := range problems {
			require.Regexp(t, `^[0-9]+: .`, p)
		}
		l := &configLoader{config: &c, settings: settings, home: "/h", origin: map[string]string{}}
		for _, e := range entries {
			if l.entry(e, "/") != nil {
				continue
			}
			s, known := findSetting(settings, e.key)
			require.True(t, known, e.key)
			requireReadsBack(t, s)
		}
	})
}

// requireReadsBack: the YAML of a value reads as the same value.
func requireReadsBack(t *testing.T, s setting) {
	t.Helper()
	before := s.value.yaml()
	c := defaultConfig(folders{})
	again, _ := findSetting(c.settings(), s.key)
	entries, problems := parseConfig([]byte(s.key+": "+before), []setting{again})
	require.Empty(t, problems, before)
	require.Len(t, entries, 1)
	l := &configLoader{config: &c, settings: []setting{again}, origin: map[string]string{}}
	require.NoError(t, l.entry(entries[0], "/"))
	require.Equal(t, before, again.value.yaml())
}

// FuzzRefs: what names a group or a person is one thing, and valid.
func FuzzRefs(f *testing.F) {
	for _, seed := range []string{"@abcd", "-1001", "t.me/+x", "tg://resolve?domain=abcd", "https://t.me/c/5/6", "tg://user?id=7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if g, err := parseGroup(text); err == nil {
			named := 0
			for _, set := range []bool{g.ID > 0, g.Username != "", g.Invite != ""} {
				if set {
					named++
				}
			}
			require.Equal(t, 1, named, "%q is %+v", text, g)
			require.True(t, g.Username == "" || validUsername(g.Username))
		}
		if u, err := parseUser(text); err == nil {
			require.NotEqual(t, u.ID > 0, u.Username != "", "%q is %+v", text, u)
		}
	})
}

func TestSecretsHaveNoKey(t *testing.T) {
	c := defaultConfig(folders{})
	for _, s := range c.settings() {
		for _, word := range []string{"hash", "token", "passphrase", "password"} {
			if strings.Contains(s.key, word) {
				assert.True(t, strings.HasSuffix(s.key, "_file"), s.key)
			}
		}
		if s.secretFile() {
			var path pathValue
			assert.IsType(t, path, s.value, s.key)
		}
	}
	assert.Error(t, errors.Join(pathValue{new(string)}.set("a\x00b")))
}
