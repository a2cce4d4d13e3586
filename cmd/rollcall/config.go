package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rollcall/internal/membership"
	"rollcall/session"
)

// Config is everything that the owner can set. Paths are absolute after loading.
type Config struct {
	File string // that was read; empty for none

	Telegram TelegramConfig
	Group    string // as given; Config.GroupRef reads it
	DataDir  string
	Session  SessionConfig
	Bot      BotConfig
	Gate     GateConfig
	Prune    PruneConfig
	Sync     SyncConfig
	Run      RunConfig
	Log      LogConfig

	origin map[string]string // key -> where its value comes from
}

// TelegramConfig says as which application, where and how fast to call.
type TelegramConfig struct {
	APIID       int
	APIHashFile string
	Server      ServerConfig
	Pace        PaceConfig
}

// ServerConfig is a server other than Telegram's own, which an empty address means, and how long it may take to answer.
type ServerConfig struct {
	Address       string
	DC            int
	Test          bool
	PublicKeyFile string
	Timeout       time.Duration // for the first connection of a command
}

// PaceConfig is how fast the owner's account calls, how many people it looks up and how many pages of lists it reads in a day at most, and
// when it does not walk by itself.
type PaceConfig struct {
	Interval time.Duration
	Daily    int
	Pages    int
	Quiet    session.Quiet
}

// SessionConfig says what seals the sessions: an age identity, or a passphrase instead.
type SessionConfig struct {
	IdentityFile   string
	PassphraseFile string
}

// BotConfig is what people get from the bot.
type BotConfig struct {
	TokenFile string
	Welcome   string
	Links     map[string]string
	JoinLink  string
}

// GateConfig is what the gate does when it is not sure.
type GateConfig struct {
	Grace time.Duration
	Blind membership.BlindPolicy
}

// PruneConfig bounds what may be revoked within an hour.
type PruneConfig struct{ Breaker BreakerConfig }

// BreakerConfig: more revocations than the greater of the two are held.
type BreakerConfig struct {
	Min   int
	Share float64
}

// SyncConfig is what a sync must prove, and how far walks go for it.
type SyncConfig struct {
	MinCoverage float64
	Level       membership.Level
	AuditCalls  int
}

// RunConfig is how often run reads through the owner's account.
type RunConfig struct {
	WalkEvery time.Duration
	TailEvery time.Duration
}

// LogConfig is what run logs.
type LogConfig struct{ Level string }

// defaultConfig is what holds where nothing is set.
func defaultConfig(d folders) Config {
	policy := membership.DefaultPolicy()
	return Config{
		Telegram: TelegramConfig{
			Server: ServerConfig{DC: 2, Timeout: 30 * time.Second},
			Pace:   PaceConfig{Interval: 1200 * time.Millisecond, Daily: 500, Pages: 10_000},
		},
		DataDir: d.data,
		Session: SessionConfig{IdentityFile: filepath.Join(d.config, "identity.txt")},
		Gate:    GateConfig{Grace: policy.Grace, Blind: policy.Blind},
		Prune:   PruneConfig{Breaker: BreakerConfig{Min: policy.BreakerMin, Share: policy.BreakerShare}},
		Sync:    SyncConfig{Level: membership.Normal, AuditCalls: 100},
		Run:     RunConfig{WalkEvery: 6 * time.Hour, TailEvery: time.Minute},
		Log:     LogConfig{Level: "info"},
	}
}

// RosterPath is where the roster lies.
func (c Config) RosterPath() string { return filepath.Join(c.DataDir, "roster.db") }

// SessionDir is where the sealed sessions lie.
func (c Config) SessionDir() string { return filepath.Join(c.DataDir, "session") }

// Policy is the gate's and the prune's. Whether it enforces is the roster's to say, so shadow mode is on in it.
func (c Config) Policy() membership.Policy {
	return membership.Policy{
		Grace: c.Gate.Grace, Blind: c.Gate.Blind, BreakerMin: c.Prune.Breaker.Min, BreakerShare: c.Prune.Breaker.Share,
	}
}

// The methods of the owner's account that are spoken of. All but adminLog have a daily budget: how often somebody is looked up is other people's doing,
// a crowd at the bot's door.
const (
	lookup = "channels.getParticipant"
	// basicList returns a basic group's list, for a walk as for a lookup.
	basicList = "messages.getFullChat"
	// lists is what a walk calls in a supergroup or channel.
	lists = "channels.getParticipants"
	// adminLog is what keeps up with the group besides the bot.
	adminLog = "channels.getAdminLog"
)

// Pace is the owner's; a set interval of zero is no pause at all.
func (c Config) Pace() session.Pace {
	p := session.PaceEvery(c.Telegram.Pace.Interval)
	p.Quiet = c.Telegram.Pace.Quiet
	p.Budgets = map[string]int{}
	for _, method := range []string{lookup, basicList} {
		p.Budgets[method] = c.Telegram.Pace.Daily
	}
	p.Budgets[lists] = c.Telegram.Pace.Pages
	return p
}

// Server is where to connect, with its public key read.
func (c Config) Server() (session.Server, error) {
	s := session.Server{Address: c.Telegram.Server.Address, DC: c.Telegram.Server.DC, Test: c.Telegram.Server.Test}
	if c.Telegram.Server.PublicKeyFile == "" {
		return s, nil
	}
	pem, err := os.ReadFile(c.Telegram.Server.PublicKeyFile)
	if err != nil {
		return session.Server{}, fail(exitConfig, "", "read telegram.server.public_key_file: %w", err)
	}
	s.PublicKeyPEM = pem
	return s, nil
}

// GroupRef is the configured group.
func (c Config) GroupRef() (groupRef, error) {
	if c.Group == "" {
		return groupRef{}, fail(exitConfig, `set "group" in the configuration or give --group; "rollcall groups" lists what there is`, "no group is chosen")
	}
	return parseGroup(c.Group)
}

// APIID is the application's id, which there must be to call Telegram.
func (c Config) APIID() (int, error) {
	if c.Telegram.APIID == 0 {
		return 0, fail(exitConfig, "get one at https://my.telegram.org/apps, and set telegram.api_id", "telegram.api_id is not set")
	}
	return c.Telegram.APIID, nil
}

// folders are where the program's files are by default.
type folders struct {
	config string
	data   string
	home   string // empty where there is none
}

// userFolders follows the XDG base directory specification. Relative values are ignored, as it asks.
func userFolders(env environment) (folders, error) {
	d := folders{home: env.get("HOME")}
	var err error
	if d.config, err = d.xdg(env, "XDG_CONFIG_HOME", ".config"); err != nil {
		return folders{}, err
	}
	if d.data, err = d.xdg(env, "XDG_DATA_HOME", filepath.Join(".local", "share")); err != nil {
		return folders{}, err
	}
	return d, nil
}

func (d folders) xdg(env environment, name, below string) (string, error) {
	if dir := env.get(name); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rollcall"), nil
	}
	if !filepath.IsAbs(d.home) {
		return "", fail(exitConfig, fmt.Sprintf("set HOME or %s", name), "there is no home directory")
	}
	return filepath.Join(d.home, below, "rollcall"), nil
}
