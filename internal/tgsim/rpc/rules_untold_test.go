package rpc_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"

	"rollcall/internal/tgsim/world"
)

// departures has 200 people come and go, every second by a kick, and says whom the bot heard go and whom the log has gone.
func (s *stage) departures() (heard, logged map[world.UserID]bool) {
	s.t.Helper()
	id, owner, since := s.world.Group().ID, s.world.Owner(), s.newest()
	first := s.state(s.bot)
	for i := range 200 {
		u, _ := s.world.Stranger()
		s.act(s.world.Join(u, id))
		if i%2 == 0 {
			s.act(s.world.Leave(u, id))
		} else {
			s.act(s.world.Kick(owner, u, id))
		}
	}
	heard, logged = map[world.UserID]bool{}, map[world.UserID]bool{}
	diff := s.since(*first, 0).(*tg.UpdatesDifference)
	moves := 0
	for i, up := range diff.OtherUpdates {
		p, ok := up.(*tg.UpdateChannelParticipant)
		if !ok {
			continue
		}
		moves++
		assert.Equal(s.t, first.Qts+i+1, p.Qts, "what is not told has no number")
		if _, came := p.NewParticipant.(*tg.ChannelParticipant); !came {
			heard[world.UserID(p.UserID)] = true
		}
	}
	assert.Equal(s.t, diff.State.Qts-first.Qts, moves)
	for _, e := range s.everything(since, nil) {
		switch a := e.Action.(type) {
		case *tg.ChannelAdminLogEventActionParticipantLeave:
			logged[world.UserID(e.UserID)] = true
		case *tg.ChannelAdminLogEventActionParticipantToggleBan:
			logged[world.UserID(a.NewParticipant.(interface{ GetPeer() tg.PeerClass }).GetPeer().(*tg.PeerUser).UserID)] = true
		}
	}
	return heard, logged
}

func TestRule19SomeGoUnheard(t *testing.T) {
	s := newStage(t, world.Options{Seed: 19, Members: 50, Joins: world.JoinRules{Unheard: 300}})
	heard, logged := s.departures()
	assert.InDelta(t, 140, len(heard), 25)
	assert.Len(t, logged, 200, "the log has them all")
}

func TestRule17SomeGoWithoutAnEvent(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 50, Joins: world.JoinRules{Unheard: 300, Unlogged: 500}})
	heard, logged := s.departures()
	assert.InDelta(t, 140, len(heard), 25)
	assert.InDelta(t, 100, len(logged), 25)
	both := 0
	for u := range heard {
		if logged[u] {
			both++
		}
	}
	assert.InDelta(t, 70, both, 25, "the two are drawn apart")
}
