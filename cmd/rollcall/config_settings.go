package main

import (
	"slices"
	"strings"
)

// setting is one key of the configuration.
type setting struct {
	key   string
	doc   string // for the example
	value value
	// sample is what the example shows, commented out, for a key that has no default or one that depends on the machine.
	sample string
}

// envName is the variable that sets the key.
func (s setting) envName() string {
	return "ROLLCALL_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// secretFile says that the key names a file which holds a secret; systemd may hand it over as a credential.
func (s setting) secretFile() bool {
	return slices.Contains([]string{"telegram.api_hash_file", "session.identity_file", "session.passphrase_file", "bot.token_file"}, s.key)
}

// credential is the name of the systemd credential that stands for the file.
func (s setting) credential() string { return strings.TrimSuffix(s.key, "_file") }

// settings are all keys, in the order of the example, bound to c.
func (c *Config) settings() []setting {
	return slices.Concat(c.accountSettings(), c.groupSettings(), c.workSettings())
}

func (c *Config) accountSettings() []setting {
	t := &c.Telegram
	return []setting{
		{"telegram.api_id", "The application's id, from https://my.telegram.org/apps.", numberValue{&t.APIID, 1, 1<<31 - 1}, "12345"},
		{
			"telegram.api_hash_file", "A file with the application's api_hash. Without one, login asks; run needs it.",
			pathValue{&t.APIHashFile},
			"~/.config/rollcall/api_hash",
		},
		{
			"telegram.server.address", "host:port of a server other than Telegram's own: a test server, or the simulator.",
			addressValue{&t.Server.Address},
			"127.0.0.1:4430",
		},
		{"telegram.server.dc", "The number of that server's data center.", numberValue{&t.Server.DC, 1, 99_999}, ""},
		{"telegram.server.test", "Whether that server is one of Telegram's test servers.", switchValue{&t.Server.Test}, ""},
		{"telegram.server.public_key_file", "That server's RSA public key, in PEM.", pathValue{&t.Server.PublicKeyFile}, "server.pem"},
		{
			"telegram.server.timeout", "How long a command waits for its first usable answer before it gives up with exit code 14.",
			durationValue{&t.Server.Timeout, minServerTimeout, 0},
			"",
		},
		{
			"telegram.pace.interval", "The least time between two calls of the owner's account. Hurry endangers the account.",
			durationValue{&t.Pace.Interval, 0, maxInterval},
			"",
		},
		{
			"telegram.pace.daily", "The most people that the owner's account looks up in a day (UTC), where the bot cannot. Beyond it, nobody is until the next.",
			numberValue{&t.Pace.Daily, 0, 100_000},
			"",
		},
		{
			"telegram.pace.daily_pages", "The most pages of participants that it reads in a day (UTC). A walk that needs more goes on the next day.",
			numberValue{&t.Pace.Pages, 1, 1_000_000},
			"",
		},
		{
			"telegram.pace.quiet", "Hours in which run does not walk, by this machine's clock or, as in \"23:00-07:00 Europe/Berlin\", by a zone's. The admin log, " +
				"lookups and a sync that you type go on.",
			quietValue{&t.Pace.Quiet},
			"\"23:00-07:00\"",
		},
		{
			"session.identity_file", "The age identity that seals the sessions; the first login makes it. Keep a copy apart from the data.",
			pathValue{&c.Session.IdentityFile},
			"~/.config/rollcall/identity.txt",
		},
		{
			"session.passphrase_file", "A file with a passphrase that seals the sessions instead of an identity.",
			pathValue{&c.Session.PassphraseFile},
			"/run/secrets/rollcall_passphrase",
		},
	}
}

func (c *Config) groupSettings() []setting {
	return []setting{
		{"group", "The group whose members count: its id, -100…, @name or link. \"rollcall groups\" lists yours.", groupValue{&c.Group}, "\"@mygroup\""},
		{"data_dir", "Where roster.db and session/ lie.", pathValue{&c.DataDir}, "~/.local/share/rollcall"},
		{"bot.token_file", "A file with the bot's token from @BotFather, for a login that asks nobody.", pathValue{&c.Bot.TokenFile}, "/run/secrets/rollcall_bot_token"},
		{"bot.welcome", "What members get; without it a greeting in their language.", textValue{&c.Bot.Welcome, maxMessage}, "\"Welcome! Here is this week's program: …\""},
		{
			"bot.links", "What https://t.me/YOURBOT?start=PAYLOAD promises members, by payload: a text, or a URL, which becomes a button.",
			linksValue{&c.Bot.Links},
			"{course: \"https://example.com/course\", hours: \"We are open from 9 to 5.\"}",
		},
		{
			"bot.join_link", "The way in for strangers; without it the group's public name. A private group needs an invite link here.",
			linkValue{&c.Bot.JoinLink},
			"\"https://t.me/+AbCdEfGhIjKlMnOp\"",
		},
	}
}

func (c *Config) workSettings() []setting {
	return []setting{
		{
			"gate.grace", "While only one source works, whoever was confirmed within this time is served without being looked up.",
			durationValue{&c.Gate.Grace, 0, 0},
			"",
		},
		{
			"gate.blind", "While no source works: serve those last known to be in (last-known), nobody (closed), or all not known to be out (open).",
			blindValue{&c.Gate.Blind},
			"",
		},
		{
			"prune.breaker.min", "More revocations within an hour than the greater of this number and this share of the subscribers are held for you to decide.",
			numberValue{&c.Prune.Breaker.Min, 0, 1_000_000_000},
			"",
		},
		{"prune.breaker.share", "", shareValue{&c.Prune.Breaker.Share}, ""},
		{"sync.min_coverage", "sync ends with exit code 7 if it proves less than this share of what Telegram lists.", shareValue{&c.Sync.MinCoverage}, ""},
		{
			"sync.level", "How far walks go in a group of more than 10,000 for those who are hard to find: fast, normal, thorough or exhaustive.",
			levelValue{&c.Sync.Level},
			"",
		},
		{
			"sync.audit_calls", "How many calls an audit makes. In a group of more than 10,000, run audits instead of reading the lists anew: it confirms those who\n" +
				"were confirmed longest ago.",
			numberValue{&c.Sync.AuditCalls, 10, 100_000},
			"",
		},
		{"run.walk_every", "How often run reads the member lists anew, or audits.", durationValue{&c.Run.WalkEvery, minWalkEvery, 0}, ""},
		{"run.tail_every", "How often run reads the admin log. Telegram keeps it for 48 hours.", durationValue{&c.Run.TailEvery, minTailEvery, maxTailEvery}, ""},
		{"log.level", "What run logs: debug, info, warn or error.", choiceValue{&c.Log.Level, []string{"debug", "info", "warn", "error"}}, ""},
	}
}

// findSetting returns the setting of a key.
func findSetting(settings []setting, key string) (setting, bool) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
	if i < 0 {
		return setting{}, false
	}
	return settings[i], true
}

// meant is what a misspelled name most likely meant; empty where nothing is near.
func meant(name string, among []string) string {
	best, least := "", max(2, len(name)/4)+1
	for _, known := range among {
		d := distance(name, known)
		switch {
		case strings.HasPrefix(known, name+"_"):
			d = min(d, 1) // a secret in place of its file: api_hash for api_hash_file
		case lastPart(name) == lastPart(known):
			d = min(d, 2) // the right word in the wrong place
		}
		if d < least {
			best, least = known, d
		}
	}
	return best
}

func lastPart(key string) string {
	_, last, _ := cutLast(key)
	return last
}

func cutLast(key string) (before, last string, found bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// distance is Levenshtein's: how many letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
