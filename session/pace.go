package session

import (
	"maps"
	"time"
)

// Pace says how an account may call. The zero value is the careful default, so that a forgotten setting cannot hurry.
type Pace struct {
	interval time.Duration
	set      bool

	// MaxWait is the most that one call sleeps through waits that Telegram asks for; beyond it, it is a *WaitError. Zero is ten
	// minutes for the owner and half a minute for the bot, which somebody is waiting for.
	MaxWait time.Duration
	// Budgets is the most calls of a method in a day (UTC). An entry takes the place of the owner's default; below zero it is no limit.
	Budgets map[string]int
	// Quiet are the hours without Unattended calls, which are a *QuietError then.
	Quiet Quiet
}

// The defaults. Reports name bursts, not totals, as what trips Telegram's limits for members' lists, and a plain loop with a second
// between pages as what does not. A bot may send some thirty messages a second.
const (
	defaultOwnerInterval = 1200 * time.Millisecond
	defaultBotInterval   = 40 * time.Millisecond
	defaultOwnerMaxWait  = 10 * time.Minute
	defaultBotMaxWait    = 30 * time.Second

	// jitter is the part by which an interval varies, either way.
	jitter = 0.2
	// botBurst calls may follow each other at once before the interval counts.
	botBurst = 20
	// ownerTries is how often a call of the owner's is made in all that fails on the way or with a server's 500.
	ownerTries = 4
	// firstBackoff lies between the first two, and doubles. Telegram asks for at least a second.
	firstBackoff = time.Second
)

// ownerBudgets bound what goes by other people's doings: lookups, which a crowd at the bot's door may ask for all day (a basic group's are
// getFullChat), and names, which every start resolves (in bulk, that cost somebody a wait of 70,000 s). And pages of lists, which a walk asks for
// by the thousand. Telegram publishes no numbers: a thousand lookups are twenty minutes' worth of the owner's day, five hundred starts one in
// three minutes, and ten thousand pages three hours and a half, four walks of 200,000 members.
var ownerBudgets = map[string]int{
	"channels.getParticipants": 10_000,
	"channels.getParticipant":  1000,
	"messages.getFullChat":     1000,
	"contacts.resolveUsername": 500,
}

// readings are the methods of which a PEER_FLOOD rests all: the owner's readings of people. The admin log, which is read once a minute whatever
// the group's size, goes on, and what it takes to find the group.
var readings = []string{"channels.getParticipants", "channels.getParticipant", "messages.getFullChat"}

func restTogether(k Kind) []string {
	if k == Owner {
		return readings
	}
	return nil
}

// PaceEvery is one call in d, and no pause at all for zero.
func PaceEvery(d time.Duration) Pace { return Pace{interval: max(d, 0), set: true} }

func (p Pace) withDefaults(k Kind) Pace {
	interval, maxWait, budgets := defaultOwnerInterval, defaultOwnerMaxWait, maps.Clone(ownerBudgets)
	if k == Bot {
		interval, maxWait, budgets = defaultBotInterval, defaultBotMaxWait, map[string]int{}
	}
	maps.Copy(budgets, p.Budgets)
	p.Budgets = budgets
	if !p.set {
		p.interval = interval
	}
	if p.MaxWait == 0 {
		p.MaxWait = maxWait
	}
	return p
}
