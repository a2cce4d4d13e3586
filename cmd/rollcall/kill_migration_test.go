package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/world"
)

// killedOften is how often a run is killed around one migration.
const killedOften = 5

// TestKilledInAMigration kills the run while its basic group becomes a supergroup: right after it does, and then while the run takes that in. The
// group goes on under one history: who was known is known, who moved meanwhile is where they are, everything is told once.
func TestKilledInAMigration(t *testing.T) {
	killings := killings(t, 1)
	var groups []world.GroupOptions
	for i := range (killings + killedOften - 1) / killedOften {
		groups = append(groups, world.GroupOptions{Title: fmt.Sprintf("Circle %d", i), Basic: true, Bot: true, Members: 30})
	}
	p := newTroubledPlay(t, tgsim.Options{Members: 300, Seed: 20260306, Groups: groups})
	p.open()
	killed := map[string]int{}
	for i := range groups {
		c := p.circle(groups[i].Title)
		c.away = i%2 == 0
		c.migration(min(killedOften, killings-killed["before"]-killed["after"]), killed)
	}
	t.Logf("killed %v the roster had followed", killed)
	assert.Equal(t, killings, killed["before"]+killed["after"])
	assert.NotZero(t, killed["before"])
	assert.NotZero(t, killed["after"])
	p.compareTold()
}

// circle is a basic group of the owner's that becomes a supergroup.
type circle struct {
	*play

	title string
	was   world.ChatID
	is    world.ChannelID // 0 before
	flag  string          // names the group by its old id, as the configuration goes on doing
	gone  int64           // left the basic group
	away  bool            // it becomes one while no run is there
}

// migration has one group become a supergroup, and kills the run so many times meanwhile. It counts whether the roster had followed by then.
func (c *circle) migration(killings int, killed map[string]int) {
	w := c.scene.server.World()
	c.command("sync", c.flag)
	_, err := w.DeleteChatUser(world.UserID(c.gone), c.was, world.UserID(c.gone))
	require.NoError(c.t, err)
	c.command("sync", c.flag)
	c.command("allow", "add", c.flag, "4711")
	c.command("gate", "enforce", c.flag, "--yes")
	run := c.start("run", c.flag)
	c.untilStatus(`"running": true`)
	c.everybody("start")
	c.untilAnswered()
	c.stir()
	if c.away {
		c.stop(run)
	}

	c.qts = w.State(w.Bot()).Qts
	c.is, err = w.Migrate(c.was)
	require.NoError(c.t, err)
	c.group = int64(c.is)
	for n := range killings {
		if n > 0 || c.away {
			run = c.start("run", c.flag)
		}
		c.stir()
		c.everybody("message")
		longest := []int{15, 300, 600}[min(n, 2)] // hardly begun, taking it in, and at work in the new one
		require.True(c.t, c.killLater(run, time.Duration(c.rng.IntN(longest))*time.Millisecond), "it does not end by itself")
		c.reading(func(r *roster.Roster, _ membership.GroupID) {
			present, err := r.Present(c.t.Context(), membership.GroupID(c.was))
			require.NoError(c.t, err)
			killed[map[bool]string{true: "before", false: "after"}[int64(present) == int64(c.was)]]++
		})
	}
	c.conclude()
}

func (p *play) circle(title string) *circle {
	w := p.scene.server.World()
	at := slices.IndexFunc(w.ChatGroups(), func(g world.ChatGroup) bool { return g.Title == title })
	require.GreaterOrEqual(p.t, at, 0, title)
	id := w.ChatGroups()[at].ID
	c := &circle{play: p, title: title, was: id, flag: fmt.Sprintf("--group=-%d", id)}
	full, err := w.FullChat(w.Owner(), id)
	require.NoError(p.t, err)
	p.askers, p.movers, p.blockers = nil, nil, nil
	for _, m := range full.FullChat.(*tg.ChatFull).Participants.(*tg.ChatParticipants).Participants {
		switch u := m.GetUserID(); {
		case world.UserID(u) == w.Owner(), world.UserID(u) == w.Bot():
		case c.gone == 0:
			c.gone = u
		case len(p.askers) < 3:
			p.askers = append(p.askers, u)
		case len(p.movers) < 8:
			p.movers = append(p.movers, u)
		}
	}
	return c
}

// stir has some people of the group leave it, come back, or be put out.
func (c *circle) stir() {
	w := c.scene.server.World()
	for range 5 {
		u := world.UserID(c.movers[c.rng.IntN(len(c.movers))])
		var err error
		switch kick := c.rng.IntN(2) == 0; {
		case c.is == 0:
			if _, err = w.DeleteChatUser(u, c.was, u); err != nil {
				err = w.JoinChat(u, c.was)
			}
		case kick && w.Kick(w.Owner(), u, c.is) == nil, w.Leave(u, c.is) == nil:
		default:
			err = w.JoinByLink(u, c.is)
		}
		require.NoError(c.t, err)
	}
}

// everybody asks the bot, or starts it.
func (c *circle) everybody(does string) {
	for _, u := range slices.Concat(c.askers, c.movers) {
		if c.does(does, u) {
			c.asked[u]++
			c.questions++
		}
	}
}

func (c *circle) untilStatus(text string) {
	require.NoError(c.t, eventually(patience, func() error {
		out, err := c.try("status", "--json", c.flag)
		if !bytes.Contains(out, []byte(text)) || !bytes.Contains(out, []byte(`"running": true`)) {
			return errors.Join(fmt.Errorf("no %s in %s", text, out), err)
		}
		return nil
	}))
}

// conclude has the run finish what was begun, and compares.
func (c *circle) conclude() {
	c.everybody("message")
	run := c.start("run", c.flag)
	c.untilStatus(`"mode": "fresh"`)
	c.untilAnswered()
	c.untilNothingPends(c.flag)
	c.stop(run)
	c.command("sync", c.flag)
	c.command("check")
	c.compareLog()
	c.compareFeed()
	c.compareNotes()

	truth := c.truth(c.title)
	for _, u := range append(c.movers, c.gone) { // who was in the basic group alone
		if !slices.ContainsFunc(truth, func(m trueMember) bool { return m.ID == u }) {
			truth = append(truth, trueMember{ID: u, Status: "left"})
		}
	}
	c.compareRoll(truth, c.flag)
	c.compareAccess(truth, c.flag)
	assert.Equal(c.t, membership.Out, c.who(c.gone, c.flag).Person.Presence, "who left the basic group")
	assert.Contains(c.t, string(c.command("allow", "list", fmt.Sprintf("--group=-100%d", c.is))), "4711")
}

// compareFeed: from when the run knew what the group had become, each of the bot's updates is in the ledger once. What the bot was told before that
// is in the admin log.
func (c *circle) compareFeed() {
	all, heard := c.trueUpdates(), c.heard(membership.SourceBotUpdate)
	from := slices.IndexFunc(all, func(qts uint64) bool { return heard[qts] > 0 })
	require.GreaterOrEqual(c.t, from, 0)
	for _, before := range slices.Collect(maps.Keys(heard)) {
		if before < all[from] {
			delete(heard, before) // of the basic group
		}
	}
	assert.Equal(c.t, once(all[from:]), heard, "bot updates")
}
