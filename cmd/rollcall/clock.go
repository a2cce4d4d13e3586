package main

import (
	"sync"
	"time"

	"rollcall/session"
)

const (
	// clockAgrees is how far two clocks may differ and still be one: Telegram tells its time in whole seconds, and each account measures it anew.
	clockAgrees = 2 * time.Second
	// clockWrong is from when on it is said that this machine's clock is wrong.
	clockWrong = time.Minute
)

// clock is Telegram's time once an account is connected, and this machine's before. Whatever Telegram dates and whatever we date is compared with
// one another all the time, so a machine whose clock is hours off would take old evidence for new, or new for old. Between connections it goes by
// the monotonic clock, so that a step of the machine's does not move it: what a suspended machine loses by that makes what it dates older, which
// is the safe side.
type clock struct {
	machine func() time.Time

	mu     sync.Mutex    // guards what follows
	server time.Time     // zero until an account was connected
	at     time.Time     // the machine's time then
	said   time.Duration // what was told of last
}

func newClock(machine func() time.Time) *clock { return &clock{machine: machine} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads(c.machine())
}

// reads is what the clock shows at a time of the machine's; mu is held.
func (c *clock) reads(machine time.Time) time.Time {
	if c.server.IsZero() {
		return machine
	}
	return c.server.Add(machine.Sub(c.at))
}

// follow sets the clock by an account that is connected.
func (c *clock) follow(a *session.Account) { c.set(a.ServerTime()) }

func (c *clock) set(server time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	machine := c.machine()
	shown := c.reads(machine).Round(0)
	switch {
	case server.Sub(shown).Abs() > clockAgrees:
		c.server, c.at = server.Round(0), machine
	case c.server.IsZero():
		c.server, c.at = shown, machine
	}
}

// wrong is how far the machine's clock is ahead of Telegram's; 0 where that is not worth a word, and while no account was connected.
func (c *clock) wrong() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off()
}

// news is wrong, and whether that is another fault than was told of last. It is told of once, whoever asks.
func (c *clock) news() (off time.Duration, is bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	off = c.off()
	is = off != 0 && (off-c.said).Abs() >= clockWrong
	if is || off == 0 {
		c.said = off
	}
	return off, is
}

// off is wrong; mu is held.
func (c *clock) off() time.Duration {
	if c.server.IsZero() {
		return 0
	}
	machine := c.machine()
	if off := machine.Round(0).Sub(c.reads(machine)); off.Abs() >= clockWrong {
		return off.Round(time.Second)
	}
	return 0
}

// clockText says that the machine's clock is wrong by so much.
func clockText(off time.Duration) string {
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	return "this machine's clock is " + span(off.Abs()) + " " + way + " Telegram's, and not gone by; set it right"
}
