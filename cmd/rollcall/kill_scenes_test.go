package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/tgsim/world"
)

// TestKilledInABacklog kills the program while it reads what came while it was away: an admin log of many pages, and as many updates for the bot.
// Each process goes on where the last one was killed.
func TestKilledInABacklog(t *testing.T) {
	killings := killings(t, 1)
	p := newPlay(t, 20260304)
	p.open()
	killed := map[string]int{}
	for rounds := 0; killed["run"]+killed["sync"] < killings && rounds < 2*killings; rounds++ {
		if rounds%5 == 0 {
			p.rush(1500) // fifteen pages: most of a second at this pace
		}
		p.ask()
		name := []string{"run", "run", "sync"}[p.rng.IntN(3)]
		if p.killLater(p.start(name), time.Duration(50+p.rng.IntN(800))*time.Millisecond) {
			killed[name]++
		}
	}
	t.Logf("killed %v, amid %d moves", killed, p.moves)
	assert.Equal(t, killings, killed["run"]+killed["sync"], "most processes ended before they were killed")
	p.conclude()
	p.reading(func(r *roster.Roster, group membership.GroupID) {
		gaps, err := r.Gaps(t.Context(), group)
		require.NoError(t, err)
		assert.Empty(t, gaps, "Telegram kept all of it")
	})
}

// rush has so many moves made at once, by people who come and go.
func (p *play) rush(n int) {
	w, id, owner := p.scene.server.World(), world.ChannelID(p.group), world.UserID(p.scene.server.Ready().Owner.UserID)
	for range n {
		u := world.UserID(p.movers[p.rng.IntN(len(p.movers))])
		err := w.Leave(u, id)
		switch {
		case err != nil:
			err = w.JoinByLink(u, id)
		case p.rng.IntN(3) == 0:
			require.NoError(p.t, w.JoinByLink(u, id))
			err = w.Kick(owner, u, id)
		}
		if err == nil {
			p.moves++
		}
	}
}

// TestKilledInARebuild kills "rollcall rebuild" of a roster whose index of events is gone. The roster is as it was then, or whole; what the ledger
// holds stays, and each copy that was kept is one.
func TestKilledInARebuild(t *testing.T) {
	killings := killings(t, 1)
	p := newPlay(t, 20260305)
	p.open()
	killed, ended := 0, 0
	for rounds := 0; killed < killings && rounds < 3*killings; rounds++ {
		if rounds%20 == 0 {
			p.rush(1000)
			p.ask()
			run := p.start("run")
			p.untilFresh()
			p.untilAnswered()
			p.stop(run)
			p.command("sync")
		}
		before := p.events()
		require.NoError(t, dropIndex(p.path("data/roster.db")))
		if p.killLater(p.start("rebuild"), time.Duration(10+p.rng.IntN(120))*time.Millisecond) {
			killed++
		} else {
			ended++
		}
		_, err := p.try("check")
		if err != nil { // nothing of it is there, and all of it can be had
			p.command("rebuild")
			p.command("check")
		}
		require.Equal(t, before, p.events())
		p.copies(before)
	}
	t.Logf("killed %d times, ended %d times before that", killed, ended)
	assert.Equal(t, killings, killed, "most processes ended before they were killed")
	p.conclude()
}

// events are all that the ledger holds.
func (p *play) events() []membership.Event { return p.eventsOf(p.path("data/roster.db")) }

func (p *play) eventsOf(path string) (all []membership.Event) {
	r, err := roster.Open(path, roster.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(p.t, err, path)
	defer func() { require.NoError(p.t, r.Close()) }()
	all, err = r.Events(p.t.Context(), membership.GroupID(p.group), 0, 1<<30)
	require.NoError(p.t, err)
	return all
}

// copies: what bears a copy's name is a whole copy; they are thrown away.
func (p *play) copies(want []membership.Event) {
	found, err := filepath.Glob(p.path("data/backups/*.db"))
	require.NoError(p.t, err)
	for _, path := range found {
		require.Equal(p.t, want, p.eventsOf(path), path)
		require.NoError(p.t, os.Remove(path))
	}
}
