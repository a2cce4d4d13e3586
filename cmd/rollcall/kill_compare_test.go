package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/tgsim/world"
)

// reading has fn read what the program wrote.
func (p *play) reading(fn func(r *roster.Roster, group membership.GroupID)) {
	r, err := roster.Open(p.path("data/roster.db"), roster.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(p.t, err)
	defer func() { require.NoError(p.t, r.Close()) }()
	fn(r, membership.GroupID(p.group))
}

// compareLedger compares the ledger with what the simulator's admin log and the bot's update queue hold: each event once.
func (p *play) compareLedger() {
	p.compareLog()
	heard := p.heard(membership.SourceBotUpdate)
	assert.Greater(p.t, len(heard), p.moves-1, "each move makes an update")
	assert.Equal(p.t, once(p.trueUpdates()), heard, "bot updates")
}

func (p *play) compareLog() {
	heard := p.heard(membership.SourceAdminLog)
	p.t.Logf("the ledger holds %d events of the admin log", len(heard))
	assert.Equal(p.t, once(p.trueLog()), heard, "admin log")
}

// heard is how often the ledger holds what one source told, by its reference.
func (p *play) heard(source membership.Source) map[uint64]int {
	refs := map[uint64]int{}
	for _, e := range p.events() {
		if e.Evidence.Source == source {
			refs[e.Evidence.Ref]++
		}
	}
	return refs
}

func once(refs []uint64) map[uint64]int {
	times := map[uint64]int{}
	for _, ref := range refs {
		times[ref]++
	}
	return times
}

// trueLog are the ids of all events of the simulator's admin log that are about somebody's membership.
func (p *play) trueLog() (ids []uint64) {
	ready := p.scene.server.Ready()
	for below := int64(0); ; {
		page, err := p.scene.server.World().AdminLog(world.UserID(ready.Owner.UserID), world.ChannelID(p.group), world.LogRequest{MaxID: below, Limit: 100})
		require.NoError(p.t, err)
		if len(page.Events) == 0 {
			return ids
		}
		for _, e := range page.Events {
			ids = append(ids, uint64(e.ID))
			below = e.ID
		}
	}
}

// trueUpdates are the qts of all updates about the group's members that the bot was sent since the play began.
func (p *play) trueUpdates() (qts []uint64) {
	w, bot := p.scene.server.World(), world.UserID(p.scene.server.Ready().Bot.UserID)
	state := w.State(bot)
	for at := p.qts; ; {
		answer, err := w.Difference(bot, world.Since{Pts: state.Pts, Qts: at, Date: state.Date})
		require.NoError(p.t, err)
		var updates []tg.UpdateClass
		next := state.Qts
		switch d := answer.(type) {
		case *tg.UpdatesDifference:
			updates = d.OtherUpdates
		case *tg.UpdatesDifferenceSlice:
			updates, next = d.OtherUpdates, d.IntermediateState.Qts
		}
		for _, u := range updates {
			if c, ok := u.(*tg.UpdateChannelParticipant); ok && c.ChannelID == p.group {
				qts = append(qts, uint64(c.Qts))
			}
		}
		if at = next; at >= state.Qts {
			return qts
		}
	}
}

// truth is everybody who was in the group.
func (p *play) truth(group string) []trueMember {
	truth, err := p.scene.members(p.t.Context(), group)
	require.NoError(p.t, err)
	return truth
}

// compareRoll compares what "members" prints with the truth about the group.
func (p *play) compareRoll(truth []trueMember, flags ...string) {
	var roll rollOutput
	require.NoError(p.t, json.Unmarshal(p.command(append(flags, "members", "--json")...), &roll))
	require.Greater(p.t, len(roll.Data), len(truth)/2)
	assert.Empty(p.t, compareRoll(truth, roll.Data).differences)
}

func (p *play) who(id int64, flags ...string) whoAnswer {
	var who struct{ Data whoAnswer }
	require.NoError(p.t, json.Unmarshal(p.command(append(flags, "who", strconv.FormatInt(id, 10), "--json")...), &who))
	return who.Data
}

// compareAccess: who is in and has not blocked the bot has access, and nobody else of those who had it.
func (p *play) compareAccess(truth []trueMember, flags ...string) {
	in := map[int64]bool{}
	for _, m := range truth {
		in[m.ID] = m.In
	}
	for _, id := range slices.Concat(p.movers, p.blockers) {
		s := p.who(id, flags...).Subscriber
		want := membership.Revoked
		if in[id] && !p.blocked[id] {
			want = membership.Granted
		}
		require.NotNil(p.t, s, "%d", id)
		assert.Equal(p.t, want, s.Access, "%d: in %t, blocked %t: %+v", id, in[id], p.blocked[id], s)
	}
}

// untilNothingPends waits until what was to be told or done was.
func (p *play) untilNothingPends(flags ...string) {
	require.NoError(p.t, eventually(patience, func() error {
		var s struct {
			Data struct{ Outbox outboxCounts }
		}
		out, err := p.try(append(flags, "status", "--json")...)
		if jsonErr := json.Unmarshal(out, &s); jsonErr != nil {
			return errors.Join(err, jsonErr)
		}
		if n := s.Data.Outbox.Pending; n > 0 {
			return fmt.Errorf("%d actions are pending", n)
		}
		return nil
	}))
}

// compareNotes: each change of the mode is noted once. What the owner was to be told of the group is kept for compareTold.
func (p *play) compareNotes() {
	ctx := context.Background()
	p.reading(func(r *roster.Roster, group membership.GroupID) {
		notes, err := r.Notes(ctx, group, 0, 100_000)
		require.NoError(p.t, err)
		was, kinds := membership.Mode(0), map[string]int{}
		for _, n := range notes {
			kinds[n.Kind.String()]++
			if n.Kind != membership.NoteMode {
				continue
			}
			assert.NotEqual(p.t, n.Was, n.Mode, "%+v", n)
			assert.True(p.t, kinds["mode"] == 1 || n.Was == was, "%+v after %s", n, was)
			was = n.Mode
		}
		assert.LessOrEqual(p.t, kinds["migrated"], 1)
		notices, err := r.Actions(ctx, group, roster.ActionFilter{Verb: membership.Notice})
		require.NoError(p.t, err)
		for _, n := range notices {
			if n.State != membership.ActionPending { // ordered after the last run
				assert.Equal(p.t, membership.ActionDone, n.State, "%+v", n)
				p.notices = append(p.notices, n.Text)
			}
		}
		p.t.Logf("notes %v, %d notices", kinds, len(notices))
	})
}

// compareTold: the owner was told once of each notice, and of nothing else but the bot's answer to them.
func (p *play) compareTold() {
	told, err := p.scene.told(context.Background(), p.scene.server.Ready().Owner.UserID)
	require.NoError(p.t, err)
	for _, text := range p.notices {
		at := slices.IndexFunc(told, func(one string) bool { return strings.Contains(one, text) })
		if assert.GreaterOrEqual(p.t, at, 0, "the owner was not told, or less often than it was noted: %s", text) {
			told = slices.Delete(told, at, at+1)
		}
	}
	assert.Len(p.t, told, 1, "told beside what was noted")
}
